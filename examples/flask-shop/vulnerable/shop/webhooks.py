"""Webhooks to partners, and stock lists from suppliers."""

import ftplib
import io

import requests
from flask import Blueprint, current_app, jsonify, request
from lxml import etree

from .auth import admin_required
from .db import get_db

blueprint = Blueprint("webhooks", __name__, url_prefix="/partners")

RATES_URL = "https://rates.shop.example/latest.json"


def notify(event, payload):
    """Tell every partner who asked for this event; returns how many were reached."""
    reached = 0
    for hook in get_db().execute("SELECT url FROM webhooks WHERE event = ?", (event,)).fetchall():
        try:
            requests.post(hook["url"], json=payload, verify=False)  # expect: tls-verification-disabled, request-without-timeout
            reached += 1
        except requests.RequestException as error:
            current_app.logger.warning("webhook %s failed: %s", hook["url"], error)
    return reached


@blueprint.post("/hooks")
@admin_required
def subscribe():
    db = get_db()
    db.execute(
        "INSERT INTO webhooks (event, url) VALUES (?, ?)", (request.form["event"], request.form["url"])
    )
    db.commit()
    return jsonify(subscribed=request.form["event"]), 201


@blueprint.post("/try")
@admin_required
def try_hook():
    """Fetch a partner's address once and show what it answers."""
    answer = requests.get(request.form["url"], timeout=5)  # expect: server-side-request-forgery
    return jsonify(status=answer.status_code, body=answer.text[:500])


@blueprint.get("/rates")
@admin_required
def rates():
    return jsonify(requests.get(RATES_URL).json())  # expect: request-without-timeout


@blueprint.post("/stock")
@admin_required
def stock():
    """Take over a supplier's stock list: `<stock><item sku="…" count="…"/></stock>`."""
    tree = etree.fromstring(request.get_data(), etree.XMLParser(resolve_entities=True))  # expect: xml-external-entities
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
    with ftplib.FTP("supplier.shop.example", timeout=10) as server:  # expect: cleartext-protocol
        server.login()
        server.retrbinary("RETR stock.csv", content.write)
    return jsonify(size=len(content.getvalue()))
