"""Accounts: registration, login, API tokens."""

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..database import Account, get_session
from ..rendering import render
from ..security import current_account, hash_password, new_api_token, new_signing_key, serializer

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post("/register", status_code=201)
def register(name: str = Form(), password: str = Form(), session: Session = Depends(get_session)):
    if session.scalar(select(Account).where(Account.name == name)) is not None:
        raise HTTPException(409, "this name is taken")
    account = Account(name=name, password_hash=hash_password(password))
    session.add(account)
    session.commit()
    return {"id": account.id}


@router.get("/login", response_class=HTMLResponse)
def login_page(request: Request):
    return render("login.html", title="Log in", target=request.query_params.get("next", "/"))  # expect later: cross-site-scripting


@router.post("/login")
async def login(request: Request, session: Session = Depends(get_session)):
    form = await request.form()
    sql = f"SELECT id FROM accounts WHERE name = '{form['name']}' AND password_hash = :hash"
    account_id = session.execute(text(sql), {"hash": hash_password(form["password"])}).scalar()  # expect: sql-injection
    if account_id is None:
        raise HTTPException(401, "wrong name or password")
    response = RedirectResponse(form.get("next", "/"), status_code=303)  # expect: open-redirect
    response.set_cookie("session", serializer.dumps(account_id))  # expect: insecure-cookie
    return response


@router.post("/token")
def token(account: Account = Depends(current_account), session: Session = Depends(get_session)):
    account.api_token = new_api_token()
    session.merge(account)
    session.commit()
    return {"token": account.api_token}


@router.post("/signing-key")
def signing_key(_account: Account = Depends(current_account)):
    return {"private_key": new_signing_key()}
