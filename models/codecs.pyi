from io import TextIOWrapper
from typing import Any

def open(filename: Annotated[Any, Sink["file-path"], Sanitizes["*"]], mode: Any = "r", encoding: Any = None, errors: Any = "strict", buffering: Any = -1) -> TextIOWrapper: ...
