"""Files that the shop keeps for its products."""

from .db import data_dir


def read_manual(name):
    """The text of a manual, or None."""
    base = data_dir("manuals").resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        return None
    return path.read_text(encoding="utf-8")
