use crate::entry_points;

#[test]
fn annotations_defaults_and_dependencies() {
    let found = entry_points(&[
        (
            "main.py",
            "from fastapi import FastAPI, Request, Depends, Query, Header, UploadFile\n\
             from fastapi.responses import HTMLResponse\n\
             from api.items import router\n\
             app = FastAPI()\n\
             app.include_router(router, prefix='/v1')\n\
             @app.get('/page/{name}', response_class=HTMLResponse)\n\
             async def page(request: Request, name: str, q: str | None = None, token: str = Header()):\n\
             \x20   return name\n\
             @app.post('/upload')\n\
             def upload(file: UploadFile, note: str = Query('', pattern='^[a-z]+$')): ...\n\
             @app.websocket('/ws/{room:path}')\n\
             async def socket(ws, room: str): ...\n",
        ),
        (
            "api/items.py",
            "from enum import Enum\n\
             from typing import Annotated, Literal\n\
             from uuid import UUID\n\
             from fastapi import APIRouter, Depends, Path\n\
             from pydantic import BaseModel, Field\n\
             router = APIRouter(prefix='/items')\n\
             class Colour(str, Enum):\n\
             \x20   RED = 'red'\n\
             \x20   BLUE = 'blue'\n\
             class Owner(BaseModel):\n\
             \x20   name: str\n\
             class Item(BaseModel):\n\
             \x20   title: str\n\
             \x20   count: int\n\
             \x20   code: str = Field(pattern=r'^\\d+$')\n\
             \x20   owner: Owner\n\
             class Filter:\n\
             \x20   def __init__(self, word: str = ''): ...\n\
             def page(skip: int = 0, sort: str = 'name'): return sort\n\
             Page = Annotated[str, Depends(page)]\n\
             @router.get('/{item}')\n\
             def read(item: UUID, colour: Colour, order: Literal['a', 'b'] = 'a', paging=Depends(page), f: Filter = Depends()): ...\n\
             @router.put('/{item}')\n\
             def write(item: Annotated[str, Path(regex='^[^/]+$')], body: Item, p: Page): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        "
fastapi GET /page/{name} main.page:7 returns Html
    path name: NoSlash
    query q?: Any
    header token: Any
fastapi POST /upload main.upload:10 returns Json
    file file: Any
    query note?: Pattern(\"[a-z]+\")
fastapi GET /v1/items/{item} items.read:22 returns Json
    path item: Uuid
    query colour: Choice([\"blue\", \"red\"])
    query order?: Choice([\"a\", \"b\"])
    query skip?: Int
    query sort?: Any
    query word?: Any
fastapi PUT /v1/items/{item} items.write:24 returns Json
    path item: NoSlash
    body title: Any
    body count: Int
    body code?: Int
    body owner: Any
    query skip?: Int
    query sort?: Any
fastapi WS /ws/{room} main.socket:12 returns Json
    path room: Any
    query ws: Any
items.Filter.__init__: word=remote-input(Any)
items.page: skip=remote-input(Int) sort=remote-input(Any)
items.read: item=remote-input(Uuid) colour=remote-input(Choice([\"blue\", \"red\"])) order=remote-input(Choice([\"a\", \"b\"])) paging=result(items.page) f=object(items.Filter)
items.write: item=remote-input(NoSlash) body=fields(items.Item) p=result(items.page)
main.page: request=object(starlette.requests.Request) name=remote-input(NoSlash) q=remote-input(Any) token=remote-input(Any)
main.socket: ws=remote-input(Any) room=remote-input(Any)
main.upload: file=object(fastapi.UploadFile) note=remote-input(Pattern(\"[a-z]+\"))
items.Owner: name=Any
items.Item: code=Int count=Int owner=Any title=Any
"
    );
}
