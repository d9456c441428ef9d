from typing import Any

from . import extensions as extensions, sql as sql

def connect(dsn: Any = None, connection_factory: Any = None, cursor_factory: Any = None, *, password: Annotated[str, Sink["password"]] = None, **kwargs: Any) -> extensions.connection: ...
