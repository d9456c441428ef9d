"""Routes below /accounts/."""

from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("register/", views.register, name="register"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("forgotten/", views.forgotten, name="forgotten"),
    path("reset/<int:pk>/<str:token>/", views.reset, name="reset"),
    path("avatar/", views.avatar, name="avatar"),
    path("feed/", views.feed_access, name="feed"),
    path("export/", views.export, name="export"),
    path("<str:username>/", views.profile, name="profile"),
]
