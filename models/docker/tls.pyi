from typing import Any

class TLSConfig:
    def __init__(self, client_cert: Any = None, ca_cert: Any = None, verify: Annotated[Any, Sink["tls-verify"]] = None, *args: Any, **kwargs: Any) -> None: ...
