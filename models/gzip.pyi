from io import TextIOWrapper
from typing import Any

def open(filename: Annotated[Any, Sink["file-path"], Sanitizes["*"]], mode: Any = "rb", compresslevel: Any = 9, encoding: Any = None, errors: Any = None, newline: Any = None) -> TextIOWrapper: ...
