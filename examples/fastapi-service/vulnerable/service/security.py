"""Passwords, tokens and keys."""

import hashlib
import os
import random
import string

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi import Depends, HTTPException, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from .database import Account, get_session

SESSION_SECONDS = 12 * 3600

serializer = URLSafeTimedSerializer("jobs-and-more-jobs-77")  # expect: hardcoded-secret-key


def hash_password(password: str) -> str:
    """What the database keeps of a password."""
    return hashlib.new("md5", password.encode()).hexdigest()  # expect later: weak-hash


def new_api_token() -> str:
    """A token for scripts."""
    alphabet = string.ascii_lowercase + string.digits
    token = "".join(random.choices(alphabet, k=32))  # expect: insecure-random
    return token


def encrypt_result(text: str, key: bytes) -> bytes:
    """Encrypt the result of a job for the archive."""
    data = text.encode()
    data += b"\0" * (-len(data) % 16)
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # expect: weak-cipher
    return encryptor.update(data) + encryptor.finalize()


def new_result_key() -> bytes:
    """A key for `encrypt_result`."""
    return os.urandom(32)


def new_signing_key() -> str:
    """A private key in PEM with which a partner signs what they send."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # expect: weak-key-size
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def current_account(request: Request, session: Session = Depends(get_session)) -> Account:
    """The account of the session cookie or of the API token."""
    account = None
    token = request.headers.get("x-api-token")
    if token:
        account = session.scalar(select(Account).where(Account.api_token == token))
    elif cookie := request.cookies.get("session"):
        try:
            account = session.get(Account, serializer.loads(cookie, max_age=SESSION_SECONDS))
        except BadSignature:
            account = None
    if account is None:
        raise HTTPException(401, "log in first")
    return account
