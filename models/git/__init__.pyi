from .cmd import Git as Git
from .repo import Repo as Repo
