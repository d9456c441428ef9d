"""Letters to customers."""

import smtplib
import ssl
from email.message import EmailMessage

from flask import current_app

SENDER = "orders@shop.example"


def send_mail(recipient, subject, body):
    """Send one letter, or log it when no mail server is configured."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = recipient
    message["Subject"] = subject
    message.set_content(body)
    host = current_app.config.get("SMTP_HOST")
    if not host:
        current_app.logger.info("letter to %s: %s", recipient, subject)
        return
    with smtplib.SMTP(host, 587, timeout=10) as server:
        server.starttls(context=ssl.create_default_context())
        server.login("orders", password=current_app.config["SMTP_PASSWORD"])
        server.send_message(message)
