"""Routes below /reports/, for moderators."""

from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("filter/", views.filter_posts, name="filter"),
    path("restore/", views.restore, name="restore"),
    path("layout/", views.layout, name="layout"),
    path("import/", views.import_posts, name="import"),
]
