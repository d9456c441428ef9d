from typing import Any

class LazySettings:
    SECRET_KEY: Annotated[str, Source["secret"]]
    EMAIL_HOST_PASSWORD: Annotated[str, Source["secret"]]
    def configure(self, default_settings: Any = ..., **options: Any) -> None: ...
    def __getattr__(self, name: Any) -> Any: ...
settings: LazySettings
