"""The request list's application in Django, in one file."""
import time

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path

from answers import broken, echo, header_list, paced, pieces, read

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for a test",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    LOGGING_CONFIG=None,
)


def show(request, rest=""):
    text = echo(
        request.method, request.path, request.META["QUERY_STRING"], header_list(request.META), read(request)
    )
    return HttpResponse(text, content_type="application/json", headers={"Content-Length": str(len(text.encode()))})


def stream(chunks, kind, headers=None):
    answer = StreamingHttpResponse(chunks, content_type=kind)
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def send_bytes(request, length):
    return stream(pieces(length), "application/octet-stream", {"Content-Length": str(length)})


def send_unknown(request, length):
    return stream(pieces(length), "application/octet-stream")


def send_paced(request):
    return stream(paced(), "text/plain", {"X-Accel-Buffering": "no"})


def send_broken(request):
    return stream(broken(), "text/plain", {"Content-Length": "1000"})


def answer_slowly(request):
    time.sleep(5)
    return HttpResponse("at last")


def send_status(request, status):
    return HttpResponse("" if status in (204, 304) else "the body", status=status, content_type="text/plain")


def send_cookies(request):
    answer = HttpResponse("cookies")
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2", httponly=True)
    return answer


def send_redirect(request):
    return HttpResponseRedirect("/echo/landed?by=redirect")


urlpatterns = [
    path("echo", show),
    path("echo/<path:rest>", show),
    path("bytes/<int:length>", send_bytes),
    path("unknown-length/<int:length>", send_unknown),
    path("paced", send_paced),
    path("broken", send_broken),
    path("slow", answer_slowly),
    path("status/<int:status>", send_status),
    path("cookies", send_cookies),
    path("redirect", send_redirect),
]

application = get_wsgi_application()
