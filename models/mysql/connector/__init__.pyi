from typing import Any

from .connection import MySQLConnection as MySQLConnection

def connect(*args: Any, user: Any = None, password: Annotated[str, Sink["password"]] = None, passwd: Annotated[str, Sink["password"]] = None, ssl_verify_cert: Any = False, **kwargs: Any) -> MySQLConnection: ...
