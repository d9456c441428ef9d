from typing import Any

class Request:
    method: str
    registry: Any
    session: Any
    user: Any
    context: Any
    response: Any
    params: Annotated[Any, Source["remote-input"]]
    GET: Annotated[Any, Source["remote-input"]]
    POST: Annotated[Any, Source["remote-input"]]
    matchdict: Annotated[dict, Source["remote-input"]]
    subpath: Annotated[tuple, Source["remote-input"]]
    cookies: Annotated[Any, Source["remote-input"]]
    headers: Annotated[Any, Source["remote-input"]]
    body: Annotated[bytes, Source["remote-input"]]
    text: Annotated[str, Source["remote-input"]]
    json: Annotated[Any, Source["remote-input"]]
    json_body: Annotated[Any, Source["remote-input"]]
    path: Annotated[str, Source["remote-input"]]
    path_info: Annotated[str, Source["remote-input"]]
    path_qs: Annotated[str, Source["remote-input"]]
    url: Annotated[str, Source["remote-input"]]
    query_string: Annotated[str, Source["remote-input"]]
    host: Annotated[str, Source["remote-input"]]
    referer: Annotated[str, Source["remote-input"]]
    referrer: Annotated[str, Source["remote-input"]]
    user_agent: Annotated[str, Source["remote-input"]]
    environ: Annotated[dict, Source["remote-input"]]
    def route_url(self, route_name: Any, *elements: Any, **kw: Any) -> str: ...
    def route_path(self, route_name: Any, *elements: Any, **kw: Any) -> str: ...
