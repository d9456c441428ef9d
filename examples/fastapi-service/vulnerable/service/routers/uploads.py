"""Uploads: single files, archives, downloads."""

import os
import tarfile
import tempfile

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import FileResponse

from ..database import Account
from ..security import current_account
from ..settings import settings
from ..storage import etag, read_upload

router = APIRouter(prefix="/uploads", tags=["uploads"])


@router.post("/", status_code=201)
async def upload(file: UploadFile, _account: Account = Depends(current_account)):
    path = os.path.join(settings.uploads, file.filename)
    content = await file.read()
    with open(path, "wb") as target:  # expect: path-traversal
        target.write(content)
    return {"name": file.filename, "size": len(content)}


@router.post("/archive", status_code=201)
def upload_archive(file: UploadFile, _account: Account = Depends(current_account)):
    """Keep all files of an archive."""
    os.chmod(settings.uploads, 0o777)  # expect: permissive-file-mode
    with tarfile.open(fileobj=file.file) as archive:
        archive.extractall(settings.uploads)  # expect: archive-slip
        return {"names": archive.getnames()}


@router.get("/")
def listing(_account: Account = Depends(current_account)):
    return sorted(path.name for path in settings.uploads.iterdir())


@router.get("/download")
def download(request: Request, _account: Account = Depends(current_account)):
    path = os.path.join(settings.uploads, request.query_params["name"])
    return FileResponse(path)  # expect: path-traversal


@router.get("/text")
def text(request: Request, _account: Account = Depends(current_account)):
    content = read_upload(request.query_params["name"])
    return Response(content, media_type="text/plain", headers={"etag": f'"{etag(content)}"'})


@router.get("/bundle")
def bundle(_account: Account = Depends(current_account)):
    """All uploads in one archive."""
    target = tempfile.mktemp(suffix=".tar.gz")  # expect: insecure-temporary-file
    with tarfile.open(target, "w:gz") as archive:
        archive.add(settings.uploads, arcname="uploads")
    return FileResponse(target, media_type="application/gzip")
