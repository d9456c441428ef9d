from typing import Any

class HTTPServerRequest:
    method: str
    uri: Annotated[str, Source["remote-input"]]
    path: Annotated[str, Source["remote-input"]]
    query: Annotated[str, Source["remote-input"]]
    headers: Annotated[Any, Source["remote-input"]]
    body: Annotated[bytes, Source["remote-input"]]
    arguments: Annotated[dict, Source["remote-input"]]
    files: Annotated[dict, Source["remote-input"]]
    cookies: Annotated[Any, Source["remote-input"]]
    host: Annotated[str, Source["remote-input"]]
