"""A member's own data, packed for taking away."""

import json
import subprocess

from django.conf import settings

from blog.models import Post


def pack(user):
    """Write the posts of a user into an archive; returns its path."""
    folder = settings.MEDIA_ROOT / "exports" / str(user.pk)
    folder.mkdir(parents=True, exist_ok=True)
    posts = list(Post.objects.filter(author=user).values("title", "body"))
    (folder / "posts.json").write_text(json.dumps(posts), encoding="utf-8")
    subprocess.run(["tar", "-czf", "posts.tar.gz", "posts.json"], cwd=folder, check=True)
    return folder / "posts.tar.gz"
