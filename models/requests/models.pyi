from requests import Request as Request, PreparedRequest as PreparedRequest, Response as Response
