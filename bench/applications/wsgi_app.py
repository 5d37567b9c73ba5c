"""The applications of the side-by-side for uWSGI and CPython."""
import json

HELLO = b"Hello world"
CHUNK = b"x" * (64 * 1024)
CHUNKS = 160


def headers(kind, length):
    return [("Content-Type", kind), ("Content-Length", str(length))]


HELLO_HEADERS = headers("text/plain", len(HELLO))
SMALL_HEADERS = headers("application/octet-stream", len(CHUNK))
LARGE_HEADERS = headers("application/octet-stream", CHUNKS * len(CHUNK))


def hello(environ, start_response):
    start_response("200 OK", HELLO_HEADERS)
    return [HELLO]


def echo_json(environ, start_response):
    parsed = json.loads(environ["wsgi.input"].read())
    answer = json.dumps(parsed, separators=(",", ":")).encode()
    start_response("200 OK", headers("application/json", len(answer)))
    return [answer]


def small(environ, start_response):
    start_response("200 OK", SMALL_HEADERS)
    return [CHUNK]


def large(environ, start_response):
    start_response("200 OK", LARGE_HEADERS)
    return (CHUNK for _ in range(CHUNKS))


def upload(environ, start_response):
    body = environ["wsgi.input"]
    length = 0
    while True:
        part = body.read(64 * 1024)
        if not part:
            break
        length += len(part)
    answer = str(length).encode()
    start_response("200 OK", headers("text/plain", len(answer)))
    return [answer]


def count(environ, start_response):
    answer = str(sum(name.startswith("HTTP_") for name in environ)).encode()
    start_response("200 OK", headers("text/plain", len(answer)))
    return [answer]


ROUTES = {
    "/hello": hello,
    "/articles/list": hello,
    "/json": echo_json,
    "/download-64k": small,
    "/download-10m": large,
    "/upload-10m": upload,
    "/count": count,
}


def application(environ, start_response):
    route = ROUTES.get(environ["PATH_INFO"])
    if route is not None:
        return route(environ, start_response)
    start_response("404 Not Found", headers("text/plain", 0))
    return []
