from typing import Any

class Field:
    data: Annotated[Any, Source["remote-input"]]
    raw_data: Annotated[Any, Source["remote-input"]]
    errors: Any
    def __init__(self, label: Any = None, validators: Any = None, *args: Any, **kwargs: Any) -> None: ...
class StringField(Field): ...
class TextAreaField(StringField): ...
class PasswordField(StringField): ...
class HiddenField(StringField): ...
class FileField(Field): ...
class IntegerField(Field):
    data: int
class FloatField(Field):
    data: float
class DecimalField(Field):
    data: float
class BooleanField(Field):
    data: bool
class DateField(Field):
    data: Any
# One of the choices, unless told not to look.
class SelectField(Field):
    data: Any
class RadioField(SelectField): ...
class SubmitField(BooleanField): ...
