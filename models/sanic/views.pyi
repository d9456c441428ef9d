from typing import Any

class HTTPMethodView:
    @classmethod
    def as_view(cls, *class_args: Any, **class_kwargs: Any) -> Any: ...
