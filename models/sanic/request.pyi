from sanic import Request as Request
