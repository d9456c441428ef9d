from jinja2 import Template as Template, Environment as Environment
