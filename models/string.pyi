from typing import Any

ascii_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
digits = "0123456789"
hexdigits = "0123456789abcdefABCDEF"
punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
class Template:
    def __init__(self, template: Any) -> None: ...
    def substitute(self, mapping: Any = {}, /, **kws: Any) -> str: ...
    def safe_substitute(self, mapping: Any = {}, /, **kws: Any) -> str: ...
