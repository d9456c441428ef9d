"""Figures for the back office."""

from .db import get_db

SORT_COLUMNS = {"name": "p.name", "units": "units DESC", "turnover": "cents DESC"}


def sales_by(column):
    """Units sold and turnover of each product, sorted by one of `SORT_COLUMNS`."""
    sql = (
        "SELECT p.name AS name, SUM(l.quantity) AS units, SUM(l.quantity * p.price_cents) AS cents"
        " FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.id"
    )
    return get_db().execute(sql + " ORDER BY " + SORT_COLUMNS.get(column, "p.name")).fetchall()
