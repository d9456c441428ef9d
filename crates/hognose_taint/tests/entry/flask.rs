use crate::entry_points;

#[test]
fn decorators_blueprints_and_converters() {
    let found = entry_points(&[
        (
            "shop/__init__.py",
            "from flask import Flask\n\
             from .views import bp\n\
             def create_app():\n\
             \x20   app = Flask(__name__)\n\
             \x20   app.register_blueprint(bp)\n\
             \x20   app.register_blueprint(bp, url_prefix='/old', name='old')\n\
             \x20   @app.route('/health')\n\
             \x20   def health():\n\
             \x20       return 'ok'\n\
             \x20   return app\n",
        ),
        (
            "shop/views.py",
            "from flask import Blueprint\n\
             bp = Blueprint('shop', __name__, url_prefix='/shop')\n\
             @bp.route('/<int:number>/<name>', methods=['GET', 'POST'])\n\
             def item(number, name, extra=None):\n\
             \x20   return name\n\
             @bp.get('/files/<path:name>')\n\
             @bp.get('/by-name/<any(a, b):name>')\n\
             def files(name):\n\
             \x20   return name\n\
             def helper(name): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        "
flask GET /health shop.create_app.health:8 returns Html
flask GET /old/by-name/{name} shop.views.files:8 returns Html
    path name: Choice([\"a\", \"b\"])
flask GET /old/files/{name} shop.views.files:8 returns Html
    path name: Any
flask GET,POST /old/{number}/{name} shop.views.item:4 returns Html
    path number: Int
    path name: NoSlash
flask GET /shop/by-name/{name} shop.views.files:8 returns Html
    path name: Choice([\"a\", \"b\"])
flask GET /shop/files/{name} shop.views.files:8 returns Html
    path name: Any
flask GET,POST /shop/{number}/{name} shop.views.item:4 returns Html
    path number: Int
    path name: NoSlash
shop.create_app.health:
shop.views.files: name=remote-input(Any)
shop.views.item: number=remote-input(Int) name=remote-input(NoSlash)
"
    );
}

#[test]
fn rules_that_are_added_and_views_that_are_classes() {
    let found = entry_points(&[(
        "app.py",
        "from flask import Flask\n\
         from flask.views import MethodView\n\
         class Items(MethodView):\n\
         \x20   def get(self, item): ...\n\
         \x20   def post(self): ...\n\
         def show(user): ...\n\
         app = Flask(__name__)\n\
         app.add_url_rule('/u/<user>', 'user', show)\n\
         app.add_url_rule('/items/<uuid:item>', view_func=Items.as_view('items'))\n\
         def register(app):\n\
         \x20   @app.route('/later/<float:x>')\n\
         \x20   def later(x): ...\n",
    )]);
    assert_eq!(
        found,
        "
flask GET /items/{item} app.Items.get:4 returns Html
    path item: Uuid
flask POST /items/{item} app.Items.post:5 returns Html
    path item: Uuid
flask GET /later/{x} app.register.later:12 returns Html
    path x: Float
flask GET /u/{user} app.show:6 returns Html
    path user: NoSlash
app.Items.get: item=remote-input(Uuid)
app.Items.post:
app.register.later: x=remote-input(Float)
app.show: user=remote-input(NoSlash)
"
    );
}

#[test]
fn extensions_with_resources() {
    let found = entry_points(&[
        (
            "app.py",
            r"from flask import Flask
from flask_restful import Api, Resource
from users import ns
class Item(Resource):
    def get(self, item): ...
app = Flask(__name__)
api = Api(app, prefix='/v1')
api.add_resource(Item, '/items/<int:item>', '/old/<int:item>')
api.add_namespace(ns)
",
        ),
        (
            "users.py",
            r"from flask_restx import Namespace, Resource
ns = Namespace('users')
@ns.route('/<name>')
class User(Resource):
    def get(self, name): ...
",
        ),
    ]);
    assert_eq!(
        found,
        "
flask GET /v1/items/{item} app.Item.get:5 returns Json
    path item: Int
flask GET /v1/old/{item} app.Item.get:5 returns Json
    path item: Int
flask GET /v1/users/{name} users.User.get:5 returns Json
    path name: NoSlash
app.Item.get: item=remote-input(Int)
users.User.get: name=remote-input(NoSlash)
"
    );
}
