"""What several tests need: settings of their own, and a web server that misbehaves on request."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scgsfm.settings import Settings, settings


@pytest.fixture
def own_settings(monkeypatch, tmp_path):
    """The package's settings with an empty cache folder, restored afterwards."""
    before = {name: getattr(settings, name) for name in Settings.__slots__}
    for name in ("SCGSFM_OFFLINE", "SCGSFM_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCGSFM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("_cache_dir", "_offline", "_mirrors"):
        setattr(settings, name, None)
    yield settings
    for name, value in before.items():
        setattr(settings, name, value)
    settings.verbosity = before["_verbosity"]


@dataclass
class Server:
    """A web server of ``files`` (path → bytes); ``faults`` (path → list, used up one a request) come first.

    A fault is a status, ``"truncate"``, ``"stall"`` or ``"page"``.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    requests: Counter = field(default_factory=Counter)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        self.requests[path] += 1
        fault = self.faults[path].pop(0) if self.faults.get(path) else None
        if path in self.redirects:
            self._head(handler, 302, 0, {"Location": self.redirects[path], **self.headers.get(path, {})})
            return
        if isinstance(fault, int) or (fault is None and path not in self.files):
            handler.send_error(fault or 404)
            return
        body = self.files.get(path, b"<html>Please log in</html>")
        kind = {"Content-Type": "text/html" if fault == "page" else "application/octet-stream"}
        self._head(handler, 200, len(body), kind | self.headers.get(path, {}))
        if fault in ("truncate", "stall"):
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            if fault == "stall":
                self.released.wait(20)
        else:
            for start in range(0, len(body), 1 << 16):
                handler.wfile.write(body[start : start + (1 << 16)])
                time.sleep(0)
        handler.close_connection = True

    @staticmethod
    def _head(handler: BaseHTTPRequestHandler, status: int, length: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()


@pytest.fixture
def server(own_settings):
    """A :class:`Server` on this machine."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state.answer(self)

        def log_message(self, *args):
            """Keep quiet."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.released.set()
    web.shutdown()
    web.server_close()
    thread.join()
