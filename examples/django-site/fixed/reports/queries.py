"""Figures about the site."""

from django.db import connection

GROUPINGS = {
    "author": "author_id",
    "year": "strftime('%Y', created)",
    "votes": "votes",
}


def posts_per(grouping):
    """Number of posts for each value of one of `GROUPINGS`."""
    expression = GROUPINGS.get(grouping, "author_id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}, COUNT(*) FROM blog_post GROUP BY 1 ORDER BY 2 DESC")
        return cursor.fetchall()
