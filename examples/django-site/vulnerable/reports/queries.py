"""Figures about the site."""

from django.db import connection


def posts_per(expression):
    """Number of posts for each value of an SQL expression over `blog_post`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}, COUNT(*) FROM blog_post GROUP BY 1 ORDER BY 2 DESC")  # expect: sql-injection
        return cursor.fetchall()
