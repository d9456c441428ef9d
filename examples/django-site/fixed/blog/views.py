"""Reading, searching, writing and voting."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.generic import ListView

from .models import Comment, Post

COMMENTS = "blog_comment"
FRIENDS = {"seeds.example", "weather.example"}


class PostList(ListView):
    """The newest posts."""

    queryset = Post.objects.select_related("author")
    paginate_by = 20
    template_name = "blog/index.html"


def search(request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "")
    posts = list(Post.objects.raw("SELECT * FROM blog_post WHERE title LIKE %s", [f"%{term}%"]))
    heading = format_html("{} posts about <em>{}</em>", len(posts), term)
    return render(request, "blog/search.html", {"posts": posts, "heading": heading})


def by_year(request: HttpRequest) -> HttpResponse:
    try:
        year = int(request.GET.get("year", "2024"))
    except ValueError as error:
        raise Http404("not a year") from error
    posts = Post.objects.filter(created__year=year)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {COMMENTS} WHERE strftime('%%Y', created) = %s", [str(year)])
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
    return HttpResponse("<article>" + escape(request.POST.get("body", "")) + "</article>")


@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    Post.objects.filter(pk=pk).update(votes=F("votes") + 1)
    return JsonResponse({"votes": get_object_or_404(Post, pk=pk).votes})


def leave(request: HttpRequest) -> HttpResponse:
    """Count the click, then go to the friendly site that a post links to."""
    target = request.GET["to"]
    if url_has_allowed_host_and_scheme(target, allowed_hosts=FRIENDS, require_https=True):
        return HttpResponseRedirect(target)
    return redirect("blog:index")
