"""The back office: import, export, pictures, discounts and a look at the network."""

import io
import json
import subprocess
import tarfile

import yaml
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.utils import secure_filename

from .auth import admin_required
from .db import data_dir, get_db
from .reports import sales_by

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


def save_products(products):
    """Insert or update products by their number; returns how many."""
    db = get_db()
    for product in products:
        db.execute(
            "INSERT INTO products (sku, name, description, price_cents) VALUES (:sku, :name, :description, :price_cents)"
            " ON CONFLICT (sku) DO UPDATE SET name = excluded.name, description = excluded.description,"
            " price_cents = excluded.price_cents",
            {"description": "", **product},
        )
    db.commit()
    return len(products)


@blueprint.get("/")
@admin_required
def dashboard():
    sales = sales_by(request.args.get("sort", "name"))
    return render_template("admin.html", sales=sales)


@blueprint.get("/export")
@admin_required
def export():
    rows = [dict(row) for row in get_db().execute("SELECT sku, name, description, price_cents FROM products")]
    if request.args.get("format") == "json":
        return Response(json.dumps(rows), mimetype="application/json")
    return Response(yaml.safe_dump(rows), mimetype="application/yaml")


@blueprint.post("/import")
@admin_required
def import_products():
    if request.mimetype == "application/json":
        products = json.loads(request.get_data())
    else:
        products = yaml.safe_load(request.get_data())
    if not isinstance(products, list):
        abort(400)
    return jsonify(saved=save_products(products))


@blueprint.post("/pictures")
@admin_required
def pictures():
    """Unpack an archive with product pictures."""
    upload = request.files["archive"]
    with tarfile.open(fileobj=io.BytesIO(upload.read())) as archive:
        names = archive.getnames()
        archive.extractall(data_dir("images"), filter="data")
    return jsonify(names=names)


@blueprint.post("/discount")
@admin_required
def discount():
    """Change all prices by so many per cent."""
    percent = request.form.get("percent", type=int)
    if percent is None or not -90 <= percent <= 100:
        abort(400)
    db = get_db()
    db.execute("UPDATE products SET price_cents = price_cents * (100 + ?) / 100", (percent,))
    db.commit()
    return redirect(url_for("admin.dashboard"))


@blueprint.post("/reachable")
@admin_required
def reachable():
    """Can the shop reach a supplier's server?"""
    command = ["getent", "hosts", "--", request.form["host"]]
    answer = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=10, check=False)
    return jsonify(reachable=answer.returncode == 0)


@blueprint.post("/picture/delete")
@admin_required
def delete_picture():
    path = data_dir("images") / secure_filename(request.form["name"])
    if path.is_file():
        path.unlink()
    return redirect(url_for("admin.dashboard"))
