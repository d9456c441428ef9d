from typing import Any

class RunSQL:
    def __init__(self, sql: Sink["sql"], reverse_sql: Sink["sql"] = None, state_operations: Any = None, hints: Any = None, elidable: Any = False) -> None: ...
