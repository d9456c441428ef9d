from typing import Any

class File:
    def __init__(self, name: Sink["path-or-file"], mode: Any = "r", *args: Any, **kwds: Any) -> None: ...
