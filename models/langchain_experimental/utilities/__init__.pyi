from .python import PythonREPL as PythonREPL
