from typing import Any

from .etree import _Element

def fromstring(html: Any, base_url: Any = None, parser: Any = None, **kw: Any) -> _Element: ...
