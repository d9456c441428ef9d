from typing import Any

from .template import Template

class TemplateLookup:
    def __init__(self, directories: Any = None, module_directory: Any = None, filesystem_checks: Any = True, collection_size: Any = -1, format_exceptions: Any = False, error_handler: Any = None, output_encoding: Any = None, encoding_errors: Any = "strict", cache_args: Any = None, cache_impl: Any = "beaker", cache_enabled: Any = True, cache_type: Any = None, cache_dir: Any = None, cache_url: Any = None, modulename_callable: Any = None, module_writer: Any = None, default_filters: Annotated[Any, Sink["mako-filters"]] = None, **kwargs: Any) -> None: ...
    def get_template(self, uri: Annotated[Any, Sink["template-name"], Sanitizes["*"]]) -> Template: ...
