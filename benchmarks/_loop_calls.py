from __future__ import annotations


def loop(n, folder):
    raise NotImplementedError
