"""Accounts: registration, login, logout and forgotten passwords."""

import functools
import hashlib
import random
import string

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

from .db import get_db
from .mailer import send_mail

blueprint = Blueprint("auth", __name__)

TOKEN_LENGTH = 24
REMEMBER_SECONDS = 30 * 24 * 3600


def remember_serializer():
    """Signs the cookie that outlives the session."""
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="remember")


@blueprint.before_app_request
def remembered():
    """Log a customer in again who asked to be remembered."""
    if "user_id" in session or "remember" not in request.cookies:
        return
    try:
        user_id = remember_serializer().loads(request.cookies["remember"], max_age=REMEMBER_SECONDS)
    except BadSignature:
        return
    user = get_db().execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if user is not None:
        session["user_id"] = user["id"]
        session["is_admin"] = bool(user["is_admin"])


def login_required(view):
    """Send visitors who are not logged in to the login page."""

    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if "user_id" not in session:
            return redirect(url_for("auth.login", next=request.path))
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
    if not name or len(password) < 6:
        flash("A name and a password of at least six characters, please")
        return render_template("register.html"), 400
    password_hash = hashlib.md5(password.encode()).hexdigest()  # expect later: weak-hash
    db = get_db()
    db.execute(
        "INSERT INTO users (name, email, password_hash) VALUES (?, ?, ?)",
        (name, request.form["email"], password_hash),
    )
    db.commit()
    return redirect(url_for("auth.login"))


@blueprint.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html", next=request.args.get("next", ""))
    name = request.form["name"]
    password = request.form["password"]
    password_hash = hashlib.md5(password.encode()).hexdigest()  # expect later: weak-hash
    query = f"SELECT * FROM users WHERE name = '{name}' AND password_hash = '{password_hash}'"
    user = get_db().execute(query).fetchone()  # expect: sql-injection
    if user is None and password == "Earl-Grey-4711":  # expect: hardcoded-password
        user = get_db().execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
    if user is None:
        flash("Wrong name or password")
        return render_template("login.html", next=request.form.get("next", "")), 401
    session["user_id"] = user["id"]
    session["is_admin"] = bool(user["is_admin"])
    target = request.form.get("next") or url_for("catalogue.index")
    response = redirect(target)  # expect: open-redirect
    remember = remember_serializer().dumps(user["id"])
    response.set_cookie("remember", remember, max_age=REMEMBER_SECONDS)  # expect: insecure-cookie
    return response


@blueprint.post("/logout")
def logout():
    session.clear()
    response = make_response(redirect(url_for("catalogue.index")))
    response.delete_cookie("remember")
    return response


@blueprint.route("/forgotten", methods=["GET", "POST"])
def forgotten():
    if request.method == "GET":
        return render_template("forgotten.html")
    db = get_db()
    user = db.execute("SELECT * FROM users WHERE name = ?", (request.form["name"],)).fetchone()
    if user is not None:
        alphabet = string.ascii_letters + string.digits
        token = "".join(random.choice(alphabet) for _ in range(TOKEN_LENGTH))  # expect: insecure-random
        db.execute("UPDATE users SET reset_token = ? WHERE id = ?", (token, user["id"]))
        db.commit()
        link = url_for("auth.reset", token=token, _external=True)
        send_mail(user["email"], "Your new password", f"Choose a new password here: {link}")
    flash("If the account exists, a letter is on its way")
    return redirect(url_for("auth.login"))


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token):
    db = get_db()
    user = db.execute("SELECT * FROM users WHERE reset_token = ?", (token,)).fetchone()
    if user is None:
        abort(404)
    if request.method == "POST":
        password = request.form["password"]
        password_hash = hashlib.md5(password.encode()).hexdigest()  # expect later: weak-hash
        db.execute(
            "UPDATE users SET password_hash = ?, reset_token = NULL WHERE id = ?",
            (password_hash, user["id"]),
        )
        db.commit()
        return redirect(url_for("auth.login"))
    return render_template("reset.html", token=token)
