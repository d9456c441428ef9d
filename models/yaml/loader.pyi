from yaml import BaseLoader as BaseLoader, SafeLoader as SafeLoader, FullLoader as FullLoader, Loader as Loader, UnsafeLoader as UnsafeLoader
