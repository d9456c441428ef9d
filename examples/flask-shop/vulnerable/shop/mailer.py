"""Letters to customers."""

import smtplib
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
        server.starttls()  # expect: unverified-tls-context
        server.login("orders", password="m4il-Out-88")  # expect: hardcoded-password
        server.send_message(message)
