from typing import Any

from .datastructures import State

class Starlette:
    state: State
    def __init__(self, debug: Annotated[bool, Sink["debug-flag"]] = False, routes: Any = None, middleware: Any = None, exception_handlers: Any = None, lifespan: Any = None, **kwargs: Any) -> None: ...
