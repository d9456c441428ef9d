"""Figures about jobs."""

from sqlalchemy import text
from sqlalchemy.orm import Session

COLUMNS = {"state": "state", "kind": "kind", "priority": "priority"}


def jobs_per(session: Session, column: str) -> list[tuple[str, int]]:
    """Number of jobs for each value of one of `COLUMNS`."""
    name = COLUMNS.get(column, "state")
    rows = session.execute(text(f"SELECT {name}, COUNT(*) FROM jobs GROUP BY 1"))
    return [(str(value), count) for value, count in rows]
