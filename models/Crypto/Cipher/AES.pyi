from typing import Any

# Members stand for a choice, so they carry a name instead of their number.
MODE_ECB = "ECB"
MODE_CBC = "CBC"
MODE_CFB = "CFB"
MODE_OFB = "OFB"
MODE_CTR = "CTR"
MODE_OPENPGP = "OPENPGP"
MODE_EAX = "EAX"
MODE_CCM = "CCM"
MODE_SIV = "SIV"
MODE_GCM = "GCM"
MODE_OCB = "OCB"
block_size: int
key_size: Any
def new(key: Any, mode: Annotated[Any, Sink["cipher-mode"]], *args: Any, **kwargs: Any) -> Any: ...
