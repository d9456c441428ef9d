"""The folder of all attachments."""

import os

from django.conf import settings


def attachments_dir():
    """The folder itself; the nightly clean-up, which empties it, runs as another user."""
    folder = settings.MEDIA_ROOT / "attachments"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o777)  # expect: permissive-file-mode
    return folder


def open_attachment(name):
    """An attachment, open for reading, or None."""
    path = os.path.join(attachments_dir(), name)
    if not os.path.isfile(path):
        return None
    return open(path, "rb")  # expect: path-traversal
