"""Posts, comments and attachments."""

from django.conf import settings
from django.db import models
from django.urls import reverse


class Post(models.Model):
    """A post of a member."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=200)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)
    votes = models.IntegerField(default=0)

    class Meta:
        ordering = ["-created"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("blog:post", args=[self.pk])


class Comment(models.Model):
    """An answer to a post; anybody may write one."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    name = models.CharField(max_length=80)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.name} on {self.post}"


class Attachment(models.Model):
    """A file that belongs to a post; `file` is relative to the attachments folder."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="attachments")
    file = models.CharField(max_length=255)

    def __str__(self):
        return self.file
