from typing import Any

# Since 2.8.5 an expression that names more than variables and functions is refused, unless that is switched off.
@overload
def evaluate(ex: Sink["code"], local_dict: Any = None, global_dict: Any = None, out: Any = None, order: Any = "K", casting: Any = "same_kind", *, sanitize: Literal[False], **kwargs: Any) -> Any: ...
@overload
def evaluate(ex: Any, local_dict: Any = None, global_dict: Any = None, out: Any = None, order: Any = "K", casting: Any = "same_kind", sanitize: Any = None, **kwargs: Any) -> Any: ...
