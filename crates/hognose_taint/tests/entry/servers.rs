use crate::entry_points;

#[test]
fn aiohttp() {
    let found = entry_points(&[(
        "app.py",
        r"from aiohttp import web
routes = web.RouteTableDef()
@routes.get('/hello/{name}')
async def hello(request): ...
async def show(req): ...
async def admin(request): ...
class Items(web.View):
    async def get(self): ...
sub = web.Application()
sub.router.add_post('/x', admin)
app = web.Application()
app.add_routes(routes)
app.add_routes([web.get(r'/n/{number:\d+}', show), web.view('/items', Items)])
app.add_subapp('/admin', sub)
",
    )]);
    assert_eq!(
        found,
        "
aiohttp POST /admin/x app.admin:6 returns Response
aiohttp GET /hello/{name} app.hello:4 returns Response
    path name: NoSlash
aiohttp GET /items app.Items.get:8 returns Response
aiohttp GET /n/{number} app.show:5 returns Response
    path number: Int
app.Items.get:
app.admin: request=object(aiohttp.web.Request)
app.hello: request=object(aiohttp.web.Request)
app.show: req=object(aiohttp.web.Request)
"
    );
}

#[test]
fn tornado() {
    let found = entry_points(&[(
        "app.py",
        r"from tornado.web import Application, RequestHandler, url
from tornado.websocket import WebSocketHandler
class Item(RequestHandler):
    def get(self, item, page=None): ...
    async def post(self, item): ...
class Named(RequestHandler):
    def get(self, slug): ...
class Socket(WebSocketHandler):
    def on_message(self, message): ...
class Unrouted(RequestHandler):
    def get(self, name): ...
handlers = [(r'/item/([0-9]+)', Item), url(r'/n/(?P<slug>[-\w]+)', Named, name='n')]
def make():
    return Application(handlers + [(r'/ws', Socket)])
",
    )]);
    assert_eq!(
        found,
        "
tornado - app.Unrouted.get:11 returns Ignored
tornado GET /item/{0} app.Item.get:4 returns Ignored
    path 0: Int
tornado POST /item/{0} app.Item.post:5 returns Ignored
    path 0: Int
tornado GET /n/{slug} app.Named.get:7 returns Ignored
    path slug: Slug
tornado WS /ws app.Socket.on_message:9 returns Ignored
    body message: Any
app.Item.get: item=remote-input(Int)
app.Item.post: item=remote-input(Int)
app.Named.get: slug=remote-input(Slug)
app.Socket.on_message: message=remote-input(Any)
app.Unrouted.get: name=remote-input(Any)
"
    );
}

#[test]
fn bottle_and_sanic_and_cherrypy() {
    let found = entry_points(&[
        (
            "b.py",
            r"import bottle
from bottle import Bottle, get
app = Bottle()
@app.route('/b/<number:int>', method=['GET', 'POST'])
def one(number): ...
@get('/f/<name:path>')
def two(name): ...
def three(x): ...
bottle.route('/t/<x>', callback=three)
",
        ),
        (
            "s.py",
            r"from sanic import Blueprint, Sanic
from sanic.views import HTTPMethodView
app = Sanic('x')
bp = Blueprint('bp', url_prefix='/bp')
@bp.get('/u/<user>')
async def user(request, user): ...
class Things(HTTPMethodView):
    async def post(self, request, thing): ...
app.add_route(Things.as_view(), '/things/<thing:uuid>')
app.blueprint(bp)
",
        ),
        (
            "c.py",
            r"import cherrypy
class Blog:
    @cherrypy.expose
    def post(self, number): ...
class Root:
    blog = Blog()
    @cherrypy.expose
    def index(self, name='x'): ...
cherrypy.quickstart(Root(), '/app')
",
        ),
    ]);
    assert_eq!(
        found,
        "
bottle GET,POST /b/{number} b.one:5 returns Html
    path number: Int
bottle GET /f/{name} b.two:7 returns Html
    path name: Any
bottle GET /t/{x} b.three:8 returns Html
    path x: NoSlash
cherrypy * /app/ c.Root.index:8 returns Html
    query name?: Any
cherrypy * /app/blog/post c.Blog.post:4 returns Html
    query number: Any
sanic GET /bp/u/{user} s.user:6 returns Response
    path user: NoSlash
sanic POST /things/{thing} s.Things.post:8 returns Response
    path thing: Uuid
b.one: number=remote-input(Int)
b.three: x=remote-input(NoSlash)
b.two: name=remote-input(Any)
c.Blog.post: number=remote-input(Any)
c.Root.index: name=remote-input(Any)
s.Things.post: request=object(sanic.Request) thing=remote-input(Uuid)
s.user: request=object(sanic.Request) user=remote-input(NoSlash)
"
    );
}

#[test]
fn pyramid() {
    let found = entry_points(&[
        (
            "app.py",
            r"from pyramid.config import Configurator
from views import later
with Configurator() as config:
    config.add_route('item', '/items/{item:\d+}')
    config.add_route('later', '/later/{x}')
    config.add_view(later, route_name='later', renderer='json')
    config.scan()
",
        ),
        (
            "views.py",
            r"from pyramid.view import view_config
@view_config(route_name='item', request_method='POST', renderer='item.jinja2')
def item(request): ...
def later(context, request): ...
class Views:
    def __init__(self, request): ...
    @view_config(route_name='nowhere')
    def view(self): ...
",
        ),
    ]);
    assert_eq!(
        found,
        "
pyramid - views.Views.view:8 returns Response
pyramid POST /items/{item} views.item:3 returns Template
    path item: Int
pyramid * /later/{x} views.later:4 returns Json
    path x: NoSlash
views.Views.__init__: request=object(pyramid.request.Request)
views.Views.view:
views.item: request=object(pyramid.request.Request)
views.later: request=object(pyramid.request.Request)
"
    );
}

#[test]
fn falcon() {
    let found = entry_points(&[(
        "app.py",
        r"import falcon
class Item:
    def on_get(self, req, resp, item): ...
    def on_post(self, req, resp, item): ...
class Elsewhere:
    def on_get(self, req, resp): ...
app = falcon.App()
app.add_route('/items/{item:int}', Item())
",
    )]);
    assert_eq!(
        found,
        "
falcon - app.Elsewhere.on_get:6 returns Ignored
falcon GET /items/{item} app.Item.on_get:3 returns Ignored
    path item: Int
falcon POST /items/{item} app.Item.on_post:4 returns Ignored
    path item: Int
app.Elsewhere.on_get: req=object(falcon.Request)
app.Item.on_get: req=object(falcon.Request) item=remote-input(Int)
app.Item.on_post: req=object(falcon.Request) item=remote-input(Int)
"
    );
}

#[test]
fn the_standard_library_and_twisted_and_grpc() {
    let found = entry_points(&[
        (
            "h.py",
            r"from http.server import BaseHTTPRequestHandler
import socketserver
class H(BaseHTTPRequestHandler):
    def do_GET(self): ...
class T(socketserver.StreamRequestHandler):
    def handle(self): ...
def application(environ, start_response): ...
class Middleware:
    async def __call__(self, scope, receive, send): ...
def lambda_handler(event, context): ...
def other(event, context): ...
",
        ),
        (
            "t.py",
            r"from twisted.web.resource import Resource
class Page(Resource):
    def render_GET(self, request): ...
    def getChild(self, name, request): ...
",
        ),
        (
            "g.py",
            r"import grpc
import shop_pb2_grpc
class Shop(shop_pb2_grpc.ShopServicer):
    def Buy(self, request, context): ...
    def _help(self, request, context): ...
",
        ),
    ]);
    assert_eq!(
        found,
        "
asgi - h.Middleware.__call__:9 returns Ignored
    request scope: Any
    request receive: Any
aws-lambda - h.lambda_handler:10 returns Response
    request event: Any
grpc - g.Shop.Buy:4 returns Ignored
    body request: Any
http.server - h.H.do_GET:4 returns Ignored
socketserver - h.T.handle:6 returns Ignored
twisted - t.Page.render_GET:3 returns Html
wsgi - h.application:7 returns Response
    request environ: Any
g.Shop.Buy: request=remote-input(Any)
h.H.do_GET:
h.Middleware.__call__: scope=remote-input(Any) receive=remote-input(Any)
h.T.handle:
h.application: environ=remote-input(Any)
h.lambda_handler: event=remote-input(Any)
t.Page.getChild: name=remote-input(NoSlash) request=object(twisted.web.http.Request)
t.Page.render_GET: request=object(twisted.web.http.Request)
"
    );
}

#[test]
fn starlette() {
    let found = entry_points(&[(
        "app.py",
        r"from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Mount, Route, WebSocketRoute
async def home(request): ...
async def chat(websocket): ...
class User(HTTPEndpoint):
    async def get(self, request): ...
routes = [
    Route('/', home, methods=['GET', 'POST']),
    Mount('/users', routes=[Route('/{name}', User)]),
    WebSocketRoute('/chat', chat),
]
app = Starlette(routes=routes)
",
    )]);
    assert_eq!(
        found,
        "
starlette GET,POST / app.home:4 returns Response
starlette WS /chat app.chat:5 returns Response
starlette GET /users/{name} app.User.get:7 returns Response
    path name: NoSlash
app.User.get: request=object(starlette.requests.Request)
app.chat: websocket=object(starlette.websockets.WebSocket)
app.home: request=object(starlette.requests.Request)
"
    );
}
