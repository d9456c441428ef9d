from typing import Any

from .environment import Environment, Template

# Still Jinja2 with its own escaping setting, but the source of a template may come from a stranger.
class SandboxedEnvironment(Environment):
    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template: ...
class ImmutableSandboxedEnvironment(SandboxedEnvironment): ...
