from jinja2 import select_autoescape as select_autoescape
