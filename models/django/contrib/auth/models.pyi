from typing import Any

from django.db.models import Manager

from .base_user import AbstractBaseUser as AbstractBaseUser

class UserManager(Manager):
    def create_user(self, username: Any, email: Any = None, password: Annotated[str, Sink["password"]] = None, **extra_fields: Any) -> User: ...
    def create_superuser(self, username: Any, email: Any = None, password: Annotated[str, Sink["password"]] = None, **extra_fields: Any) -> User: ...
class AbstractUser(AbstractBaseUser):
    objects: UserManager
    username: str
    email: str
class User(AbstractUser): ...
