# PyCrypto only
from typing import Any

def new(key: Any, *args: Any, **kwargs: Any) -> Any: ...
