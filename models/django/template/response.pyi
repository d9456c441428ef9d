from typing import Any

from django.http import HttpResponse

class SimpleTemplateResponse(HttpResponse):
    def __init__(self, template: Annotated[Any, Sink["template-name"], Sanitizes["html"]], context: Annotated[Any, Sink["template-context"], Sanitizes["html"]] = None, content_type: Any = None, status: Any = None, charset: Any = None, using: Any = None, headers: Any = None) -> None: ...
class TemplateResponse(SimpleTemplateResponse):
    def __init__(self, request: Any, template: Annotated[Any, Sink["template-name"], Sanitizes["html"]], context: Annotated[Any, Sink["template-context"], Sanitizes["html"]] = None, content_type: Any = None, status: Any = None, charset: Any = None, using: Any = None, headers: Any = None) -> None: ...
