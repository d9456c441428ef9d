from typing import Any

class MongoClient:
    def __init__(self, host: Any = None, port: Any = None, document_class: Any = None, tz_aware: Any = None, connect: Any = None, type_registry: Any = None, *, password: Annotated[str, Sink["password"]] = None, tls: Any = None, tlsAllowInvalidCertificates: Annotated[Any, Sink["tls-skip-verify"]] = False, tlsAllowInvalidHostnames: Annotated[Any, Sink["tls-skip-verify"]] = False, tlsInsecure: Annotated[Any, Sink["tls-skip-verify"]] = False, **kwargs: Any) -> None: ...
