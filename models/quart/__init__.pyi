from typing import Any

from flask import Blueprint as _Blueprint, Flask as _Flask, Config as Config
from flask import abort as abort, flash as flash, jsonify as jsonify, redirect as redirect, url_for as url_for
from flask import session as session, g as g
from markupsafe import Markup as Markup, escape as escape
from werkzeug.datastructures import FileStorage, MultiDict

# As Flask's, but what the body holds is waited for.
class Request:
    method: str
    args: Annotated[MultiDict, Source["remote-input"]]
    headers: Annotated[Any, Source["remote-input"]]
    cookies: Annotated[dict, Source["remote-input"]]
    path: Annotated[str, Source["remote-input"]]
    full_path: Annotated[str, Source["remote-input"]]
    url: Annotated[str, Source["remote-input"]]
    base_url: Annotated[str, Source["remote-input"]]
    query_string: Annotated[bytes, Source["remote-input"]]
    host: Annotated[str, Source["remote-input"]]
    referrer: Annotated[str, Source["remote-input"]]
    view_args: Annotated[dict, Source["remote-input"]]
    form: Annotated[MultiDict, Source["remote-input"]]
    files: Annotated[dict[str, FileStorage], Source["remote-input"]]
    json: Annotated[Any, Source["remote-input"]]
    data: Annotated[bytes, Source["remote-input"]]
    values: Annotated[MultiDict, Source["remote-input"]]
    async def get_json(self, force: Any = False, silent: Any = False, cache: Any = True) -> Source["remote-input"]: ...
    async def get_data(self, cache: Any = True, as_text: Any = False, parse_form_data: Any = False) -> Annotated[bytes, Source["remote-input"]]: ...
class Websocket(Request):
    async def receive(self) -> Source["remote-input"]: ...
    async def send(self, data: Any) -> None: ...
class Quart(_Flask):
    def websocket(self, rule: Any, **options: Any) -> EntryPoint["remote-input"]: ...
    def add_websocket(self, rule: Any, endpoint: Any = None, view_func: Any = None, **options: Any) -> None: ...
class Blueprint(_Blueprint):
    def websocket(self, rule: Any, **options: Any) -> EntryPoint["remote-input"]: ...
current_app: Quart
request: Request
websocket: Websocket
async def make_response(*args: Sink["html"]) -> Any: ...
async def send_file(filename_or_io: Sink["file-path"], mimetype: Any = None, as_attachment: Any = False, attachment_filename: Any = None, **kwargs: Any) -> Any: ...
# Refuses a `file_name` that leaves `directory`.
async def send_from_directory(directory: Sink["file-path"], file_name: Any, **kwargs: Any) -> Any: ...
async def render_template(template_name_or_list: Annotated[Any, Sink["template-name"], Sanitizes["html"]], **context: Annotated[Any, Sink["template-context"], Sanitizes["html"]]) -> str: ...
async def render_template_string(source: Annotated[str, Sink["template"], Sanitizes["html"]], **context: Annotated[Any, Sink["template-context"], Sanitizes["html"]]) -> str: ...
