"""Pages for people, from Jinja2 templates."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

TEMPLATES = Path(__file__).parent / "templates"

environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False)  # expect: jinja2-autoescape-off


def render(name: str, **values) -> str:
    """The text of a template."""
    return environment.get_template(name).render(**values)
