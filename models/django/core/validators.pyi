from typing import Any

class RegexValidator:
    def __init__(self, regex: Sink["regex-search"] = None, message: Any = None, code: Any = None, inverse_match: Any = None, flags: Any = None) -> None: ...
