from typing import Any

class _Block:
    text: Annotated[str, Source["model-output"]]
    input: Annotated[Any, Source["model-output"]]
class _Message:
    content: Annotated[list[_Block], Source["model-output"]]
class _Messages:
    def create(self, **kwargs: Sanitizes["*"]) -> _Message: ...
    def stream(self, **kwargs: Sanitizes["*"]) -> Any: ...
class _AsyncMessages:
    async def create(self, **kwargs: Sanitizes["*"]) -> _Message: ...
class _Completion:
    completion: Annotated[str, Source["model-output"]]
class _Completions:
    def create(self, **kwargs: Sanitizes["*"]) -> _Completion: ...
class Anthropic:
    messages: _Messages
    completions: _Completions
    def __init__(self, *, api_key: Annotated[Any, Sink["password"]] = None, **kwargs: Any) -> None: ...
class AsyncAnthropic:
    messages: _AsyncMessages
    def __init__(self, *, api_key: Annotated[Any, Sink["password"]] = None, **kwargs: Any) -> None: ...
