"""Files attached to posts."""

import subprocess
import tarfile

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_POST

from .models import Attachment, Post
from .storage import attachments_dir, open_attachment


@login_required
@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post, pk=pk, author=request.user)
    name = get_valid_filename(request.POST["name"])
    folder = attachments_dir() / str(post.pk)
    folder.mkdir(exist_ok=True)
    with open(folder / name, "wb") as target:
        for chunk in request.FILES["file"].chunks():
            target.write(chunk)
    Attachment.objects.create(post=post, file=f"{post.pk}/{name}")
    return redirect(post)


@login_required
@require_POST
def gallery(request: HttpRequest, pk: int) -> HttpResponse:
    """Unpack an archive of pictures beside a post."""
    post = get_object_or_404(Post, pk=pk, author=request.user)
    folder = attachments_dir() / str(post.pk)
    with tarfile.open(fileobj=request.FILES["archive"]) as archive:
        archive.extractall(folder, filter="data")
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
    attachment = get_object_or_404(Attachment, file=request.GET.get("file", ""))
    command = ["wc", "-c", "--", attachment.file]
    text = subprocess.check_output(command, cwd=attachments_dir(), text=True, timeout=10)
    return JsonResponse({"file": attachment.file, "info": text.strip()})
