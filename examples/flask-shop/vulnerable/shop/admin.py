"""The back office: import, export, pictures, discounts and a look at the network."""

import io
import os
import pickle
import tarfile

import yaml
from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from .auth import admin_required
from .db import data_dir, get_db
from .reports import SALES, rows_of

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
    sales = rows_of(SALES + " ORDER BY " + request.args.get("sort", "name"))
    return render_template("admin.html", sales=sales)


@blueprint.get("/export")
@admin_required
def export():
    rows = [dict(row) for row in get_db().execute("SELECT sku, name, description, price_cents FROM products")]
    if request.args.get("format") == "pickle":
        return Response(pickle.dumps(rows), mimetype="application/octet-stream")
    return Response(yaml.safe_dump(rows), mimetype="application/yaml")


@blueprint.post("/import")
@admin_required
def import_products():
    if request.mimetype == "application/octet-stream":
        products = pickle.loads(request.get_data())  # expect: unsafe-deserialization
    else:
        products = yaml.load(request.get_data(), Loader=yaml.Loader)  # expect: unsafe-yaml-load
    return jsonify(saved=save_products(products))


@blueprint.post("/pictures")
@admin_required
def pictures():
    """Unpack an archive with product pictures."""
    upload = request.files["archive"]
    with tarfile.open(fileobj=io.BytesIO(upload.read())) as archive:
        names = archive.getnames()
        archive.extractall(data_dir("images"))  # expect: archive-slip
    return jsonify(names=names)


@blueprint.post("/discount")
@admin_required
def discount():
    """Set all prices by a formula such as `price * 0.9`."""
    formula = request.form["formula"]
    db = get_db()
    for row in db.execute("SELECT id, price_cents FROM products").fetchall():
        price = eval(formula, {"price": row["price_cents"]})  # expect: code-injection
        db.execute("UPDATE products SET price_cents = ? WHERE id = ?", (int(price), row["id"]))
    db.commit()
    return redirect(url_for("admin.dashboard"))


@blueprint.post("/reachable")
@admin_required
def reachable():
    """Can the shop reach a supplier's server?"""
    status = os.system("getent hosts " + request.form["host"] + " > /dev/null")  # expect: command-injection
    return jsonify(reachable=status == 0)


@blueprint.post("/picture/delete")
@admin_required
def delete_picture():
    os.remove(os.path.join(data_dir("images"), request.form["name"]))  # expect: path-traversal
    return redirect(url_for("admin.dashboard"))
