from typing import Any

TYPE_RSA: int
TYPE_DSA: int
class PKey:
    def generate_key(self, type: Any, bits: Annotated[int, Sink["key-size"]]) -> None: ...
