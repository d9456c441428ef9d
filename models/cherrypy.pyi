from typing import Any

class _Request:
    method: str
    params: Annotated[dict, Source["remote-input"]]
    headers: Annotated[dict, Source["remote-input"]]
    cookie: Annotated[Any, Source["remote-input"]]
    body: Annotated[Any, Source["remote-input"]]
    json: Annotated[Any, Source["remote-input"]]
    path_info: Annotated[str, Source["remote-input"]]
    query_string: Annotated[str, Source["remote-input"]]
    request_line: Annotated[str, Source["remote-input"]]
class _Response:
    headers: Any
    status: Any
    body: Annotated[Any, Sink["html"]]
    cookie: Any
request: _Request
response: _Response
session: dict
config: Any
def expose(func: Any = None, alias: Any = None) -> Annotated[Any, EntryPoint["remote-input"], Sink["html"]]: ...
def quickstart(root: Any = None, script_name: Any = "", config: Any = None) -> None: ...
class HTTPError(Exception):
    def __init__(self, status: Any = 500, message: Sink["html"] = None) -> None: ...
class HTTPRedirect(Exception):
    def __init__(self, urls: Sink["redirect"], status: Any = None, encoding: Any = None) -> None: ...
