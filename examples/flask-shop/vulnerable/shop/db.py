"""The database connection of a request, the schema and a first stock."""

import sqlite3
from pathlib import Path

from flask import current_app, g
from PIL import Image

FIRST_STOCK = (
    ("TEA-001", "Darjeeling", "First flush, 100 g", 890, "darjeeling.png", "olive"),
    ("TEA-002", "Assam", "Strong and malty, 250 g", 1250, "assam.png", "brown"),
    ("CUP-001", "Tea cup", "Porcelain, 0.2 l", 1490, "cup.png", "white"),
    ("POT-001", "Teapot", "Cast iron, 0.8 l", 4990, "teapot.png", "black"),
)
FOLDERS = ("images", "thumbnails", "invoices", "manuals")


def data_dir(*parts: str) -> Path:
    """A folder below the data directory of the shop."""
    return Path(current_app.config["DATA_DIR"]).joinpath(*parts)


def get_db() -> sqlite3.Connection:
    """The connection of this request, opened on first use."""
    if "db" not in g:
        g.db = sqlite3.connect(data_dir("shop.db"))
        g.db.row_factory = sqlite3.Row
    return g.db


def close_db(_error=None):
    connection = g.pop("db", None)
    if connection is not None:
        connection.close()


def init_db():
    """Create folders and tables, and stock the shelves of an empty shop."""
    for name in FOLDERS:
        data_dir(name).mkdir(parents=True, exist_ok=True)
    connection = get_db()
    with current_app.open_resource("schema.sql") as schema:
        connection.executescript(schema.read().decode("utf-8"))
    if connection.execute("SELECT COUNT(*) FROM products").fetchone()[0] == 0:
        for sku, name, description, price, image, colour in FIRST_STOCK:
            Image.new("RGB", (640, 480), colour).save(data_dir("images", image))
            connection.execute(
                "INSERT INTO products (sku, name, description, price_cents, stock, image)"
                " VALUES (?, ?, ?, ?, 10, ?)",
                (sku, name, description, price, image),
            )
        manual = data_dir("manuals", "teapot.txt")
        manual.write_text("Rinse with hot water. Never use soap.\n", encoding="utf-8")
        connection.commit()
