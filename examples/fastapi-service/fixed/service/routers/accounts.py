"""Accounts: registration, login, API tokens."""

import secrets

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..database import Account, get_session
from ..rendering import render
from ..security import (
    SESSION_SECONDS,
    check_password,
    current_account,
    hash_password,
    new_api_token,
    new_signing_key,
    serializer,
    token_hash,
)

router = APIRouter(prefix="/accounts", tags=["accounts"])

PAGES_AFTER_LOGIN = ("/", "/reports/", "/docs")
# Checked when the name is unknown, so that the answer takes as long as for a known one.
NOBODY = hash_password(secrets.token_hex())


@router.post("/register", status_code=201)
def register(
    name: str = Form(), password: str = Form(min_length=12), session: Session = Depends(get_session)
):
    if session.scalar(select(Account).where(Account.name == name)) is not None:
        raise HTTPException(409, "this name is taken")
    account = Account(name=name, password_hash=hash_password(password))
    session.add(account)
    session.commit()
    return {"id": account.id}


@router.get("/login", response_class=HTMLResponse)
def login_page(request: Request):
    return render("login.html", title="Log in", target=request.query_params.get("next", "/"))


@router.post("/login")
async def login(request: Request, session: Session = Depends(get_session)):
    form = await request.form()
    sql = "SELECT id, password_hash FROM accounts WHERE name = :name"
    row = session.execute(text(sql), {"name": form["name"]}).one_or_none()
    if not check_password(str(form["password"]), row.password_hash if row else NOBODY) or row is None:
        raise HTTPException(401, "wrong name or password")
    target = form.get("next", "/")
    if target not in PAGES_AFTER_LOGIN:
        target = "/"
    response = RedirectResponse(target, status_code=303)
    response.set_cookie(
        "session", serializer.dumps(row.id), max_age=SESSION_SECONDS, secure=True, httponly=True, samesite="strict"
    )
    return response


@router.post("/token")
def token(account: Account = Depends(current_account), session: Session = Depends(get_session)):
    fresh = new_api_token()
    account.api_token_hash = token_hash(fresh)
    session.merge(account)
    session.commit()
    return {"token": fresh}


@router.post("/signing-key")
def signing_key(_account: Account = Depends(current_account)):
    return {"private_key": new_signing_key()}
