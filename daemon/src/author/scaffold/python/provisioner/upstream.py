"""A small blocking HTTP client for one upstream, over `wasi:http`.

A plugin names an upstream as the operator granted it (`http://fleet/…`); the host maps the name to URL,
TLS and credentials. The errors tell one thing apart above all: whether the request may have arrived.
"""

import json
from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.imports import monotonic_clock, outgoing_handler, poll
from wit_world.imports import wasi_http_types as http
from wit_world.imports.streams import StreamError_Closed

CHUNK = 64 * 1024
# What `blocking_write_and_flush` takes at once.
PIECE = 4096
# The longest answer that is read.
MAX_BODY = 4 << 20

METHODS = {
    "GET": http.Method_Get,
    "PUT": http.Method_Put,
    "POST": http.Method_Post,
    "DELETE": http.Method_Delete,
}

# The host refuses to go there.
DENIED = (http.ErrorCode_HttpRequestDenied, http.ErrorCode_DestinationIpProhibited)
# What must have happened before a connection stood: no byte of the request was sent.
NOT_SENT = DENIED + (
    http.ErrorCode_DnsTimeout,
    http.ErrorCode_DnsError,
    http.ErrorCode_DestinationNotFound,
    http.ErrorCode_DestinationUnavailable,
    http.ErrorCode_DestinationIpUnroutable,
    http.ErrorCode_ConnectionRefused,
    http.ErrorCode_ConnectionTimeout,
    http.ErrorCode_ConnectionLimitReached,
    http.ErrorCode_TlsCertificateError,
    http.ErrorCode_TlsProtocolError,
    http.ErrorCode_ConfigurationError,
)


class Denied(Exception):
    """The operator granted no such upstream. Nothing was sent."""


class NotSent(Exception):
    """No byte of the request was sent."""


class Lost(Exception):
    """The request may have arrived and had its effect, but no whole answer came."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        """The body, or `None` if it is no JSON object: then it is not the upstream's own answer."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def send(upstream: str, method: str, path: str, value=None, timeout_ms: int = 4_000) -> Answer:
    """Sends `value` as JSON and waits for the whole answer. Any status is an answer."""
    deadline = Deadline(timeout_ms)
    body = b"" if value is None else json.dumps(value).encode()
    headers = [("content-type", b"application/json"), ("content-length", str(len(body)).encode())] if body else []
    request = http.OutgoingRequest(http.Fields.from_list(headers))
    request.set_method(METHODS[method]())
    request.set_scheme(http.Scheme_Http())
    request.set_authority(upstream)
    request.set_path_with_query(path)
    outgoing = request.body() if body else None
    options = http.RequestOptions()
    options.set_first_byte_timeout(timeout_ms * 1_000_000)
    try:
        future = outgoing_handler.handle(request, options)
    except Err as error:
        raise (Denied if isinstance(error.value, DENIED) else NotSent)(words(error.value)) from None
    with future:
        if outgoing:
            write(outgoing, body)
        while (result := future.get()) is None:
            with future.subscribe() as ready:
                deadline.wait(ready)
        response = result.value
        if isinstance(response, Err):
            raise classify(response.value)
        with response.value as incoming:
            return read(incoming, deadline)


def write(outgoing: http.OutgoingBody, body: bytes):
    try:
        with outgoing.write() as stream:
            for start in range(0, len(body), PIECE):
                stream.blocking_write_and_flush(body[start : start + PIECE])
        http.OutgoingBody.finish(outgoing, None)
    except Err:
        pass  # A body that cannot be written has its reason in the answer: look there.


def read(incoming: http.IncomingResponse, deadline: "Deadline") -> Answer:
    with incoming.headers() as fields:
        headers = {name.lower(): value.decode(errors="replace") for name, value in fields.entries()}
    body = bytearray()
    with incoming.consume() as content, content.stream() as stream:
        while True:
            try:
                piece = stream.read(CHUNK)
            except Err as error:
                if isinstance(error.value, StreamError_Closed):
                    return Answer(incoming.status(), headers, bytes(body))
                with error.value.value as reason:
                    raise Lost(f"the answer broke off: {reason.to_debug_string()}") from None
            if piece:
                body += piece
                if len(body) > MAX_BODY:
                    raise Lost(f"the answer is longer than {MAX_BODY} bytes")
            else:
                with stream.subscribe() as ready:
                    deadline.wait(ready)


class Deadline:
    def __init__(self, timeout_ms: int):
        self.timeout_ms = timeout_ms
        self.at = monotonic_clock.now() + timeout_ms * 1_000_000

    def wait(self, ready: poll.Pollable):
        with monotonic_clock.subscribe_instant(self.at) as timer:
            if 0 not in poll.poll([ready, timer]):
                raise Lost(f"no whole answer within {self.timeout_ms} ms")


def classify(code) -> Exception:
    if isinstance(code, DENIED):
        return Denied(words(code))
    return (NotSent if isinstance(code, NOT_SENT) else Lost)(words(code))


def words(code) -> str:
    """`ErrorCode_ConnectionRefused` → `connection refused`; a code's own text if it has one."""
    name = type(code).__name__.removeprefix("ErrorCode_")
    spaced = "".join(" " + letter.lower() if letter.isupper() else letter for letter in name).strip()
    detail = getattr(code, "value", None)
    return f"{spaced}: {detail}" if isinstance(detail, str) else spaced
