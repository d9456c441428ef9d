from typing import Any

from .models.containers import ContainerCollection

class DockerClient:
    containers: ContainerCollection
    images: Any
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    @classmethod
    def from_env(cls, **kwargs: Any) -> DockerClient: ...
def from_env(**kwargs: Any) -> DockerClient: ...
