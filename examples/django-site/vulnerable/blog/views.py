"""Reading, searching, writing and voting."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.generic import ListView

from .models import Comment, Post


class PostList(ListView):
    """The newest posts."""

    queryset = Post.objects.select_related("author")
    paginate_by = 20
    template_name = "blog/index.html"


def search(request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "")
    posts = list(Post.objects.raw(f"SELECT * FROM blog_post WHERE title LIKE '%%{term}%%'"))  # expect: sql-injection
    heading = format_html("{} posts about <em>{}</em>", len(posts), term)
    return render(request, "blog/search.html", {"posts": posts, "heading": heading})


def by_year(request: HttpRequest) -> HttpResponse:
    year = request.GET.get("year", "2024")
    posts = Post.objects.extra(where=["strftime('%%Y', created) = '" + year + "'"])  # expect: sql-injection
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM blog_comment WHERE strftime('%%Y', created) = '%s'" % year)  # expect: sql-injection
        comments = cursor.fetchone()[0]
    heading = f"{year}: {comments} comments"
    return render(request, "blog/search.html", {"posts": posts, "heading": heading})


def post(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Post, pk=pk)
    if request.method == "POST":
        Comment.objects.create(post=shown, name=request.POST["name"], body=request.POST["body"])
        return redirect(shown)
    return render(request, "blog/post.html", {"post": shown})


@login_required
def write(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        written = Post.objects.create(
            author=request.user, title=request.POST["title"], body=request.POST["body"]
        )
        return redirect(written)
    return render(request, "blog/write.html")


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """How a post will look."""
    return HttpResponse("<article>" + request.POST.get("body", "") + "</article>")  # expect: cross-site-scripting


@csrf_exempt  # expect: csrf-exempt
@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    Post.objects.filter(pk=pk).update(votes=F("votes") + 1)
    return JsonResponse({"votes": get_object_or_404(Post, pk=pk).votes})


def leave(request: HttpRequest) -> HttpResponse:
    """Count the click, then go to the address that a post links to."""
    return redirect(request.GET["to"])  # expect: open-redirect
