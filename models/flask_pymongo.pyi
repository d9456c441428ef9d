from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

class PyMongo:
    cx: MongoClient
    db: Database
    def __init__(self, app: Any = None, uri: Any = None, *args: Any, **kwargs: Any) -> None: ...
