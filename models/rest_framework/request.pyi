from typing import Any

from django.http import HttpRequest, QueryDict

class Request(HttpRequest):
    query_params: Annotated[QueryDict, Source["remote-input"]]
    data: Annotated[Any, Source["remote-input"]]
    auth: Any
    def __init__(self, request: Any, parsers: Any = None, authenticators: Any = None, negotiator: Any = None, parser_context: Any = None) -> None: ...
