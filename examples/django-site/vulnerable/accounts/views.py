"""Registration, login, forgotten passwords, profiles and avatars."""

import hashlib
import random
import ssl
import urllib.request

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .exports import run_in, write_posts
from .models import Profile

User = get_user_model()


def register(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        user = User.objects.create_user(
            request.POST["username"], request.POST["email"], password=request.POST["password"]
        )
        Profile.objects.create(user=user)
        return redirect("accounts:login")
    return render(request, "accounts/register.html")


def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
        if user is not None:
            login(request, user)
            target = request.GET.get("next", reverse("blog:index"))
            response = HttpResponseRedirect(target)  # expect: open-redirect
            response.set_cookie("login_name", user.get_username(), max_age=86400 * 90)  # expect: insecure-cookie
            return response
        messages.error(request, "Wrong name or password")
    return render(request, "accounts/login.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("blog:index")


def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail a token with which a new password can be set."""
    if request.method == "POST":
        found = Profile.objects.filter(user__username=request.POST["username"]).first()
        if found is not None:
            reset_token = "%016x" % random.getrandbits(64)  # expect: insecure-random
            found.reset_token = reset_token
            found.save()
            link = request.build_absolute_uri(reverse("accounts:reset"))
            send_mail("New password", f"{link}?token={reset_token}", None, [found.user.email])
        messages.info(request, "If the account exists, a letter is on its way")
        return redirect("accounts:login")
    return render(request, "accounts/forgotten.html")


@csrf_exempt  # expect: csrf-exempt
def reset(request: HttpRequest) -> HttpResponse:
    token = request.GET.get("token")
    if not token:
        raise Http404("no token")
    found = get_object_or_404(Profile, reset_token=token)
    if request.method == "POST":
        found.user.set_password(request.POST["password"])
        found.user.save()
        found.reset_token = ""
        found.save()
        return redirect("accounts:login")
    return render(request, "accounts/reset.html", {"token": token})


def profile(request: HttpRequest, username: str) -> HttpResponse:
    shown = get_object_or_404(Profile, user__username=username)
    if request.method == "POST" and request.user == shown.user:
        shown.about = request.POST["about"]
        website = request.POST["website"]
        shown.website = website if website.startswith(("https://", "http://")) else ""
        shown.save()
        preview = mark_safe("<p>" + request.POST["about"] + "</p>")  # expect: unescaped-markup, cross-site-scripting
        return render(request, "accounts/profile.html", {"profile": shown, "preview": preview})
    return render(request, "accounts/profile.html", {"profile": shown})


@login_required
@require_POST
def avatar(request: HttpRequest) -> HttpResponse:
    """Take a member's picture from an address on the web."""
    context = ssl._create_unverified_context()  # expect: unverified-tls-context
    with urllib.request.urlopen(request.POST["url"], timeout=5, context=context) as answer:  # expect: server-side-request-forgery
        picture = answer.read(1_000_000)
    folder = settings.MEDIA_ROOT / "avatars"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{request.user.pk}.img").write_bytes(picture)
    Profile.objects.filter(user=request.user).update(avatar=f"{request.user.pk}.img")
    return redirect("accounts:profile", username=request.user.get_username())


@login_required
@require_POST
def feed_access(request: HttpRequest) -> HttpResponse:
    """Set the password with which feed readers log in."""
    password = request.POST["password"]
    feed_hash = hashlib.sha1(password.encode()).hexdigest()  # expect later: weak-hash
    Profile.objects.filter(user=request.user).update(feed_hash=feed_hash)
    return redirect("accounts:profile", username=request.user.get_username())


@login_required
def export(request: HttpRequest) -> HttpResponse:
    label = request.GET.get("label", "posts")
    folder = write_posts(request.user)
    run_in(folder, f"tar -czf posts.tar.gz --label={label} posts.json")
    return FileResponse((folder / "posts.tar.gz").open("rb"), as_attachment=True)
