from typing import Any, Literal, overload

# Before 2.6 the default read any pickle.
@overload
def load(f: Annotated[Any, Sink["deserialize"], Sink["file-path"]], map_location: Any = None, pickle_module: Any = None, *, weights_only: Literal[False, None] = None, mmap: Any = None, **pickle_load_args: Any) -> Any: ...
@overload
def load(f: Sink["file-path"], map_location: Any = None, pickle_module: Any = None, *, weights_only: Literal[True], mmap: Any = None, **pickle_load_args: Any) -> Any: ...
