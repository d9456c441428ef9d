from socket import socket
from typing import Any

# Members stand for a choice, so they carry a name instead of their number.
CERT_NONE = "CERT_NONE"
CERT_OPTIONAL = "CERT_OPTIONAL"
CERT_REQUIRED = "CERT_REQUIRED"
PROTOCOL_SSLv2 = "SSLv2"
PROTOCOL_SSLv3 = "SSLv3"
PROTOCOL_SSLv23 = "TLS"
PROTOCOL_TLS = "TLS"
PROTOCOL_TLSv1 = "TLSv1"
PROTOCOL_TLSv1_1 = "TLSv1.1"
PROTOCOL_TLSv1_2 = "TLSv1.2"
PROTOCOL_TLS_CLIENT = "TLS"
PROTOCOL_TLS_SERVER = "TLS-server"

class VerifyMode:
    CERT_NONE = "CERT_NONE"
    CERT_OPTIONAL = "CERT_OPTIONAL"
    CERT_REQUIRED = "CERT_REQUIRED"

class TLSVersion:
    MINIMUM_SUPPORTED = "minimum"
    SSLv3 = "SSLv3"
    TLSv1 = "TLSv1"
    TLSv1_1 = "TLSv1.1"
    TLSv1_2 = "TLSv1.2"
    TLSv1_3 = "TLSv1.3"
    MAXIMUM_SUPPORTED = "maximum"

class Purpose:
    SERVER_AUTH = "SERVER_AUTH"
    CLIENT_AUTH = "CLIENT_AUTH"

class SSLSocket(socket): ...

class SSLContext:
    verify_mode: Annotated[VerifyMode, Sink["tls-verify"]]
    check_hostname: Annotated[bool, Sink["tls-verify"]]
    minimum_version: Annotated[TLSVersion, Sink["tls-version"]]
    maximum_version: Annotated[TLSVersion, Sink["tls-version"]]
    options: int
    def __init__(self, protocol: Annotated[Any, Sink["tls-version"]] = None, *args: Any, **kwargs: Any) -> None: ...
    def wrap_socket(self, sock: Any, server_side: Any = False, do_handshake_on_connect: Any = True, suppress_ragged_eofs: Any = True, server_hostname: Any = None, session: Any = None) -> SSLSocket: ...
    def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None: ...
    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None: ...
    def load_default_certs(self, purpose: Any = ...) -> None: ...
    def set_ciphers(self, cipherlist: Any, /) -> None: ...

def create_default_context(purpose: Any = ..., *, cafile: Any = None, capath: Any = None, cadata: Any = None) -> SSLContext: ...
def _create_default_https_context(purpose: Any = ..., *, cafile: Any = None, capath: Any = None, cadata: Any = None) -> SSLContext: ...
def _create_unverified_context(protocol: Annotated[Any, Sink["tls-context"], Sink["tls-version"]] = None, *, cert_reqs: Annotated[Any, Sink["tls-context"]] = "CERT_NONE", check_hostname: Any = False, purpose: Any = ..., certfile: Any = None, keyfile: Any = None, cafile: Any = None, capath: Any = None, cadata: Any = None) -> SSLContext: ...
# Named so by the library itself: the context of `ftplib`, `smtplib` and others when they are given none.
def _create_stdlib_context(protocol: Annotated[Any, Sink["tls-context"], Sink["tls-version"]] = None, *, cert_reqs: Annotated[Any, Sink["tls-context"]] = "CERT_NONE", check_hostname: Any = False, purpose: Any = ..., certfile: Any = None, keyfile: Any = None, cafile: Any = None, capath: Any = None, cadata: Any = None) -> SSLContext: ...
def get_server_certificate(addr: Any, ssl_version: Annotated[Any, Sink["tls-version"]] = "TLS", ca_certs: Any = None, timeout: Any = ...) -> str: ...
# Until Python 3.11
def wrap_socket(sock: Any, keyfile: Any = None, certfile: Any = None, server_side: Any = False, cert_reqs: Annotated[Any, Sink["tls-verify"]] = "CERT_NONE", ssl_version: Annotated[Any, Sink["tls-version"]] = "TLS", ca_certs: Any = None, do_handshake_on_connect: Any = True, suppress_ragged_eofs: Any = True, ciphers: Any = None) -> SSLSocket: ...
