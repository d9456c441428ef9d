"""Files that the shop keeps for its products."""

import os

from .db import data_dir


def read_manual(name):
    """The text of a manual, or None."""
    path = os.path.join(data_dir("manuals"), name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as manual:  # expect: path-traversal
        return manual.read()
