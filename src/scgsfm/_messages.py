"""Wording and checks that messages of the whole package share, and warnings that point at the user's line."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import sys
import warnings
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    import numpy as np

_PACKAGE = str(Path(__file__).parent) + os.sep
_WRAPPERS = (contextlib.__file__, functools.__file__)
"""Files of the standard library that may wrap a function of this package."""
_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)
"""Where the warnings of this thread go instead of to the user."""


GIT_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that Git LFS has left in the place of the file itself."""


def listing(names: Sequence[str], n: int = 5) -> str:
    """The first ``n`` names, and the number of names that follow."""
    rest = f" and {len(names) - n} more" if len(names) > n else ""
    return ", ".join(map(repr, names[:n])) + rest


def percent(share: float) -> str:
    """A share in percent. Only all are 100 %, and only none is 0 %."""
    if 0 < share < 1:
        return f"{min(max(round(100 * share), 1), 99)} %"
    return f"{share:.0%}".replace("%", " %")


def number(n: int, what: str) -> str:
    """A number of things, such as "1 set" and "1,200 sets". ``what`` is the singular."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def agrees(n: int, one: str, many: str) -> str:
    """The form of a verb for a number of things."""
    return one if n == 1 else many


def similar_names(name: str, names: Iterable[str], *, n: int = 3, cutoff: float = 0.6) -> list[str]:
    """Up to ``n`` other names that are spelled similarly, best first. Case does not matter."""
    by_plain: dict[str, list[str]] = {}
    for candidate in map(str, names):
        if candidate != name:
            by_plain.setdefault(candidate.casefold(), []).append(candidate)
    plain = name.casefold()
    close = [*([plain] if plain in by_plain else []), *difflib.get_close_matches(plain, by_plain, n=n, cutoff=cutoff)]
    if len(plain) > 2:  # the beginning of a longer name, such as 'auc' of 'aucell'
        close += [candidate for candidate in by_plain if candidate.startswith(plain)]
    return [candidate for each in dict.fromkeys(close) for candidate in by_plain[each]][:n]


def suggestion(labels: Sequence[str]) -> str:
    """A question to append to a message, with a leading blank; empty if there is nothing to suggest."""
    return f" Did you mean {' or '.join(labels)}?" if labels else ""


def did_you_mean(name: str, names: Iterable[str], *, n: int = 3, cutoff: float = 0.6) -> str:
    """Suggest similarly spelled names, see :func:`suggestion`."""
    return suggestion(list(map(repr, similar_names(name, names, n=n, cutoff=cutoff))))


def check_choice(argument: str, value: object, choices: Iterable[object]) -> None:
    """Raise ValueError if ``value`` is not one of ``choices``. Similarly spelled choices are suggested."""
    *others, last = choices = tuple(choices)
    if value not in choices:
        options = f"{', '.join(map(repr, others))} or {last!r}" if others else repr(last)
        hint = (
            did_you_mean(value, [each for each in choices if isinstance(each, str)]) if isinstance(value, str) else ""
        )
        msg = f"`{argument}` is {value!r}, but must be {options}.{hint}"
        raise ValueError(msg)


def check_max_padj(max_padj: float | None, *, or_none: bool = True) -> None:
    """Raise ValueError unless a maximum adjusted p-value is one, or ``None`` where that stands for no maximum."""
    if (max_padj is None and not or_none) or (max_padj is not None and not 0 < max_padj <= 1):
        msg = f"`max_padj` is {max_padj}, but must be above 0 and at most 1{' (or None for all)' if or_none else ''}."
        raise ValueError(msg)


def check_at_least(argument: str, value: float, least: float, *, or_none: str = "") -> None:
    """Raise ValueError if ``value`` is below ``least``; ``or_none`` describes the meaning of None if it is allowed."""
    if not value >= least:
        alternative = f" (or None for {or_none})" if or_none else ""
        msg = f"`{argument}` is {value}, but must be at least {least}{alternative}."
        raise ValueError(msg)


def random_generator(rng: int | np.random.Generator | None) -> np.random.Generator:
    """The generator of the argument `rng`. Raise ValueError, with the name of the argument, for what cannot be one."""
    import numpy as np

    try:
        if isinstance(rng, np.random.RandomState):  # its generator can't be split
            raise TypeError
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        msg = (
            f"`rng` is {rng!r}, but must be a whole number of at least 0, a generator of numpy, such as "
            "`np.random.default_rng(0)`, or None."
        )
        raise ValueError(msg) from error


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning that points at the line outside this package from which the package was called."""
    if (texts := _collected.get()) is not None:
        if message not in texts:
            texts.append(message)
        return
    # `skip_file_prefixes` of Python 3.12 and 3.13 does not skip contextlib
    warnings.warn(message, category, stacklevel=_levels_to_user(sys._getframe(1)))


@contextlib.contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect the texts of the package's warnings of this thread in a list, instead of showing them.

    ``warnings.catch_warnings`` replaces the filters of the whole process, until Python 3.14: warnings of other threads would
    be caught as well, and threads that leave it in another order than they entered it would leave wrong filters behind.
    """
    texts: list[str] = []
    token = _collected.set(texts)
    try:
        yield texts
    finally:
        _collected.reset(token)


def _levels_to_user(frame: FrameType) -> int:
    """The ``stacklevel``, as seen from :func:`warn`, of the caller of the outermost frame of this package.

    Not of the innermost: pandas may stand in between, where it consumes a generator of ours.
    """
    frames = [frame]
    while (caller := frames[-1].f_back) is not None:
        frames.append(caller)
    ours = [i for i, each in enumerate(frames) if each.f_code.co_filename.startswith(_PACKAGE)]
    user = ours[-1] + 1 if ours else 0
    while user < len(frames) and frames[user].f_code.co_filename in _WRAPPERS:
        user += 1
    return user + 2
