from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.llms import BaseLLM

class ChatOpenAI(BaseChatModel):
    def __init__(self, **kwargs: Any) -> None: ...
class OpenAI(BaseLLM):
    def __init__(self, **kwargs: Any) -> None: ...
class AzureChatOpenAI(BaseChatModel):
    def __init__(self, **kwargs: Any) -> None: ...
