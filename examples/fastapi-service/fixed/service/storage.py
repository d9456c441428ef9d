"""Uploaded files."""

import hashlib

from .settings import settings


def read_upload(name: str) -> bytes | None:
    """The content of an upload, or None."""
    base = settings.uploads.resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        return None
    return path.read_bytes()


def etag(content: bytes) -> str:
    """A validator for HTTP caches."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
