"""Reports for moderators."""

import pickle
import tempfile

import yaml
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from lxml import etree

from blog.models import Post

from .models import SavedReport
from .queries import posts_per


@staff_member_required
def overview(request: HttpRequest) -> HttpResponse:
    rows = posts_per(request.GET.get("by", "author_id"))
    context = {"rows": rows, "saved": SavedReport.objects.order_by("name")}
    return render(request, "reports/overview.html", context)


@staff_member_required
def filter_posts(request: HttpRequest) -> HttpResponse:
    """Posts for which a condition such as `votes > 10` holds."""
    condition = request.GET.get("condition", "True")
    titles = []
    for post in Post.objects.all():
        if eval(condition, {"votes": post.votes, "title": post.title}):  # expect: code-injection
            titles.append(post.title)
    return JsonResponse({"titles": titles})


@staff_member_required
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Take over a report that was saved on another server."""
    saved = pickle.loads(request.body)  # expect: unsafe-deserialization
    SavedReport.objects.update_or_create(name=saved["name"], defaults={"rows": saved["rows"]})
    return redirect("reports:overview")


@staff_member_required
@require_POST
def layout(request: HttpRequest) -> HttpResponse:
    """Check a layout file and keep it."""
    columns = yaml.unsafe_load(request.POST["layout"])  # expect: unsafe-yaml-load
    settings.REPORTS_ROOT.mkdir(parents=True, exist_ok=True)
    path = tempfile.mktemp(dir=settings.REPORTS_ROOT)  # expect: insecure-temporary-file
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(columns, file)
    return JsonResponse({"columns": columns})


@staff_member_required
@require_POST
def import_posts(request: HttpRequest) -> HttpResponse:
    """Take over posts from another site: `<posts><post title="…">text</post></posts>`."""
    root = etree.fromstring(request.body, etree.XMLParser(resolve_entities=True))  # expect: xml-external-entities
    for element in root.iter("post"):
        Post.objects.create(author=request.user, title=element.get("title"), body=element.text or "")
    return redirect("blog:index")
