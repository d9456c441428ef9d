from .ssl_ import create_urllib3_context as create_urllib3_context
