from typing import Any, AsyncIterator, Generator

from .datastructures import FormData, Headers, QueryParams, URL

class HTTPConnection:
    app: Any
    state: Any
    session: dict
    user: Any
    query_params: Annotated[QueryParams, Source["remote-input"]]
    path_params: Annotated[dict, Source["remote-input"]]
    headers: Annotated[Headers, Source["remote-input"]]
    cookies: Annotated[dict, Source["remote-input"]]
    url: Annotated[URL, Source["remote-input"]]
    base_url: Annotated[URL, Source["remote-input"]]
    # The names in the path come out quoted and under the application's own prefix.
    def url_for(self, name: Any, /, **path_params: Sanitizes["html"]) -> URL: ...
# Can be awaited and entered alike.
class _FormContext:
    def __await__(self) -> Generator[Any, None, FormData]: ...
    async def __aenter__(self) -> FormData: ...
class Request(HTTPConnection):
    method: str
    def __init__(self, scope: Any, receive: Any = ..., send: Any = ...) -> None: ...
    async def body(self) -> Annotated[bytes, Source["remote-input"]]: ...
    async def json(self) -> Source["remote-input"]: ...
    def form(self, *, max_files: Any = 1000, max_fields: Any = 1000, max_part_size: Any = 1048576) -> Annotated[_FormContext, Source["remote-input"]]: ...
    def stream(self) -> Annotated[AsyncIterator[bytes], Source["remote-input"]]: ...
