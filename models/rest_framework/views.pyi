from django.views.generic import View

from .request import Request

class APIView(View):
    request: Request
