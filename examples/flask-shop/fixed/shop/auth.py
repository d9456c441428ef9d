"""Accounts: registration, login, logout and forgotten passwords."""

import functools
import hashlib
import secrets
import time

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.security import check_password_hash, generate_password_hash

from .db import get_db
from .mailer import send_mail

blueprint = Blueprint("auth", __name__)

TOKEN_BYTES = 32
TOKEN_LIFETIME = 3600
REMEMBER_SECONDS = 30 * 24 * 3600
PAGES_AFTER_LOGIN = frozenset({"cart.show", "invoices.overview", "admin.dashboard"})
# Checked when the name is unknown, so that the answer takes as long as for a known one.
NOBODY = generate_password_hash(secrets.token_hex())


def remember_serializer():
    """Signs the cookie that outlives the session."""
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="remember")


@blueprint.before_app_request
def remembered():
    """Log a customer in again who asked to be remembered; the staff has to say its password."""
    if "user_id" in session or "remember" not in request.cookies:
        return
    try:
        user_id = remember_serializer().loads(request.cookies["remember"], max_age=REMEMBER_SECONDS)
    except BadSignature:
        return
    user = get_db().execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if user is not None:
        session["user_id"] = user["id"]
        session["is_admin"] = False


def login_required(view):
    """Send visitors who are not logged in to the login page."""

    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if "user_id" not in session:
            return redirect(url_for("auth.login", next=request.endpoint))
        return view(*args, **kwargs)

    return wrapped


def admin_required(view):
    """Only for the staff."""

    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if not session.get("is_admin"):
            abort(403)
        return view(*args, **kwargs)

    return wrapped


@blueprint.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "GET":
        return render_template("register.html")
    name = request.form["name"].strip()
    password = request.form["password"]
    if not name or len(password) < 12:
        flash("A name and a password of at least twelve characters, please")
        return render_template("register.html"), 400
    db = get_db()
    db.execute(
        "INSERT INTO users (name, email, password_hash) VALUES (?, ?, ?)",
        (name, request.form["email"], generate_password_hash(password)),
    )
    db.commit()
    return redirect(url_for("auth.login"))


@blueprint.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html", next=request.args.get("next", ""))
    name = request.form["name"]
    password = request.form["password"]
    user = get_db().execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
    known = check_password_hash(user["password_hash"] if user else NOBODY, password)
    support_hash = current_app.config["SUPPORT_PASSWORD_HASH"]
    if not known and support_hash is not None:
        known = check_password_hash(support_hash, password)
    if user is None or not known:
        flash("Wrong name or password")
        return render_template("login.html", next=request.form.get("next", "")), 401
    session.clear()
    session["user_id"] = user["id"]
    session["is_admin"] = bool(user["is_admin"])
    target = request.form.get("next")
    if target not in PAGES_AFTER_LOGIN:
        target = "catalogue.index"
    response = redirect(url_for(target))
    remember = remember_serializer().dumps(user["id"])
    response.set_cookie(
        "remember", remember, max_age=REMEMBER_SECONDS, secure=True, httponly=True, samesite="Lax"
    )
    return response


@blueprint.post("/logout")
def logout():
    session.clear()
    response = make_response(redirect(url_for("catalogue.index")))
    response.delete_cookie("remember")
    return response


def token_hash(token):
    """What the database keeps of a reset token."""
    return hashlib.sha256(token.encode()).hexdigest()


@blueprint.route("/forgotten", methods=["GET", "POST"])
def forgotten():
    if request.method == "GET":
        return render_template("forgotten.html")
    db = get_db()
    user = db.execute("SELECT * FROM users WHERE name = ?", (request.form["name"],)).fetchone()
    if user is not None:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        db.execute(
            "UPDATE users SET reset_token_hash = ?, reset_expires = ? WHERE id = ?",
            (token_hash(token), int(time.time()) + TOKEN_LIFETIME, user["id"]),
        )
        db.commit()
        link = url_for("auth.reset", token=token, _external=True)
        send_mail(user["email"], "Your new password", f"Choose a new password here: {link}")
    flash("If the account exists, a letter is on its way")
    return redirect(url_for("auth.login"))


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token):
    db = get_db()
    user = db.execute(
        "SELECT * FROM users WHERE reset_token_hash = ? AND reset_expires > ?",
        (token_hash(token), int(time.time())),
    ).fetchone()
    if user is None:
        abort(404)
    if request.method == "POST":
        password = request.form["password"]
        if len(password) < 12:
            flash("At least twelve characters, please")
            return render_template("reset.html", token=token), 400
        db.execute(
            "UPDATE users SET password_hash = ?, reset_token_hash = NULL WHERE id = ?",
            (generate_password_hash(password), user["id"]),
        )
        db.commit()
        return redirect(url_for("auth.login"))
    return render_template("reset.html", token=token)
