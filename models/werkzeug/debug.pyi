from typing import Any

class DebuggedApplication:
    def __init__(self, app: Any, evalex: Annotated[bool, Sink["debug-flag"]] = False, request_key: Any = "werkzeug.request", console_path: Any = "/console", console_init_func: Any = None, show_hidden_frames: Any = False, pin_security: Any = True, pin_logging: Any = True) -> None: ...
