from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

class SQLAlchemy:
    session: Session
    engine: Engine
    Model: Any
    def __init__(self, app: Any = None, **kwargs: Any) -> None: ...
    def init_app(self, app: Any) -> None: ...
    # Handed on to SQLAlchemy until version 2.
    def text(self, text: Annotated[str, Sink["sql"], Sanitizes["sql"]]) -> Any: ...
