from typing import Any

# Refuses a path that leaves the folder.
def serve(request: Any, path: Sanitizes["*"], document_root: Sink["file-path"] = None, show_indexes: Any = False) -> Any: ...
