"""A guard around all tests: no name is looked up and no connection is made beyond this machine."""

from __future__ import annotations

import socket
import sys
from typing import Any

LOCAL = {"", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "localhost.localdomain", socket.gethostname()}
ATTEMPTS: list[str] = []
"""Of the running test, as far as Python code of this process makes them."""


class UnaskedConnectionError(OSError):
    """Something tried to reach another machine."""


def _host_of(event: str, args: tuple[Any, ...]) -> Any:
    if event == "socket.connect":
        connection, address = args
        # connecting a datagram socket sends nothing; packages use it to find their own address
        sends = connection.family != getattr(socket, "AF_UNIX", None) and connection.type != socket.SOCK_DGRAM
        return address[0] if sends and isinstance(address, tuple) else ""
    return args[0] if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"} else ""


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    host = _host_of(event, args)
    host = host.decode() if isinstance(host, bytes) else host or ""
    if host not in LOCAL and not host.startswith("127."):
        ATTEMPTS.append(f"{event} {host}")
        raise UnaskedConnectionError(f"{event} {host}: tests reach no other machine")


def install() -> None:
    """Guard this process from now on; a hook can't be removed."""
    sys.addaudithook(_audit)
