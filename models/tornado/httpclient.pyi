from typing import Any

class HTTPRequest:
    def __init__(self, url: Annotated[Any, Sink["url"], Sanitizes["url"]], method: Any = "GET", headers: Sanitizes["*"] = None, body: Sanitizes["*"] = None, auth_username: Any = None, auth_password: Annotated[Any, Sink["password"]] = None, auth_mode: Any = None, connect_timeout: Any = None, request_timeout: Any = None, if_modified_since: Any = None, follow_redirects: Any = None, max_redirects: Any = None, user_agent: Any = None, use_gzip: Any = None, network_interface: Any = None, streaming_callback: Any = None, header_callback: Any = None, prepare_curl_callback: Any = None, proxy_host: Any = None, proxy_port: Any = None, proxy_username: Any = None, proxy_password: Annotated[Any, Sink["password"]] = None, proxy_auth_mode: Any = None, allow_nonstandard_methods: Any = None, validate_cert: Annotated[Any, Sink["tls-verify"]] = None, **kwargs: Any) -> None: ...
class HTTPResponse:
    code: int
    headers: Annotated[Any, Source["network-response"]]
    body: Annotated[bytes, Source["network-response"]]
    buffer: Annotated[Any, Source["network-response"]]
    effective_url: Annotated[str, Source["network-response"]]
class AsyncHTTPClient:
    async def fetch(self, request: Annotated[Any, Sink["url"], Sanitizes["*"]], raise_error: Any = True, *, validate_cert: Annotated[Any, Sink["tls-verify"]] = None, **kwargs: Any) -> HTTPResponse: ...
class HTTPClient:
    def __init__(self, async_client_class: Any = None, **kwargs: Any) -> None: ...
    def fetch(self, request: Annotated[Any, Sink["url"], Sanitizes["*"]], *, validate_cert: Annotated[Any, Sink["tls-verify"]] = None, **kwargs: Any) -> HTTPResponse: ...
