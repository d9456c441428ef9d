from typing import Any

class PythonREPL:
    globals: dict
    locals: dict
    def __init__(self, **kwargs: Any) -> None: ...
    def run(self, command: Sink["code"], timeout: Any = None) -> str: ...
