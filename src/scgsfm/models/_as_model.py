"""A model given by name, by path or as a loaded model, checked for its kind."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, overload

from scgsfm._unfinished import version_of
from scgsfm.errors import ModelKindError

from ._fork import prepare_process
from ._load import load
from ._locate import RECORDS, likely_directory
from ._model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from .gpgpt import GPGPT
    from .gsfm import GSFM
    from .r3lm import R3LM

KindName: TypeAlias = Literal["gsfm", "gpgpt", "r3lm"]

MAX_MODELS = 4
"""Models kept in memory; the one used longest ago is dropped first."""

_Source: TypeAlias = tuple[str, str, str | None]
_State: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]


class _Expected(NamedTuple):
    """What a kind of model is called, the methods it needs, and a name to suggest."""

    title: str
    methods: tuple[str, ...]
    example: str


_EXPECTED: dict[str, _Expected] = {
    "gsfm": _Expected("a GSFM model", ("genes",), "gsfm-base"),
    "gpgpt": _Expected("a GP-GPT model", ("ask",), "gpgpt-mini"),
    "r3lm": _Expected("an R3LM model", ("cell_types", "predict", "explain"), "r3lm-mini"),
}

_loaded: OrderedDict[_Source, tuple[_State, Any]] = OrderedDict()
_lock = RLock()


def _new_lock() -> None:
    global _lock  # noqa: PLW0603 - another thread may have held it during the fork
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


@overload
def as_model(
    model: str | os.PathLike[str] | GSFM, kind: Literal["gsfm"] = "gsfm", *, device: str | None = None
) -> GSFM: ...
@overload
def as_model(model: str | os.PathLike[str] | GPGPT, kind: Literal["gpgpt"], *, device: str | None = None) -> GPGPT: ...
@overload
def as_model(model: str | os.PathLike[str] | R3LM, kind: Literal["r3lm"], *, device: str | None = None) -> R3LM: ...
def as_model(model: str | os.PathLike[str] | Any, kind: KindName = "gsfm", *, device: str | None = None) -> Any:
    """Return the model of that name or in that directory, or the loaded model itself.

    A model given by name or path is read once per process. It is shared by all callers and read again if a file of its
    directory changes; :func:`load` always returns a new object.

    Parameters
    ----------
    model
        A name that :func:`available` lists, the path of a model directory, a hub id, or a loaded model.
    kind
        The kind of model that the caller needs.
    device
        The device for a model that is given by name or path.

    Returns
    -------
    The model.

    Raises
    ------
    ModelKindError
        The model is of another kind, or not a model at all.

    Examples
    --------
    >>> from scgsfm.models import as_model
    >>> as_model("gsfm-base") is as_model("gsfm-base")
    True
    """
    if not isinstance(model, str | os.PathLike):
        if not _is(model, kind):
            raise _refused(_title(model), kind)
        return model
    name = os.fspath(model)
    if name in RECORDS and RECORDS[name].kind != kind:  # known without reading the files
        raise _refused(repr(name) + ", " + _EXPECTED[RECORDS[name].kind].title, kind)
    loaded = _read_once(model, device)
    if not _is(loaded, kind):
        raise _refused(repr(name) + ", " + _title(loaded), kind)
    return loaded


def model_kind(model: str | os.PathLike[str] | Any) -> str:
    """Kind of a model given as to :func:`as_model`; ``""`` if it does not state one.

    Embedded and published models are known by name, without reading their files.
    """
    if isinstance(model, str | os.PathLike):
        record = RECORDS.get(os.fspath(model))
        return record.kind if record else str(getattr(_read_once(model, None), "kind", ""))
    return str(getattr(model, "kind", ""))


def _read_once(model: str | os.PathLike[str], device: str | None) -> Any:
    prepare_process()
    directory = likely_directory(model)
    source = os.fspath(model), str(directory), device
    with _lock:
        state = _state_of(directory)
        if source in _loaded and _loaded[source][0] == state:
            _loaded.move_to_end(source)
            return _loaded[source][1]
        _loaded.pop(source, None)  # before reading, so that never both are in memory
        loaded = load(model, device=device)
        # the state before reading, so that a change in between is noticed; there was none before a download
        _loaded[source] = state or _state_of(directory), loaded
        while len(_loaded) > MAX_MODELS:
            _loaded.popitem(last=False)
        return loaded


def _state_of(directory: Path) -> _State:
    """Names and versions of the files, which change with the content: hashing would take longer than reading."""
    if not directory.is_dir():
        return ()
    return tuple(sorted((file.name, version_of(file)) for file in directory.iterdir() if file.is_file()))


def _is(model: object, kind: str) -> bool:
    """Whether a model is of a kind; one that doesn't name its kind is judged by its methods."""
    found = getattr(model, "kind", None)
    if found is not None:
        return bool(found == kind)
    return all(hasattr(model, method) for method in _EXPECTED[kind].methods)


def _title(model: object) -> str:
    known = isinstance(model, Model) and model.kind in _EXPECTED
    return _EXPECTED[model.kind].title if known else f"a {type(model).__name__}"  # type: ignore[attr-defined]


def _refused(found: str, kind: str) -> ModelKindError:
    wanted = _EXPECTED[kind]
    return ModelKindError(
        f"`model` is {found}, but must be {wanted.title}: give a name such as {wanted.example!r}, a model directory, or "
        "what `scgsfm.models.load` returns for one."
    )
