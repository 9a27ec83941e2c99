from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scgsfm.explorer import Guard

HOST = {"host": "127.0.0.1:8000"}
OWN = HOST | {"origin": "http://127.0.0.1:8000"}


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})
    else:
        await send({"type": "websocket.accept"})


def asked(headers: dict[str, str], *, kind: str = "http", path: str = "/") -> list[dict[str, Any]]:
    """What the guard sends for a request."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "headers": raw}
    asyncio.run(Guard(_app, 8000)(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    "headers",
    [
        HOST,
        {"host": "localhost:8000"},
        {"host": "LOCALHOST:8000"},
        OWN,
        HOST | {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"},
        HOST | {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        HOST | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_own_requests_and_opened_links_are_answered(headers: dict[str, str]) -> None:
    start, body = asked(headers)
    assert (start["status"], body["body"]) == (200, b"secret")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example:8000"},
        {"host": "127.0.0.1:8001"},
        {"host": "127.0.0.1:8000.evil.example"},
        {"host": "127.0.0.1"},
        HOST | {"origin": "http://evil.example"},
        HOST | {"origin": "http://127.0.0.1:8888"},
        HOST | {"origin": "https://127.0.0.1:8000"},
        HOST | {"origin": "null"},
        HOST | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        HOST | {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        HOST | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_other_hosts_and_origins_are_refused(headers: dict[str, str]) -> None:
    start, body = asked(headers)
    assert start["status"] == 403
    assert b"secret" not in body["body"]


def test_downloads_cannot_be_started_by_other_pages() -> None:
    opened = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert asked(HOST | opened, path="/table.csv")[0]["status"] == 403


def test_websockets_need_the_own_origin() -> None:
    assert asked(OWN, kind="websocket")[0]["type"] == "websocket.accept"
    for headers in (HOST, HOST | {"origin": "http://evil.example"}, OWN | {"host": "evil.example:8000"}):
        (closed,) = asked(headers, kind="websocket")
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


def test_nothing_is_loaded_from_elsewhere() -> None:
    headers = dict(asked(HOST)[0]["headers"])
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'; ")
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
