from typing import Any, Literal, overload

from .datastructures import CombinedMultiDict, EnvironHeaders, FileStorage, Headers, ImmutableMultiDict, MultiDict

# Not a class of its own in the library: an ImmutableMultiDict of files.
class UploadedFiles(ImmutableMultiDict):
    def get(self, key: Sanitizes["*"], default: Any = None) -> FileStorage: ...
    def getlist(self, key: Sanitizes["*"]) -> list[FileStorage]: ...
    def __getitem__(self, key: Sanitizes["*"]) -> FileStorage: ...

class Request:
    method: str
    environ: Annotated[dict, Source["remote-input"]]
    args: Annotated[MultiDict, Source["remote-input"]]
    form: Annotated[ImmutableMultiDict, Source["remote-input"]]
    values: Annotated[CombinedMultiDict, Source["remote-input"]]
    files: Annotated[UploadedFiles, Source["remote-input"]]
    cookies: Annotated[ImmutableMultiDict, Source["remote-input"]]
    headers: Annotated[EnvironHeaders, Source["remote-input"]]
    json: Annotated[Any, Source["remote-input"]]
    data: Annotated[bytes, Source["remote-input"]]
    stream: Annotated[Any, Source["remote-input"]]
    path: Annotated[str, Source["remote-input"]]
    full_path: Annotated[str, Source["remote-input"]]
    script_root: str
    url: Annotated[str, Source["remote-input"]]
    base_url: Annotated[str, Source["remote-input"]]
    url_root: Annotated[str, Source["remote-input"]]
    host_url: Annotated[str, Source["remote-input"]]
    host: Annotated[str, Source["remote-input"]]
    query_string: Annotated[bytes, Source["remote-input"]]
    referrer: Annotated[str, Source["remote-input"]]
    user_agent: Annotated[Any, Source["remote-input"]]
    content_type: Annotated[str, Source["remote-input"]]
    mimetype: Annotated[str, Source["remote-input"]]
    authorization: Annotated[Any, Source["remote-input"]]
    is_json: bool
    content_length: int
    def __init__(self, environ: Any, populate_request: Any = True, shallow: Any = False) -> None: ...
    def get_json(self, force: Any = False, silent: Any = False, cache: Any = True) -> Source["remote-input"]: ...
    def get_data(self, cache: Any = True, as_text: Any = False, parse_form_data: Any = False) -> Source["remote-input"]: ...

# HTML is what a response is taken for unless it says otherwise.
class Response:
    headers: Headers
    status_code: int
    mimetype: str
    content_type: str
    data: Any
    @overload
    def __init__(self, response: Sink["html"] = None, status: Any = None, headers: Sink["http-header"] = None, mimetype: Literal["text/html", "image/svg+xml", None] = None, content_type: Literal["text/html", "text/html; charset=utf-8", None] = None, direct_passthrough: Any = False) -> None: ...
    @overload
    def __init__(self, response: Any = None, status: Any = None, headers: Sink["http-header"] = None, mimetype: str | None = None, content_type: str | None = None, direct_passthrough: Any = False) -> None: ...
    def set_data(self, value: Sink["html"]) -> None: ...
    def get_data(self, as_text: Any = False) -> Any: ...
    def set_cookie(self, key: Annotated[Any, Sink["cookie-name"]], value: Any = "", max_age: Any = None, expires: Any = None, path: Any = "/", domain: Any = None, secure: Annotated[bool, Sink["cookie-secure"]] = False, httponly: Annotated[bool, Sink["cookie-httponly"]] = False, samesite: Annotated[Any, Sink["cookie-samesite"]] = None, partitioned: Any = False) -> None: ...
    def delete_cookie(self, key: Any, path: Any = "/", domain: Any = None, secure: Any = False, httponly: Any = False, samesite: Any = None, partitioned: Any = False) -> None: ...
