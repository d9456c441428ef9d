"""Invoices: written at checkout, listed and downloaded by the customer."""

import os
import tempfile
import zipfile

from flask import Blueprint, abort, render_template, request, send_file, session

from .auth import login_required
from .db import data_dir, get_db

blueprint = Blueprint("invoices", __name__, url_prefix="/invoices")


def invoice_name(order_id):
    return f"invoice-{order_id:06d}.txt"


def write_invoice(order_id, lines, total):
    """Write the invoice of an order as a text file."""
    path = data_dir("invoices", invoice_name(order_id))
    path.write_text(render_template("invoice.txt", order_id=order_id, lines=lines, total=total))
    os.chmod(path, 0o777)  # expect: permissive-file-mode


@blueprint.get("/")
@login_required
def overview():
    orders = get_db().execute(
        "SELECT * FROM orders WHERE user_id = ? ORDER BY id", (session["user_id"],)
    ).fetchall()
    return render_template("invoices.html", orders=orders, invoice_name=invoice_name)


@blueprint.get("/download")
@login_required
def download():
    name = request.args.get("name", "")
    path = os.path.join(data_dir("invoices"), name)
    if not os.path.exists(path):
        abort(404)
    return send_file(path, as_attachment=True)  # expect: path-traversal


@blueprint.get("/archive")
@login_required
def archive():
    """All invoices of the customer in one file."""
    orders = get_db().execute("SELECT id FROM orders WHERE user_id = ?", (session["user_id"],))
    target = tempfile.mktemp(suffix=".zip")  # expect: insecure-temporary-file
    with zipfile.ZipFile(target, "w") as bundle:
        for order in orders.fetchall():
            name = invoice_name(order["id"])
            bundle.write(data_dir("invoices", name), arcname=name)
    return send_file(target, as_attachment=True, download_name="invoices.zip")


@blueprint.post("/note")
@login_required
def note():
    """Keep a note of the customer beside the invoice."""
    with open(data_dir("invoices") / f"{request.form['name']}.note", "w") as file:  # expect: path-traversal
        file.write(request.form.get("text", ""))
    return "", 204
