"""Reports that moderators keep."""

from django.db import models


class SavedReport(models.Model):
    """The rows of a report as they were at one time."""

    name = models.CharField(max_length=100, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    rows = models.JSONField(default=list)

    def __str__(self):
        return self.name
