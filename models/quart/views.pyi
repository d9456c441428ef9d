from flask.views import View as View, MethodView as MethodView
