"""Invoices: written at checkout, listed and downloaded by the customer."""

import io
import os
import zipfile

from flask import Blueprint, abort, render_template, request, send_file, send_from_directory, session

from .auth import login_required
from .db import data_dir, get_db

blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


def invoice_name(order_id):
    return f"invoice-{order_id:06d}.txt"


def write_invoice(order_id, lines, total):
    """Write the invoice of an order as a text file."""
    path = data_dir("invoices", invoice_name(order_id))
    path.write_text(render_template("invoice.txt", order_id=order_id, lines=lines, total=total))
    os.chmod(path, 0o600)


def own_order(order_id):
    """The id of an order of the customer who is logged in, or 404."""
    row = get_db().execute(
        "SELECT id FROM orders WHERE id = ? AND user_id = ?", (order_id, session["user_id"])
    ).fetchone()
    if row is None:
        abort(404)
    return row["id"]


@blueprint.get("/")
@login_required
def overview():
    orders = get_db().execute(
        "SELECT * FROM orders WHERE user_id = ? ORDER BY id", (session["user_id"],)
    ).fetchall()
    return render_template("invoices.html", orders=orders)


@blueprint.get("/download")
@login_required
def download():
    order_id = own_order(request.args.get("order", type=int))
    return send_from_directory(data_dir("invoices"), invoice_name(order_id), as_attachment=True)


@blueprint.get("/archive")
@login_required
def archive():
    """All invoices of the customer in one file."""
    orders = get_db().execute("SELECT id FROM orders WHERE user_id = ?", (session["user_id"],))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle:
        for order in orders.fetchall():
            name = invoice_name(order["id"])
            bundle.write(data_dir("invoices", name), arcname=name)
    target.seek(0)
    return send_file(target, as_attachment=True, download_name="invoices.zip")


@blueprint.post("/note")
@login_required
def note():
    """Keep a note of the customer beside the invoice."""
    order_id = own_order(request.form.get("order", type=int))
    with open(data_dir("invoices") / f"{order_id}.note", "w") as file:
        file.write(request.form.get("text", ""))
    return "", 204
