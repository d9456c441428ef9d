from typing import Any

from twisted.internet.protocol import Protocol

class LineReceiver(Protocol):
    def sendLine(self, line: Any) -> None: ...
class LineOnlyReceiver(Protocol):
    def sendLine(self, line: Any) -> None: ...
class NetstringReceiver(Protocol):
    def sendString(self, string: Any) -> None: ...
