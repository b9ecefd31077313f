"""The small server of the page: loopback unless told otherwise, a fixed set of files, checked and bounded requests."""

import errno
import ipaddress
import json
import os
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import urlsplit

from coprod_abm.case import Case
from coprod_abm.experiments.workshop.asked import REFUSALS, Asked, asked
from coprod_abm.experiments.workshop.choices import SLIDERS
from coprod_abm.experiments.workshop.connections import Connections
from coprod_abm.experiments.workshop.document import POLICY, TYPES, files, page
from coprod_abm.experiments.workshop.drawn import Drawn
from coprod_abm.experiments.workshop.live import BusyError, Live
from coprod_abm.experiments.workshop.picture import picture
from coprod_abm.simulate import RunError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 32_768  # of a request; one with every slider and twelve events has about 4,000
MOST_DIGITS = 9  # of the length of a request
MOST_CONNECTIONS = 64
IDLE_SECONDS = 60


class Server(ThreadingHTTPServer):
    """The page and the model behind it; it holds no visitor's state.

    Raises:
        RunError: when the address is in use or not this machine's.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two programs share one port
    request_queue_size = 64

    def __init__(
        self, host: str, port: int, cases: dict[str, Case], boot: dict[str, Any], live: Live, drawn: Drawn | None = None
    ) -> None:
        self.cases = cases
        self.drawn = drawn
        self.live = live
        self.document = page(boot)
        self.names = {*LOOPBACK, host, *([] if host in LOOPBACK else [socket.gethostname().lower()])}
        self.far = host not in LOOPBACK
        self.connections = Connections(MOST_CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise RunError(refused_address(host, port, error)) from None

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_address[1]}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; where too many are open, whoever has been silent for longest makes room."""
        if not self.connections.admit(request):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.connections.leave(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.leave(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle of an answer is no error of ours."""


class Handler(BaseHTTPRequestHandler):
    """One connection of a browser."""

    protocol_version = "HTTP/1.1"  # keeps the connection, so that each change saves a handshake
    server_version = "coprod"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    fixed: ClassVar[dict[str, str]] = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }

    def do_GET(self) -> None:
        """Send the page or one of its files, and hang up: a room of browsers would else hold six lines each."""
        self.close_connection = True
        if not self._is_ours():
            return
        name = self.path.partition("?")[0].removeprefix("/") or "index.html"
        if name == "index.html":
            self._send(HTTPStatus.OK, self.server.document, "text/html")
        elif name in files():
            self._send(HTTPStatus.OK, files()[name], TYPES[PurePosixPath(name).suffix])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "There is no such page. Open the address without a path.")

    def do_POST(self) -> None:
        """Answer a request for a picture."""
        if not self._is_ours():
            return
        if self.path != "/picture":
            self.close_connection = True  # what is not read would be taken for the next request
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "Only /picture takes requests.")
            return
        text = self._body()
        if text is None:
            return
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            self._refuse(HTTPStatus.BAD_REQUEST, "unreadable", "The request is no JSON.")
            return
        try:
            with self.server.connections.busy(self.connection):
                told = answer(self.server, given)
        except REFUSALS as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "refused", str(error))
        except BusyError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "busy", str(error))
        except Exception as error:  # noqa: BLE001 - the border to the page: it tells what failed and stays open
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", f"{type(error).__name__}: {error}")
        else:
            self._send(HTTPStatus.OK, json.dumps(told, allow_nan=False).encode(), "application/json")

    def log_message(self, *_: Any) -> None:
        """Keep quiet: the terminal belongs to the facilitator."""

    def _is_ours(self) -> bool:
        """Whether the request was meant for this page: another site's page in the same browser may not ask."""
        host = host_named(self.headers.get("Host", ""))
        origin = self.headers.get("Origin")
        fits = origin is None or origin == f"http://{self.headers.get('Host')}"
        known = host in self.server.names or (self.server.far and is_number(host))
        if known and fits:
            return True
        self.close_connection = True
        self._refuse(HTTPStatus.FORBIDDEN, "foreign", "This page answers under its own address only.")
        return False

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        counted = length.isascii() and length.isdigit() and len(length) <= MOST_DIGITS
        if not counted or int(length) > MOST_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A request has at most {MOST_BYTES} bytes.")
            return None
        if self.headers.get_content_type() != "application/json":
            self.close_connection = True
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unreadable", "Send JSON.")
            return None
        return self.rfile.read(int(length))  # too slow a sender is hung up on when others need the line

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        self._send(status, json.dumps({"error": code, "message": message}).encode(), "application/json")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in self.fixed.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


def answer(server: Server, given: Any) -> dict[str, Any]:
    """The picture that a page asked for, with how many futures there will be and the numbers in force on its sliders.

    Raises:
        CaseError, ParameterError, PresetError, RunError: when the request cannot be used.
        BusyError: when too many ask for the same.
    """
    wanted = asked(given, server.cases, server.drawn)
    weeks, a, b = server.live.runs(wanted)
    return {**picture(weeks, a, b, wanted.outcome), "futures": server.live.futures, "in_force": in_force(wanted)}


def host_named(header: str) -> str:
    """The host of a Host header; an empty one where the header is broken."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_number(host: str) -> bool:
    """Whether a host is an address in numbers, which no other site can claim for itself."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def in_force(wanted: Asked) -> dict[str, dict[str, float]]:
    """The value of every slider under what was chosen, by scenario."""
    return {name: {key: arm.in_force(key) for key in SLIDERS} for name, arm in (("a", wanted.a), ("b", wanted.b))}


def refused_address(host: str, port: int, error: OSError) -> str:
    """What the user reads where the server cannot begin."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use, perhaps by another `coprod workshop`. Close that one, or choose another: "
            f"`coprod workshop port={port + 1 if port < 65_535 else 8765}`; port=0 takes any that is free."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is not for ordinary programs. Choose one above 1023, such as port=8765."
    return f"host = {host} is no address of this machine ({error.strerror or error}). Leave host= away for this machine alone."
