from typing import Any

class Route:
    def __init__(self, path: Any, endpoint: Any, *, methods: Any = None, name: Any = None, include_in_schema: Any = True, **kwargs: Any) -> None: ...
