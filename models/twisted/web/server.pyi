from typing import Any

from .http import Request as Request

NOT_DONE_YET: int
class Site:
    def __init__(self, resource: Any, requestFactory: Any = None, *args: Any, **kwargs: Any) -> None: ...
