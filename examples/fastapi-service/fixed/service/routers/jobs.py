"""Jobs: create, list, run, and look at their logs."""

import asyncio
import subprocess

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..database import Account, Job, SessionLocal, get_session
from ..delivery import announce
from ..security import current_account
from ..settings import settings

router = APIRouter(prefix="/jobs", tags=["jobs"])

LIST_COLUMNS = "id, kind, title, state, priority"
ORDERS = {"id": "id", "priority": "priority DESC, id", "title": "title"}
CONVERSIONS = {"upper": str.upper, "lower": str.lower, "title": str.title}


class NewJob(BaseModel):
    """What a client sends to create a job."""

    kind: str = Field(pattern="^[a-z]+$")
    title: str
    priority: int = 0


QUEUE = TypeAdapter(list[NewJob])


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
    order = ORDERS.get(request.query_params.get("order", "id"), "id")
    sql = text(f"SELECT {LIST_COLUMNS} FROM jobs WHERE owner_id = :owner AND state LIKE :state ORDER BY {order}")
    rows = session.execute(sql, {"owner": account.id, "state": state})
    return [dict(row) for row in rows.mappings()]


@router.post("/import")
async def import_jobs(
    request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)
):
    """Take over the queue of another instance of the service."""
    try:
        queue = QUEUE.validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422, "not a queue") from error
    for entry in queue:
        session.add(Job(owner_id=account.id, kind=entry.kind, title=entry.title))
    session.commit()
    return {"imported": len(queue)}


@router.post("/priorities")
async def priorities(
    request: Request, account: Account = Depends(current_account), session: Session = Depends(get_session)
):
    """Raise or lower the priority of one's jobs."""
    body = await request.json()
    jobs = session.scalars(select(Job).where(Job.owner_id == account.id)).all()
    for job in jobs:
        job.priority = job.priority + int(body["change"])
    session.commit()
    return {"changed": len(jobs)}


@router.get("/log")
def log(request: Request, _account: Account = Depends(current_account)):
    """Lines of the log that contain a word."""
    word = request.query_params.get("word", "")
    command = ["grep", "-i", "-F", "-e", word, str(settings.data_dir / "service.log")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return {"lines": answer.stdout.splitlines()}


@router.get("/count")
async def count(request: Request, _account: Account = Depends(current_account)):
    """Words in an upload."""
    base = settings.uploads.resolve()
    path = (base / request.query_params.get("file", "")).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        raise HTTPException(404)
    process = await asyncio.create_subprocess_exec("wc", "-w", str(path), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return {"file": path.name, "words": output.decode().split()[0]}


@router.get("/{job_id}")
def show(job_id: int, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    job = session.get(Job, job_id)
    if job is None or job.owner_id != account.id:
        raise HTTPException(404)
    return {"id": job.id, "state": job.state, "result": job.result}
