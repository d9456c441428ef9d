from typing import Any

class job:
    def __init__(self, queue: Any, connection: Any = None, **kwargs: Any) -> None: ...
