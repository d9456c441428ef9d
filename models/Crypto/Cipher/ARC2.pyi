from typing import Any

MODE_ECB = "ECB"
MODE_CBC = "CBC"
MODE_CFB = "CFB"
MODE_OFB = "OFB"
MODE_CTR = "CTR"
MODE_OPENPGP = "OPENPGP"
MODE_EAX = "EAX"
block_size: int
key_size: Any
def new(key: Any, mode: Annotated[Any, Sink["cipher-mode"]], *args: Any, **kwargs: Any) -> Any: ...
