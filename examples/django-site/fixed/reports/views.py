"""Reports for moderators."""

import json
import operator
import re
import tempfile

import yaml
from defusedxml import ElementTree
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from blog.models import Post

from .models import SavedReport
from .queries import posts_per

CONDITION = re.compile(r"votes\s*(<|>|==)\s*(\d{1,9})")
COMPARE = {"<": operator.lt, ">": operator.gt, "==": operator.eq}


@staff_member_required
def overview(request: HttpRequest) -> HttpResponse:
    rows = posts_per(request.GET.get("by", "author"))
    context = {"rows": rows, "saved": SavedReport.objects.order_by("name")}
    return render(request, "reports/overview.html", context)


@staff_member_required
def filter_posts(request: HttpRequest) -> HttpResponse:
    """Posts for which a condition such as `votes > 10` holds."""
    condition = CONDITION.fullmatch(request.GET.get("condition", "votes > 0"))
    if condition is None:
        return HttpResponseBadRequest("not a condition")
    compare, number = COMPARE[condition[1]], int(condition[2])
    titles = [post.title for post in Post.objects.all() if compare(post.votes, number)]
    return JsonResponse({"titles": titles})


@staff_member_required
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Take over a report that was saved on another server."""
    saved = json.loads(request.body)
    SavedReport.objects.update_or_create(name=saved["name"], defaults={"rows": saved["rows"]})
    return redirect("reports:overview")


@staff_member_required
@require_POST
def layout(request: HttpRequest) -> HttpResponse:
    """Check a layout file and keep it."""
    columns = yaml.safe_load(request.POST["layout"])
    settings.REPORTS_ROOT.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=settings.REPORTS_ROOT, delete=False, encoding="utf-8") as file:
        yaml.safe_dump(columns, file)
    return JsonResponse({"columns": columns})


@staff_member_required
@require_POST
def import_posts(request: HttpRequest) -> HttpResponse:
    """Take over posts from another site: `<posts><post title="…">text</post></posts>`."""
    root = ElementTree.fromstring(request.body)
    for element in root.iter("post"):
        Post.objects.create(author=request.user, title=element.get("title"), body=element.text or "")
    return redirect("blog:index")
