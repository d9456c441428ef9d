from typing import Any

# A library runs code as it is loaded.
class CDLL:
    def __init__(self, name: Annotated[Any, Sink["module-name"], Sink["file-path"]], mode: Any = 0, handle: Any = None, use_errno: Any = False, use_last_error: Any = False, winmode: Any = None) -> None: ...
class PyDLL(CDLL): ...
class LibraryLoader:
    def LoadLibrary(self, name: Annotated[Any, Sink["module-name"], Sink["file-path"]]) -> CDLL: ...
cdll: LibraryLoader
pydll: LibraryLoader
