from typing import Any

from django.db.backends.utils import CursorWrapper

class BaseDatabaseWrapper:
    ops: Any
    vendor: str
    def cursor(self) -> CursorWrapper: ...
