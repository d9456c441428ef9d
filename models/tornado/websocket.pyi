from typing import Any

from .web import RequestHandler

# `on_message` is called with what the other side sends.
class WebSocketHandler(RequestHandler):
    def write_message(self, message: Any, binary: Any = False) -> Any: ...
    def on_message(self, message: Any) -> Any: ...
