"""Passwords, tokens and keys."""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, HTTPException, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from .database import Account, get_session
from .settings import settings

SESSION_SECONDS = 12 * 3600
SALT_BYTES = 16
NONCE_BYTES = 12

serializer = URLSafeTimedSerializer(settings.secret_key)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """What the database keeps of a password: the salt and scrypt's answer, in hex."""
    salt = salt or secrets.token_bytes(SALT_BYTES)
    key = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, maxmem=64 * 1024 * 1024)
    return f"{salt.hex()}${key.hex()}"


def check_password(password: str, stored: str) -> bool:
    """Whether `stored` was made from this password."""
    salt, _, _ = stored.partition("$")
    return hmac.compare_digest(hash_password(password, bytes.fromhex(salt)), stored)


def new_api_token() -> str:
    """A token for scripts."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of an API token."""
    return hashlib.sha256(token.encode()).hexdigest()


def encrypt_result(text: str, key: bytes) -> bytes:
    """Encrypt the result of a job for the archive; the nonce comes first."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), None)


def new_result_key() -> bytes:
    """A key for `encrypt_result`."""
    return AESGCM.generate_key(bit_length=256)


def new_signing_key() -> str:
    """A private key in PEM with which a partner signs what they send."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def signed_by_partner(body: bytes, signature: str) -> bool:
    """Whether a webhook was signed with the secret that only the partner and we know."""
    expected = hmac.new(settings.partner_secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def current_account(request: Request, session: Session = Depends(get_session)) -> Account:
    """The account of the session cookie or of the API token."""
    account = None
    token = request.headers.get("x-api-token")
    if token:
        account = session.scalar(select(Account).where(Account.api_token_hash == token_hash(token)))
    elif cookie := request.cookies.get("session"):
        try:
            account = session.get(Account, serializer.loads(cookie, max_age=SESSION_SECONDS))
        except BadSignature:
            account = None
    if account is None:
        raise HTTPException(401, "log in first")
    return account
