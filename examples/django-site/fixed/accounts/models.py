"""What a member tells about themselves."""

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """One per user, made at registration."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    about = models.TextField(blank=True)
    website = models.URLField(blank=True)
    avatar = models.CharField(max_length=200, blank=True)
    feed_hash = models.CharField(max_length=200, blank=True)

    def __str__(self):
        return f"profile of {self.user.get_username()}"
