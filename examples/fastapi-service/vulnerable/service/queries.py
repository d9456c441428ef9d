"""Figures about jobs."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def counts(session: Session, sql: str) -> list[tuple[str, int]]:
    """The rows of a statement that counts something."""
    rows = session.execute(text(sql))  # expect: sql-injection
    return [(str(value), count) for value, count in rows]
