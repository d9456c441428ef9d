from typing import Any

METHOD_CRYPT = "crypt"
METHOD_MD5 = "md5"
METHOD_BLOWFISH = "blowfish"
METHOD_SHA256 = "sha256"
METHOD_SHA512 = "sha512"
def crypt(word: Sanitizes["*"], salt: Annotated[Any, Sink["hash-name"]] = None) -> str: ...
def mksalt(method: Annotated[Any, Sink["hash-name"]] = None, *, rounds: Any = None) -> str: ...
