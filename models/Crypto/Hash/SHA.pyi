from .SHA1 import new as new
