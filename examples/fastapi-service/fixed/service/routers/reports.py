"""Reports: figures as a page, layouts as YAML."""

import yaml
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..database import Account, Job, get_session
from ..queries import jobs_per
from ..rendering import render
from ..security import current_account

router = APIRouter(prefix="/reports", tags=["reports"])

layouts: dict[int, dict] = {}


@router.get("/", response_class=HTMLResponse)
def overview(request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    rows = jobs_per(session, request.query_params.get("by", "state"))
    jobs = session.scalars(select(Job).where(Job.owner_id == account.id).order_by(Job.id)).all()
    return render("report.html", title="Report", rows=rows, jobs=jobs, layout=layouts.get(account.id, {}))


@router.put("/layout")
async def layout(request: Request, account: Account = Depends(current_account)):
    """Keep the layout with which somebody reads their reports."""
    layouts[account.id] = yaml.safe_load(await request.body()) or {}
    return layouts[account.id]
