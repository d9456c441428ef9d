"""Figures for the back office."""

from .db import get_db

SALES = (
    "SELECT p.name AS name, SUM(l.quantity) AS units, SUM(l.quantity * p.price_cents) AS cents"
    " FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.id"
)


def rows_of(sql):
    """All rows of a report."""
    return get_db().execute(sql).fetchall()  # expect: sql-injection
