from typing import Any

from django.http import HttpResponseBase

# Put out by a renderer, JSON as a rule.
class Response(HttpResponseBase):
    data: Any
    def __init__(self, data: Annotated[Any, Sink["response"], Sanitizes["html"]] = None, status: Any = None, template_name: Any = None, headers: Sink["http-header"] = None, exception: Any = False, content_type: Any = None) -> None: ...
