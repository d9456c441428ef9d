from typing import Any

# Refuses a path that leaves the folder.
class StaticFiles:
    def __init__(self, *, directory: Sink["file-path"] = None, packages: Any = None, html: Any = False, check_dir: Any = True, follow_symlink: Any = False) -> None: ...
