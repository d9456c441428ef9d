"""The application and its development server."""

from contextlib import asynccontextmanager
from html import escape

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from .database import create_tables
from .rendering import render
from .routers import accounts, jobs, reports, uploads, webhooks


@asynccontextmanager
async def lifespan(_app: FastAPI):
    create_tables()
    yield


app = FastAPI(title="Job service", lifespan=lifespan)
app.include_router(accounts.router)
app.include_router(jobs.router)
app.include_router(uploads.router)
app.include_router(webhooks.router)
app.include_router(reports.router)


@app.get("/", response_class=HTMLResponse)
def index():
    return render("index.html", title="Job service")


@app.get("/hello")
def hello(request: Request):
    """Greets the caller; the load balancer looks at it."""
    return HTMLResponse(f"<h1>Hello {escape(request.query_params.get('name', 'you'))}</h1>")


def main() -> None:
    uvicorn.run(app, host="127.0.0.1", port=8080)


if __name__ == "__main__":
    main()
