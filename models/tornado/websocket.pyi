from typing import Any

from .web import RequestHandler

class WebSocketHandler(RequestHandler):
    def write_message(self, message: Any, binary: Any = False) -> Any: ...
