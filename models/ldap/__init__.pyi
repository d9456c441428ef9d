from typing import Any

from .ldapobject import LDAPObject

def initialize(uri: Any, *args: Any, **kwargs: Any) -> LDAPObject: ...

OPT_X_TLS_REQUIRE_CERT = "OPT_X_TLS_REQUIRE_CERT"
OPT_X_TLS_NEVER = "CERT_NONE"
OPT_X_TLS_ALLOW = "CERT_NONE"
OPT_X_TLS_TRY = "OPT_X_TLS_TRY"
OPT_X_TLS_DEMAND = "CERT_REQUIRED"
OPT_X_TLS_HARD = "CERT_REQUIRED"
SCOPE_BASE = 0
SCOPE_ONELEVEL = 1
SCOPE_SUBTREE = 2
def set_option(option: Any, invalue: Annotated[Any, Sink["tls-verify"]]) -> None: ...
