from typing import Any

from .fields import BooleanField as BooleanField, DateField as DateField, DecimalField as DecimalField, Field as Field, FileField as FileField, FloatField as FloatField, HiddenField as HiddenField, IntegerField as IntegerField, PasswordField as PasswordField, RadioField as RadioField, SelectField as SelectField, StringField as StringField, SubmitField as SubmitField, TextAreaField as TextAreaField
from .form import Form as Form
