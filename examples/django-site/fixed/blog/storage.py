"""The folder of all attachments."""

import os

from django.conf import settings


def attachments_dir():
    """The folder itself; the nightly clean-up, which empties it, runs in the same group."""
    folder = settings.MEDIA_ROOT / "attachments"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o750)
    return folder


def open_attachment(name):
    """An attachment, open for reading, or None."""
    base = attachments_dir().resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        return None
    return open(path, "rb")
