from typing import Any, Self

# The classes of answers, with the attributes that hold text.
class _Message:
    content: Annotated[str, Source["model-output"]]
    tool_calls: Annotated[Any, Source["model-output"]]
    function_call: Annotated[Any, Source["model-output"]]
    parsed: Annotated[Any, Source["model-output"]]
class _Choice:
    message: _Message
    delta: _Message
    text: Annotated[str, Source["model-output"]]
class _ChatCompletion:
    choices: list[_Choice]
    def __iter__(self) -> Self: ...
    def __next__(self) -> _ChatCompletion: ...
class _Response:
    output_text: Annotated[str, Source["model-output"]]
    output: Annotated[Any, Source["model-output"]]
class _Completions:
    def create(self, *, messages: Sanitizes["*"] = ..., model: Any = ..., **kwargs: Sanitizes["*"]) -> _ChatCompletion: ...
    def parse(self, *, messages: Sanitizes["*"] = ..., model: Any = ..., **kwargs: Sanitizes["*"]) -> _ChatCompletion: ...
class _Chat:
    completions: _Completions
class _Responses:
    def create(self, **kwargs: Sanitizes["*"]) -> _Response: ...
    def parse(self, **kwargs: Sanitizes["*"]) -> _Response: ...
class _AsyncCompletions:
    async def create(self, *, messages: Sanitizes["*"] = ..., model: Any = ..., **kwargs: Sanitizes["*"]) -> _ChatCompletion: ...
    async def parse(self, *, messages: Sanitizes["*"] = ..., model: Any = ..., **kwargs: Sanitizes["*"]) -> _ChatCompletion: ...
class _AsyncChat:
    completions: _AsyncCompletions
class _AsyncResponses:
    async def create(self, **kwargs: Sanitizes["*"]) -> _Response: ...
class OpenAI:
    chat: _Chat
    completions: _Completions
    responses: _Responses
    def __init__(self, *, api_key: Annotated[Any, Sink["password"]] = None, base_url: Any = None, **kwargs: Any) -> None: ...
class AzureOpenAI(OpenAI): ...
class AsyncOpenAI:
    chat: _AsyncChat
    completions: _AsyncCompletions
    responses: _AsyncResponses
    def __init__(self, *, api_key: Annotated[Any, Sink["password"]] = None, base_url: Any = None, **kwargs: Any) -> None: ...
class AsyncAzureOpenAI(AsyncOpenAI): ...
# Until openai 1
class ChatCompletion:
    @classmethod
    def create(cls, *args: Any, **kwargs: Sanitizes["*"]) -> Source["model-output"]: ...
    @classmethod
    async def acreate(cls, *args: Any, **kwargs: Sanitizes["*"]) -> Source["model-output"]: ...
class Completion:
    @classmethod
    def create(cls, *args: Any, **kwargs: Sanitizes["*"]) -> Source["model-output"]: ...
