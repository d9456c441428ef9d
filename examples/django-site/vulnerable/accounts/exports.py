"""A member's own data, packed for taking away."""

import json
import subprocess

from django.conf import settings

from blog.models import Post


def write_posts(user):
    """Write the posts of a user into a folder of their own; returns the folder."""
    folder = settings.MEDIA_ROOT / "exports" / str(user.pk)
    folder.mkdir(parents=True, exist_ok=True)
    posts = list(Post.objects.filter(author=user).values("title", "body"))
    (folder / "posts.json").write_text(json.dumps(posts), encoding="utf-8")
    return folder


def run_in(folder, command):
    """Run a command in a folder of exports."""
    subprocess.run(command, shell=True, cwd=folder, check=True)  # expect: command-injection
