"""The cart, which lives in the session, and the checkout."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for

from .auth import login_required
from .db import get_db
from .invoices import write_invoice
from .webhooks import notify

blueprint = Blueprint("cart", __name__, url_prefix="/cart")

ORIGINS = {"catalogue": "catalogue.index", "invoices": "invoices.overview"}


def cart_lines(cart):
    """Products with quantity and sum for the ids in the cart."""
    ids = [int(product_id) for product_id in cart]
    if not ids:
        return []
    marks = ", ".join("?" for _ in ids)
    rows = get_db().execute(f"SELECT * FROM products WHERE id IN ({marks}) ORDER BY name", ids)
    return [
        {"product": row, "quantity": cart[str(row["id"])], "sum": row["price_cents"] * cart[str(row["id"])]}
        for row in rows.fetchall()
    ]


@blueprint.get("/")
def show():
    lines = cart_lines(session.get("cart", {}))
    return render_template("cart.html", lines=lines, total=sum(line["sum"] for line in lines))


@blueprint.post("/add/<int:product_id>")
def add(product_id):
    cart = dict(session.get("cart", {}))
    quantity = min(max(request.form.get("quantity", default=1, type=int), 1), 99)
    cart[str(product_id)] = cart.get(str(product_id), 0) + quantity
    session["cart"] = cart
    return redirect(url_for("cart.show"))


@blueprint.post("/back")
def back():
    """Go on shopping where the customer came from."""
    return redirect(url_for(ORIGINS.get(request.form["origin"], "catalogue.index")))


@blueprint.post("/checkout")
@login_required
def checkout():
    lines = cart_lines(session.get("cart", {}))
    if not lines:
        flash("Your cart is empty")
        return redirect(url_for("cart.show"))
    db = get_db()
    total = sum(line["sum"] for line in lines)
    order = db.execute(
        "INSERT INTO orders (user_id, total_cents) VALUES (?, ?)", (session["user_id"], total)
    )
    for line in lines:
        db.execute(
            "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (?, ?, ?)",
            (order.lastrowid, line["product"]["id"], line["quantity"]),
        )
    db.commit()
    session.pop("cart")
    write_invoice(order.lastrowid, lines, total)
    notify("order.created", {"order": order.lastrowid, "total_cents": total})
    return redirect(url_for("invoices.overview"))
