from typing import Any

class Response:
    headers: Any
    text: Annotated[Any, Sink["html"]]
    body: Annotated[Any, Sink["html"]]
    def __init__(self, body: Sink["html"] = None, status: Any = None, headerlist: Sink["http-header"] = None, app_iter: Any = None, content_type: Any = None, conditional_response: Any = None, charset: Any = ..., **kw: Any) -> None: ...
    def set_cookie(self, name: Annotated[Any, Sink["cookie-name"]], value: Any = "", max_age: Any = None, path: Any = "/", domain: Any = None, secure: Annotated[Any, Sink["cookie-secure"]] = False, httponly: Annotated[Any, Sink["cookie-httponly"]] = False, comment: Any = None, expires: Any = None, overwrite: Any = False, samesite: Annotated[Any, Sink["cookie-samesite"]] = None) -> None: ...
class FileResponse(Response):
    def __init__(self, path: Sink["file-path"], request: Any = None, cache_max_age: Any = None, content_type: Any = None, content_encoding: Any = None) -> None: ...
