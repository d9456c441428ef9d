"""Settings from the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations."""

    data_dir: Path = field(default_factory=lambda: Path(os.environ.get("SERVICE_DATA", "data")))
    partner_url: str = "https://hooks.partner.example/events"
    archive_host: str = "archive.partner.example"
    archive_user: str = "jobs"
    token_url: str = "/accounts/login"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.data_dir / 'service.db'}"

    @property
    def uploads(self) -> Path:
        return self.data_dir / "uploads"


settings = Settings()
