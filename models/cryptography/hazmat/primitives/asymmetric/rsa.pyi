from typing import Any

class RSAPrivateKey:
    key_size: int
def generate_private_key(public_exponent: Any, key_size: Annotated[int, Sink["key-size"]], backend: Any = None) -> RSAPrivateKey: ...
