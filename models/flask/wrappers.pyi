from flask import Request as Request, Response as Response
