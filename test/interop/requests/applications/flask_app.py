"""The request list's application in Flask."""
import time

from flask import Flask, Response, redirect, request

from answers import broken, echo, header_list, paced, pieces, read

application = Flask(__name__)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"]


@application.route("/echo", methods=METHODS, provide_automatic_options=False)
@application.route("/echo/<path:rest>", methods=METHODS, provide_automatic_options=False)
def show(rest=""):
    environ = request.environ
    text = echo(
        request.method, request.path, request.query_string.decode(), header_list(environ), read(environ["wsgi.input"])
    )
    return Response(text, content_type="application/json", headers={"Content-Length": str(len(text.encode()))})


@application.route("/bytes/<int:length>")
def send_bytes(length):
    return Response(pieces(length), content_type="application/octet-stream", headers={"Content-Length": str(length)})


@application.route("/unknown-length/<int:length>")
def send_unknown(length):
    return Response(pieces(length), content_type="application/octet-stream")


@application.route("/paced")
def send_paced():
    return Response(paced(), content_type="text/plain", headers={"X-Accel-Buffering": "no"})


@application.route("/broken")
def send_broken():
    return Response(broken(), content_type="text/plain", headers={"Content-Length": "1000"})


@application.route("/slow")
def answer_slowly():
    time.sleep(5)
    return "at last"


@application.route("/status/<int:status>")
def send_status(status):
    return Response("" if status in (204, 304) else "the body", status=status, content_type="text/plain")


@application.route("/cookies")
def send_cookies():
    answer = Response("cookies")
    answer.headers.add("Set-Cookie", "a=1; Path=/")
    answer.headers.add("Set-Cookie", "b=2; Path=/; HttpOnly")
    return answer


@application.route("/redirect")
def send_redirect():
    return redirect("/echo/landed?by=redirect", 302)
