"""Uploaded files."""

import hashlib
import os

from .settings import settings


def read_upload(name: str) -> bytes:
    """The content of an upload."""
    with open(os.path.join(settings.uploads, name), "rb") as file:  # expect: path-traversal
        return file.read()


def etag(content: bytes) -> str:
    """A validator for HTTP caches."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
