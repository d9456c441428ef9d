from ssl import SSLContext
from typing import Any

def create_urllib3_context(ssl_version: Annotated[Any, Sink["tls-version"]] = None, cert_reqs: Annotated[Any, Sink["tls-verify"]] = None, options: Any = None, ciphers: Any = None, ssl_minimum_version: Annotated[Any, Sink["tls-version"]] = None, ssl_maximum_version: Any = None, verify_flags: Any = None) -> SSLContext: ...
