from typing import Any

from django.db.models import F as F, Func as Func, Value as Value

class RawSQL:
    def __init__(self, sql: Sink["sql"], params: Sanitizes["*"], output_field: Any = None) -> None: ...
