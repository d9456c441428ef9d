"""Routes of the blog, which is the front page."""

from django.urls import path

from . import files, views

app_name = "blog"
urlpatterns = [
    path("", views.PostList.as_view(), name="index"),
    path("search/", views.search, name="search"),
    path("by-year/", views.by_year, name="by-year"),
    path("write/", views.write, name="write"),
    path("preview/", views.preview, name="preview"),
    path("leave/", views.leave, name="leave"),
    path("post/<int:pk>/", views.post, name="post"),
    path("post/<int:pk>/vote/", views.vote, name="vote"),
    path("post/<int:pk>/attach/", files.attach, name="attach"),
    path("post/<int:pk>/gallery/", files.gallery, name="gallery"),
    path("files/", files.download, name="download"),
    path("files/kind/", files.kind, name="kind"),
]
