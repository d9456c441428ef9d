from typing import Any

class Fraction:
    def __init__(self, numerator: Sanitizes["*"] = 0, denominator: Sanitizes["*"] = None) -> None: ...
