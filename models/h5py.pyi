from typing import Any

class File:
    def __init__(self, name: Sink["file-path"], mode: Any = "r", *args: Any, **kwds: Any) -> None: ...
