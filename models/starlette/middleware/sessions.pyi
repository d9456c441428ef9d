from typing import Any

class SessionMiddleware:
    def __init__(self, app: Any, secret_key: Annotated[Any, Sink["secret-key"]], session_cookie: Any = "session", max_age: Any = 1209600, path: Any = "/", same_site: Annotated[Any, Sink["cookie-samesite"]] = "lax", https_only: Any = False, domain: Any = None, partitioned: Any = False) -> None: ...
