from typing import Any

from jsonpickle import decode as decode

class Unpickler:
    def __init__(self, backend: Any = None, keys: Any = False, safe: Any = True, v1_decode: Any = False, on_missing: Any = "ignore", handle_readonly: Any = False) -> None: ...
    def restore(self, obj: Sink["deserialize"], *args: Any, **kwargs: Any) -> Any: ...
