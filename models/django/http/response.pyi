from typing import Any

from django.http import FileResponse as FileResponse, Http404 as Http404, HttpResponse as HttpResponse, HttpResponseBase as HttpResponseBase, HttpResponsePermanentRedirect as HttpResponsePermanentRedirect, HttpResponseRedirect as HttpResponseRedirect, JsonResponse as JsonResponse, StreamingHttpResponse as StreamingHttpResponse

class ResponseHeaders:
    def __setitem__(self, key: Any, value: Sink["http-header"]) -> None: ...
    def setdefault(self, key: Any, value: Sink["http-header"]) -> None: ...
