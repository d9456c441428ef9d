from typing import Any

SSLv2_METHOD = "SSLv2"
SSLv3_METHOD = "SSLv3"
SSLv23_METHOD = "TLS"
TLS_METHOD = "TLS"
TLSv1_METHOD = "TLSv1"
TLSv1_1_METHOD = "TLSv1.1"
TLSv1_2_METHOD = "TLSv1.2"
SSL3_VERSION = "SSLv3"
TLS1_VERSION = "TLSv1"
TLS1_1_VERSION = "TLSv1.1"
TLS1_2_VERSION = "TLSv1.2"
TLS1_3_VERSION = "TLSv1.3"
VERIFY_NONE = "CERT_NONE"
VERIFY_PEER = "CERT_REQUIRED"
class Context:
    def __init__(self, method: Annotated[Any, Sink["tls-version"]]) -> None: ...
    def set_min_proto_version(self, version: Annotated[Any, Sink["tls-version"]]) -> None: ...
    def set_max_proto_version(self, version: Annotated[Any, Sink["tls-version"]]) -> None: ...
    def set_verify(self, mode: Annotated[Any, Sink["tls-verify"]], callback: Any = None) -> None: ...
