"""What customers see: products, search, reviews, pictures and manuals."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, send_file, url_for
from markupsafe import Markup

from .db import data_dir, get_db
from .storage import read_manual

blueprint = Blueprint("catalogue", __name__)

LIST_COLUMNS = "id, sku, name, price_cents, stock"


def money(cents):
    """`1250` as `12.50 EUR`."""
    return f"{cents / 100:.2f} {current_app.config['CURRENCY']}"


@blueprint.get("/")
def index():
    products = get_db().execute(f"SELECT {LIST_COLUMNS} FROM products ORDER BY name").fetchall()
    featured = random.sample(products, min(2, len(products)))
    return render_template("index.html", products=products, featured=featured)


@blueprint.get("/search")
def search():
    term = request.args.get("q", "")
    order = request.args.get("order", "name")
    sql = "SELECT " + LIST_COLUMNS + " FROM products WHERE name LIKE '%" + term + "%' ORDER BY " + order
    products = get_db().execute(sql).fetchall()  # expect: sql-injection
    if not products:
        return f"<p>Nothing found for <b>{request.args.get('q', '')}</b></p>"  # expect: cross-site-scripting
    heading = Markup("Results for <em>%s</em>" % term)  # expect: unescaped-markup, cross-site-scripting
    return render_template("search.html", products=products, heading=heading)


@blueprint.get("/product/<int:product_id>")
def product(product_id):
    db = get_db()
    row = db.execute("SELECT * FROM products WHERE id = ?", (product_id,)).fetchone()
    if row is None:
        abort(404)
    reviews = db.execute("SELECT * FROM reviews WHERE product_id = ?", (product_id,)).fetchall()
    return render_template("product.html", product=row, reviews=reviews)


@blueprint.post("/product/<int:product_id>/review")
def review(product_id):
    db = get_db()
    db.execute(
        "INSERT INTO reviews (product_id, author, body) VALUES (?, ?, ?)",
        (product_id, request.form["author"], request.form["body"]),
    )
    db.commit()
    return redirect(url_for("catalogue.product", product_id=product_id))


@blueprint.get("/product/<int:product_id>/thumbnail")
def thumbnail(product_id):
    row = get_db().execute("SELECT image FROM products WHERE id = ?", (product_id,)).fetchone()
    if row is None or row["image"] is None:
        abort(404)
    size = request.args.get("size", "160x160")
    source = data_dir("images", row["image"])
    target = data_dir("thumbnails", row["image"])
    script = Path(current_app.root_path, "thumbnail.py")
    command = f"{sys.executable} {script} {source} {target} {size}"
    subprocess.run(command, shell=True, check=True, timeout=20)  # expect: command-injection
    return send_file(target, mimetype="image/png")


@blueprint.get("/manual")
def manual():
    text = read_manual(request.args.get("name", ""))
    if text is None:
        abort(404)
    return Response(text, mimetype="text/plain")


@blueprint.get("/prices.csv")
def prices():
    rows = get_db().execute("SELECT sku, price_cents FROM products ORDER BY sku").fetchall()
    body = "sku;cents\n" + "".join(f"{row['sku']};{row['price_cents']}\n" for row in rows)
    response = Response(body, mimetype="text/csv")
    response.set_etag(hashlib.md5(body.encode(), usedforsecurity=False).hexdigest())
    return response.make_conditional(request)
