from .backends.base.base import BaseDatabaseWrapper

class ConnectionHandler:
    def __getitem__(self, alias: Sanitizes["*"]) -> BaseDatabaseWrapper: ...
connection: BaseDatabaseWrapper
connections: ConnectionHandler
