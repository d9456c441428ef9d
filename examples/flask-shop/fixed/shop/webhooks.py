"""Webhooks to partners, and stock lists from suppliers."""

import ftplib
import io
import ssl
from urllib.parse import urlsplit

import requests
from flask import Blueprint, abort, current_app, jsonify, request
from lxml import etree

from .auth import admin_required
from .db import get_db

blueprint = Blueprint("webhooks", __name__, url_prefix="/partners")

RATES_URL = "https://rates.shop.example/latest.json"
PARTNER_HOSTS = frozenset({"hooks.partner.example", "api.parcels.example"})
PARTNER_CHECKS = {
    "partner": "https://hooks.partner.example/health",
    "parcels": "https://api.parcels.example/health",
}


def notify(event, payload):
    """Tell every partner who asked for this event; returns how many were reached."""
    reached = 0
    for hook in get_db().execute("SELECT url FROM webhooks WHERE event = ?", (event,)).fetchall():
        try:
            requests.post(hook["url"], json=payload, timeout=5, allow_redirects=False)
            reached += 1
        except requests.RequestException as error:
            current_app.logger.warning("webhook %s failed: %s", hook["url"], error)
    return reached


@blueprint.post("/hooks")
@admin_required
def subscribe():
    url = request.form["url"]
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in PARTNER_HOSTS:
        abort(400)
    db = get_db()
    db.execute("INSERT INTO webhooks (event, url) VALUES (?, ?)", (request.form["event"], url))
    db.commit()
    return jsonify(subscribed=request.form["event"]), 201


@blueprint.post("/try")
@admin_required
def try_hook():
    """Ask a partner's server for its health and show what it answers."""
    url = PARTNER_CHECKS.get(request.form["partner"])
    if url is None:
        abort(404)
    answer = requests.get(url, timeout=5)
    return jsonify(status=answer.status_code, body=answer.text[:500])


@blueprint.get("/rates")
@admin_required
def rates():
    return jsonify(requests.get(RATES_URL, timeout=5).json())


@blueprint.post("/stock")
@admin_required
def stock():
    """Take over a supplier's stock list: `<stock><item sku="…" count="…"/></stock>`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    tree = etree.fromstring(request.get_data(), parser)
    db = get_db()
    items = tree.findall("item")
    for item in items:
        db.execute("UPDATE products SET stock = ? WHERE sku = ?", (int(item.get("count")), item.get("sku")))
    db.commit()
    return jsonify(updated=len(items))


@blueprint.post("/supplier")
@admin_required
def supplier_list():
    """Read the supplier's nightly list."""
    content = io.BytesIO()
    with ftplib.FTP_TLS("supplier.shop.example", timeout=10, context=ssl.create_default_context()) as server:
        server.login()
        server.prot_p()
        server.retrbinary("RETR stock.csv", content.write)
    return jsonify(size=len(content.getvalue()))
