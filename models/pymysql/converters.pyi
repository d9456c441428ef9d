from typing import Any

# Escapes without adding quotes: the result is fit for the inside of a quoted string.
def escape_string(value: Sanitizes["sql"], mapping: Any = None) -> str: ...
