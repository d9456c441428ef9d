from .markup import MarkupTemplate as MarkupTemplate
from .text import NewTextTemplate as NewTextTemplate, TextTemplate as TextTemplate
