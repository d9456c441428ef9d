from typing import Any

from .ldapobject import LDAPObject

def initialize(uri: Any, *args: Any, **kwargs: Any) -> LDAPObject: ...
