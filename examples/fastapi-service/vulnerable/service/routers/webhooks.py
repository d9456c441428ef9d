"""Webhooks: try one out, and take news from partners."""

import httpx
from fastapi import APIRouter, Depends, Request
from lxml import etree
from sqlalchemy import update
from sqlalchemy.orm import Session

from ..database import Account, Job, get_session
from ..security import current_account

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/try")
async def try_out(request: Request, _account: Account = Depends(current_account)):
    """Send a test event to an address and show the answer."""
    body = await request.json()
    async with httpx.AsyncClient(timeout=5) as client:
        answer = await client.post(body["url"], json={"event": "test"})  # expect: server-side-request-forgery
    return {"status": answer.status_code, "body": answer.text[:500]}


@router.post("/incoming")
async def incoming(request: Request, session: Session = Depends(get_session)):
    """States from a partner: `<jobs><job id="1" state="done"/></jobs>`."""
    body = await request.body()
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=True))  # expect: xml-external-entities
    changed = 0
    for element in tree.iter("job"):
        values = {"state": element.get("state")}
        changed += session.execute(update(Job).where(Job.id == int(element.get("id"))).values(values)).rowcount
    session.commit()
    return {"changed": changed}
