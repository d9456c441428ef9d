"""Webhooks: try one out, and take news from partners."""

from urllib.parse import urlsplit

import httpx
from defusedxml import ElementTree
from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import update
from sqlalchemy.orm import Session

from ..database import Account, Job, get_session
from ..security import current_account, signed_by_partner

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

PARTNER_HOSTS = frozenset({"hooks.partner.example", "test.partner.example"})


@router.post("/try")
async def try_out(request: Request, _account: Account = Depends(current_account)):
    """Send a test event to a partner's address and show the answer."""
    body = await request.json()
    url = body["url"]
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in PARTNER_HOSTS:
        raise HTTPException(422, "not the address of a partner")
    async with httpx.AsyncClient(timeout=5, follow_redirects=False) as client:
        answer = await client.post(url, json={"event": "test"})
    return {"status": answer.status_code, "body": answer.text[:500]}


@router.post("/incoming")
async def incoming(request: Request, session: Session = Depends(get_session)):
    """States from a partner: `<jobs><job id="1" state="done"/></jobs>`."""
    body = await request.body()
    if not signed_by_partner(body, request.headers.get("x-signature", "")):
        raise HTTPException(401, "not signed")
    tree = ElementTree.fromstring(body)
    changed = 0
    for element in tree.iter("job"):
        values = {"state": element.get("state")}
        changed += session.execute(update(Job).where(Job.id == int(element.get("id"))).values(values)).rowcount
    session.commit()
    return {"changed": changed}
