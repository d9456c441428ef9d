"""Uploads: single files, archives, downloads."""

import io
import os
import tarfile

from fastapi import APIRouter, Depends, HTTPException, Request, Response, UploadFile
from fastapi.responses import FileResponse

from ..database import Account
from ..security import current_account
from ..settings import settings
from ..storage import etag, read_upload

router = APIRouter(prefix="/uploads", tags=["uploads"])


@router.post("/", status_code=201)
async def upload(file: UploadFile, _account: Account = Depends(current_account)):
    name = os.path.basename(file.filename or "")
    if name in ("", ".", ".."):
        raise HTTPException(422, "the file has no name")
    content = await file.read()
    with open(settings.uploads / name, "wb") as target:
        target.write(content)
    return {"name": name, "size": len(content)}


@router.post("/archive", status_code=201)
def upload_archive(file: UploadFile, _account: Account = Depends(current_account)):
    """Keep all files of an archive."""
    os.chmod(settings.uploads, 0o700)
    with tarfile.open(fileobj=file.file) as archive:
        archive.extractall(settings.uploads, filter="data")
        return {"names": archive.getnames()}


@router.get("/")
def listing(_account: Account = Depends(current_account)):
    return sorted(path.name for path in settings.uploads.iterdir())


@router.get("/download")
def download(request: Request, _account: Account = Depends(current_account)):
    base = os.path.realpath(settings.uploads)
    path = os.path.realpath(os.path.join(base, request.query_params["name"]))
    if os.path.commonpath([base, path]) != base or not os.path.isfile(path):
        raise HTTPException(404)
    return FileResponse(path)


@router.get("/text")
def text(request: Request, _account: Account = Depends(current_account)):
    content = read_upload(request.query_params["name"])
    if content is None:
        raise HTTPException(404)
    return Response(content, media_type="text/plain", headers={"etag": f'"{etag(content)}"'})


@router.get("/bundle")
def bundle(_account: Account = Depends(current_account)):
    """All uploads in one archive."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        archive.add(settings.uploads, arcname="uploads")
    return Response(target.getvalue(), media_type="application/gzip")
