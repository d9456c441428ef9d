from typing import Any

class Decimal:
    def __init__(self, value: Any = "0", context: Any = None) -> None: ...
