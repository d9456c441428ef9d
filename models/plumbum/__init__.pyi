from .machines.local import local as local
