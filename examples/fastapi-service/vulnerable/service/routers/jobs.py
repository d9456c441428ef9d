"""Jobs: create, list, run, and look at their logs."""

import asyncio
import os
import pickle

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..database import Account, Job, SessionLocal, get_session
from ..delivery import announce
from ..security import current_account
from ..settings import settings

router = APIRouter(prefix="/jobs", tags=["jobs"])

LIST_COLUMNS = "id, kind, title, state, priority"
CONVERSIONS = {"upper": str.upper, "lower": str.lower, "title": str.title}


class NewJob(BaseModel):
    """What a client sends to create a job."""

    kind: str = Field(pattern="^[a-z]+$")
    title: str
    priority: int = 0


def run_job(job_id: int) -> None:
    """Run one job in the background, then tell the partner."""
    with SessionLocal() as session:
        job = session.get(Job, job_id)
        if job is None:
            return
        convert = CONVERSIONS.get(job.kind)
        job.result = convert(job.title) if convert else None
        job.state = "done" if convert else "failed"
        session.commit()
        announce(job)


@router.post("/", status_code=201)
def create(
    new: NewJob,
    tasks: BackgroundTasks,
    account: Account = Depends(current_account),
    session: Session = Depends(get_session),
):
    job = Job(owner_id=account.id, kind=new.kind, title=new.title, priority=new.priority)
    session.add(job)
    session.commit()
    tasks.add_task(run_job, job.id)
    return {"id": job.id}


@router.get("/")
def listing(request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    state = request.query_params.get("state", "%")
    order = request.query_params.get("order", "id")
    sql = text(f"SELECT {LIST_COLUMNS} FROM jobs WHERE owner_id = :owner AND state LIKE :state ORDER BY {order}")  # expect: sql-injection
    rows = session.execute(sql, {"owner": account.id, "state": state})
    return [dict(row) for row in rows.mappings()]


@router.post("/import")
async def import_jobs(
    request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)
):
    """Take over the queue of another instance of the service."""
    queue = pickle.loads(await request.body())  # expect: unsafe-deserialization
    for entry in queue:
        session.add(Job(owner_id=account.id, kind=entry["kind"], title=entry["title"]))
    session.commit()
    return {"imported": len(queue)}


@router.post("/priorities")
async def priorities(
    request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)
):
    """Set the priority of one's jobs by a formula such as `priority + 1`."""
    body = await request.json()
    jobs = session.scalars(select(Job).where(Job.owner_id == account.id)).all()
    for job in jobs:
        job.priority = int(eval(body["formula"], {"priority": job.priority, "id": job.id}))  # expect: code-injection
    session.commit()
    return {"changed": len(jobs)}


@router.get("/log")
def log(request: Request, _account: Account = Depends(current_account)):
    """Lines of the log that contain a word."""
    word = request.query_params.get("word", "")
    with os.popen(f"grep -i '{word}' {settings.data_dir}/service.log") as lines:  # expect: command-injection
        return {"lines": lines.read().splitlines()}


@router.get("/count")
async def count(request: Request, _account: Account = Depends(current_account)):
    """Words in an upload."""
    name = request.query_params.get("file", "")
    process = await asyncio.create_subprocess_shell(f"wc -w < {settings.uploads}/{name}", stdout=asyncio.subprocess.PIPE)  # expect: command-injection
    output, _ = await process.communicate()
    return {"file": name, "words": output.decode().strip()}


@router.get("/{job_id}")
def show(job_id: int, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    job = session.get(Job, job_id)
    if job is None or job.owner_id != account.id:
        raise HTTPException(404)
    return {"id": job.id, "state": job.state, "result": job.result}
