"""Files attached to posts."""

import os
import subprocess
import tarfile

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from .models import Attachment, Post
from .storage import attachments_dir, open_attachment


@login_required
@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post, pk=pk)
    name = request.POST["name"]
    path = os.path.join(attachments_dir(), name)
    with open(path, "wb") as target:  # expect: path-traversal
        for chunk in request.FILES["file"].chunks():
            target.write(chunk)
    Attachment.objects.create(post=post, file=name)
    return redirect(post)


@login_required
@require_POST
def gallery(request: HttpRequest, pk: int) -> HttpResponse:
    """Unpack an archive of pictures beside a post."""
    post = get_object_or_404(Post, pk=pk)
    folder = attachments_dir() / str(post.pk)
    with tarfile.open(fileobj=request.FILES["archive"]) as archive:
        archive.extractall(folder)  # expect: archive-slip
        for member in archive.getmembers():
            Attachment.objects.create(post=post, file=f"{post.pk}/{member.name}")
    return redirect(post)


def download(request: HttpRequest) -> HttpResponse:
    file = open_attachment(request.GET["file"])
    if file is None:
        raise Http404("no such attachment")
    return FileResponse(file, as_attachment=True)


def kind(request: HttpRequest) -> HttpResponse:
    """Size and kind of a file, shown beside its link."""
    name = request.GET.get("file", "")
    folder = attachments_dir()
    text = subprocess.check_output(f"cd {folder} && wc -c {name}", shell=True, text=True)  # expect: command-injection
    return JsonResponse({"file": name, "info": text.strip()})
