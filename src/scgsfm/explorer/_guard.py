"""The guard of the page: it answers only to its own address, and never to pages of other origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]

HOSTS = ("127.0.0.1", "localhost")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' {sockets}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""What the browser may load: only from this server. Shiny needs its inline scripts."""


class Guard:
    """ASGI middleware that refuses requests for other hosts and from other origins, also of websockets.

    A page of another origin can neither read results nor start work. A name that an attacker's DNS resolves to 127.0.0.1
    is not among the hosts. Opening the page by a link is allowed from anywhere, since links are to be shared.
    """

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.hosts = {f"{host}:{port}" for host in HOSTS} | ({*HOSTS} if port == 80 else set())
        sockets = " ".join(f"ws://{host}:{port}" for host in HOSTS)
        self.headers = [
            (b"content-security-policy", POLICY.format(sockets=sockets).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse a request, or hand it on and add headers to the answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif reason := self.refusal(scope):
            await _refuse(scope, receive, send, reason)
        else:
            await self.app(scope, receive, self._with_headers(send))

    def refusal(self, scope: Message) -> str:
        """Why a request is refused; empty if it is not."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
        if headers.get("host", "").lower() not in self.hosts:
            return "This page answers only to its own address on this computer."
        origin = headers.get("origin")
        if origin is not None and (
            urlsplit(origin).scheme != "http" or urlsplit(origin).netloc.lower() not in self.hosts
        ):
            return "Requests of other pages are refused."
        if scope["type"] == "websocket" and origin is None:
            return "A websocket needs an origin."
        opens_page = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not (opens_page and scope["path"] == "/"):
            return "Requests of other pages are refused."
        return ""

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        return sending


async def _refuse(scope: Message, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    plain = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": plain})
    await send({"type": "http.response.body", "body": reason.encode()})
