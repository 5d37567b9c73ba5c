"""What the request list asks of an application, without a framework: plain values in, plain values out."""
import hashlib
import json
import time

PIECE = bytes(range(256)) * 256


def echo(method, path, query, headers, body):
    """`body`: chunks. Says what arrived, as JSON."""
    digest = hashlib.sha256()
    length = 0
    for chunk in body:
        digest.update(chunk)
        length += len(chunk)
    return json.dumps(
        {
            "method": method,
            "path": path,
            "query": query,
            "headers": headers,
            "length": length,
            "sha256": digest.hexdigest(),
        }
    )


def header_list(environ):
    """HTTP_* as they arrived, and what describes the body and the client."""
    names = ("CONTENT_TYPE", "CONTENT_LENGTH", "wsgi.url_scheme")
    return {name: value for name, value in sorted(environ.items()) if name.startswith("HTTP_") or name in names}


def pieces(length):
    """`length` bytes of a pattern."""
    while length > 0:
        piece = PIECE[:length]
        length -= len(piece)
        yield piece


def paced():
    """Three pieces, with time between them."""
    for number in range(3):
        yield b"piece %d\n" % number
        if number < 2:
            time.sleep(0.3)


def broken():
    """Fails behind its first piece."""
    yield b"the beginning"
    raise RuntimeError("broken on purpose")


def read(stream, size=65536):
    """The chunks of a body."""
    while True:
        chunk = stream.read(size)
        if not chunk:
            return
        yield chunk
