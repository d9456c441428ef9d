"""A small shop: catalogue, cart, invoices and a back office."""

import os
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from . import admin, auth, cart, catalogue, commands, db, invoices, webhooks

csrf = CSRFProtect()


def create_app(overrides=None):
    """Build the application; `overrides` replace configuration values."""
    app = Flask(__name__)
    app.config["DATA_DIR"] = os.environ.get("SHOP_DATA", str(Path(__file__).parent.parent / "data"))
    app.config["SECRET_KEY"] = os.environ["SHOP_SECRET_KEY"]
    app.config["SUPPORT_PASSWORD_HASH"] = os.environ.get("SHOP_SUPPORT_PASSWORD_HASH")
    app.config["SMTP_PASSWORD"] = os.environ.get("SHOP_SMTP_PASSWORD")
    app.config["TRUSTED_HOSTS"] = os.environ.get("SHOP_HOSTS", "shop.example").split(",")
    app.config["CURRENCY"] = "EUR"
    app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024
    app.config["SESSION_COOKIE_SECURE"] = True
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config.update(overrides or {})

    csrf.init_app(app)
    app.register_blueprint(auth.blueprint)
    app.register_blueprint(catalogue.blueprint)
    app.register_blueprint(cart.blueprint)
    app.register_blueprint(invoices.blueprint)
    app.register_blueprint(admin.blueprint)
    app.register_blueprint(webhooks.blueprint)
    app.cli.add_command(commands.add_staff)
    app.teardown_appcontext(db.close_db)
    app.jinja_env.filters["money"] = catalogue.money
    with app.app_context():
        db.init_db()
    return app
