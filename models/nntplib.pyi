from typing import Any

class NNTP:
    def __init__(self, host: Any, port: Any = 119, user: Any = None, password: Annotated[str, Sink["password"]] = None, readermode: Any = None, usenetrc: Any = False, timeout: Any = ...) -> None: ...
