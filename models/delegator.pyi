from typing import Any

class Command:
    out: str
    err: str
def run(command: Annotated[Any, Sink["argv"], Sanitizes["*"]], block: Any = True, binary: Any = False, timeout: Any = 30, cwd: Any = None, env: Any = None) -> Command: ...
def chain(command: Annotated[Any, Sink["argv"], Sanitizes["*"]], timeout: Any = 30, cwd: Any = None, env: Any = None) -> Command: ...
