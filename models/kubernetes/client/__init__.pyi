from typing import Any

class Configuration:
    verify_ssl: Annotated[bool, Sink["tls-verify"]]
    ssl_ca_cert: Any
    host: str
    def __init__(self, **kwargs: Any) -> None: ...
