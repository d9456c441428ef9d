"""Results leave the house: webhooks and the partner's archive."""

import logging
import socket
import ssl

import httpx
import paramiko

from .database import Job
from .settings import settings

logger = logging.getLogger(__name__)


def announce(job: Job) -> bool:
    """Tell the partner that a job is done; returns whether they took it."""
    payload = {"job": job.id, "state": job.state}
    try:
        answer = httpx.post(settings.partner_url, json=payload, verify=False, timeout=None)  # expect: tls-verification-disabled, request-without-timeout
    except httpx.HTTPError as error:
        logger.warning("webhook failed: %s", error)
        return False
    return answer.is_success


def archive(job: Job) -> None:
    """Copy the result of a job to the partner's archive."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # expect: ssh-host-key-unchecked
    client.connect(settings.archive_host, username=settings.archive_user, password="Sh1p-1t-n0w", timeout=10)  # expect: hardcoded-password
    with client, client.open_sftp() as sftp, sftp.open(f"job-{job.id}.txt", "w") as file:
        file.write(job.result or "")


def partner_certificate(port: int = 443) -> dict:
    """The certificate that the partner's server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLSv1)  # expect: weak-tls-version
    with socket.create_connection((settings.archive_host, port), timeout=5) as connection:
        with context.wrap_socket(connection, server_hostname=settings.archive_host) as secured:
            return secured.getpeercert() or {}
