"""Read and write model directories: the layout of the official checkpoints, plus a card and checksums."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from scgsfm._bounded_files import parse_json
from scgsfm._config_fields import check_card, check_transformers, of_file
from scgsfm._unfinished import check_finished, remove_stale
from scgsfm._weight_files import check_sums, sha256_of, value_flaw
from scgsfm.errors import ModelFormatError

from ._registry import DEFAULT, LANGUAGE_MODEL_FILES, MODULES, Kind, kind

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

CONFIG, WEIGHTS, VOCAB, CARD, CHECKSUMS = "config.json", "model.safetensors", "vocab.txt", "card.json", "checksums.json"
SCALE = ".scale"
"""Suffix of the key that holds the row scales of an int8 tensor."""

REPEATS = frozenset({"depth", "networks", "num_hidden_layers", "repeats"})
"""Keys of configurations that say how often something with tensors of its own is repeated."""

Quantize: TypeAlias = Literal["float16", "int8"] | None


class Folder(NamedTuple):
    """The content of a model directory; tensors in float32."""

    config: dict[str, Any]
    tensors: dict[str, np.ndarray]
    vocab: list[str]
    card: dict[str, Any]


def read_folder(path: str | os.PathLike[str], *, remedy: str = "Copy the directory again from its source.") -> Folder:
    """Read and check ``config.json``, ``model.safetensors``, ``vocab.txt`` and, if they exist, ``card.json`` and ``checksums.json``.

    Weights are float32, float16, bfloat16, or int8 with row scales. Raises ChecksumError, with the advice ``remedy``, for a
    damaged file, and ModelFormatError for one that is missing, invalid or inconsistent with the others.
    """
    path = Path(path)
    _check_files(path)
    if (path / CHECKSUMS).exists():
        check_sums(path, read_json(path / CHECKSUMS), remedy)
    folder = Folder(
        read_json(path / CONFIG),
        read_weights(path / WEIGHTS),
        read_vocab(path / VOCAB),
        read_json(path / CARD) if (path / CARD).exists() else {},
    )
    check(path, folder)
    return folder


def write_folder(
    path: str | os.PathLike[str],
    config: Mapping[str, Any],
    tensors: Mapping[str, np.ndarray],
    vocab: Sequence[str],
    card: Mapping[str, Any],
    *,
    quantize: Quantize = None,
) -> None:
    """Write a model directory for :func:`read_folder`; one left by an interrupted call does not pass its checks.

    Matrices are stored as float32, with ``quantize="float16"`` with a relative error of at most 2⁻¹¹, and with ``"int8"``
    with an error of at most 1/254 of the largest absolute value of the row. Vectors are always float32. Raises
    ModelFormatError if configuration, vocabulary (``<unk>`` and ``<pad>`` first) and weights are inconsistent.
    """
    import safetensors.numpy

    path = Path(path)
    folder = Folder(
        {"model_type": DEFAULT} | dict(config),
        {key: _plain(tensor) for key, tensor in tensors.items()},
        list(vocab),
        dict(card),
    )
    check(path, folder)
    stored: dict[str, np.ndarray] = {}
    for key, tensor in folder.tensors.items():
        stored |= _quantized(path, key, tensor, quantize)
    path.mkdir(parents=True, exist_ok=True)
    remove_stale(path, ".part-", directories=True)
    with tempfile.TemporaryDirectory(dir=path, prefix=".part-") as parent:
        part = Path(parent)
        (part / CONFIG).write_text(_json(folder.config), encoding="utf-8")
        (part / CARD).write_text(_json(folder.card), encoding="utf-8")
        (part / VOCAB).write_text("".join(f"{token}\n" for token in folder.vocab), encoding="utf-8")
        (part / WEIGHTS).write_bytes(safetensors.numpy.save(stored))  # save_file would deny others read access
        sums = {name: sha256_of(part / name) for name in (CONFIG, CARD, VOCAB, WEIGHTS)}
        (part / CHECKSUMS).write_text(_json(sums), encoding="utf-8")
        for name in (CHECKSUMS, *sums):  # the checksums first: they reveal a mixture of old and new files
            (part / name).replace(path / name)


def check(path: Path, folder: Folder) -> None:
    """Raise a ModelFormatError if configuration, vocabulary and tensors are inconsistent."""
    from scgsfm._vocabulary import SPECIALS

    config, tensors, vocab, card = folder
    check_repeats(path / CONFIG, config, len(tensors))
    with of_file(path / CARD):
        check_card(card)
    size = config.get("vocab_size")
    if tuple(vocab[:2]) != SPECIALS:
        raise _error(path / VOCAB, f"the first two tokens must be {SPECIALS}, found {tuple(vocab[:2])}")
    if size != len(vocab):
        raise _error(path / VOCAB, f"found {len(vocab):,} tokens, but vocab_size in {CONFIG} is {size!r}")
    if twice := [token for token, n in Counter(vocab).items() if n > 1]:
        raise _error(path / VOCAB, f"duplicate tokens: {', '.join(twice[:5])}")
    expected = _shapes(path, config)
    for key, shape in expected.items():
        if key not in tensors:
            raise _error(path / WEIGHTS, f"{key} is missing; found {', '.join(sorted(tensors)) or 'no tensors'}")
        if tensors[key].shape != shape:
            raise _error(path / WEIGHTS, f"{key} has shape {tensors[key].shape}, expected {shape} by {CONFIG}")
        if flaw := value_flaw(key, tensors[key]):
            raise _error(path / WEIGHTS, f"{key} {flaw}")
    if extra := sorted(tensors.keys() - expected.keys()):
        raise _error(path / WEIGHTS, f"found tensors that the model of {CONFIG} does not have: {', '.join(extra)}")


def _shapes(path: Path, config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    module = kind_of(path, config)
    try:
        return module.shapes(config)
    except ImportError:  # a missing extra
        raise
    except Exception as error:  # libraries raise errors of any type
        reason = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise _error(path / CONFIG, f"it does not describe a valid model: {reason}") from error


def check_repeats(path: Path, config: Mapping[str, Any], n_tensors: int) -> None:
    """Raise a ModelFormatError if a configuration asks for more layers than the file has tensors.

    It is asked before anything is built: a million layers would take hours or all memory.
    """
    for key, value in config.items():
        if isinstance(value, dict):
            check_repeats(path, value, n_tensors)
        numbers = value if isinstance(value, list | tuple) and key in REPEATS else [value]
        for number in numbers:
            if key in REPEATS and not (isinstance(number, int) and 0 <= number <= n_tensors):
                raise _error(path, f"{key} is {number!r}, but the weights have {n_tensors} tensors")


def check_language_model(base: str | os.PathLike[str]) -> None:
    """Raise an error for a directory that an interrupted run left, or whose configuration ``transformers`` can't use."""
    from transformers.activations import ACT2FN
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    path = Path(base).expanduser()
    check_finished(path)
    if (path / CONFIG).is_file():
        with of_file(path / CONFIG):
            check_transformers(read_json(path / CONFIG), path, ACT2FN, ROPE_INIT_FUNCTIONS)


def is_language_model(path: Path) -> bool:
    """Whether a directory holds a model or an adapter of ``transformers``."""
    if any((path / file).is_file() for file in LANGUAGE_MODEL_FILES):
        return True
    own = (path / CHECKSUMS).exists() or not (path / CONFIG).is_file()
    return not own and is_foreign(read_json(path / CONFIG))


def is_foreign(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is of ``transformers``."""
    return "architectures" in config and str(config.get("model_type")) not in MODULES


def kind_of(path: Path, config: Mapping[str, Any]) -> Kind:
    """The module of the kind that ``config`` names."""
    name = config.get("model_type", DEFAULT)
    if not (isinstance(name, str) and name in MODULES):
        raise _error(path / CONFIG, f"model_type is {name!r}, expected one of {', '.join(MODULES)}")
    return kind(name)


def _error(path: Path, what: str) -> ModelFormatError:
    return ModelFormatError(f"{path}: {what}.")


def _check_files(path: Path) -> None:
    if not path.is_dir():
        msg = f"{path} is not a directory. A model is a directory with {CONFIG}, {WEIGHTS} and {VOCAB}."
        raise FileNotFoundError(msg)
    for name in (CONFIG, WEIGHTS, VOCAB):
        if (path / name).is_file():
            continue
        pickled = sorted(f.name for f in path.iterdir() if f.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl"))
        if name == WEIGHTS and pickled:
            what = (
                f"{name} is missing. {', '.join(pickled)} is not read: such files are pickles, which can run arbitrary "
                "code when opened. If you trust the source, load the file with torch and save its state dictionary with "
                "safetensors.torch.save_file"
            )
        else:
            what = f"{name} is missing; a model directory contains {CONFIG}, {WEIGHTS} and {VOCAB}"
        raise _error(path, what)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    try:
        value = parse_json(path.read_text(encoding="utf-8-sig"), path)
    except ValueError as error:
        raise ModelFormatError(str(error)) from error
    if not isinstance(value, dict):
        raise _error(path, f"must contain a JSON object, found {type(value).__name__}")
    return value


def read_vocab(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(path, f"not UTF-8 ({error})") from error
    return [token for line in text.split("\n") if (token := line.rstrip())]


def read_weights(path: Path) -> dict[str, np.ndarray]:
    import safetensors
    import torch

    try:
        with safetensors.safe_open(path, "pt") as file:
            raw = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except safetensors.SafetensorError as error:
        raise _error(path, f"truncated or not a safetensors file ({error})") from error
    tensors = {}
    for key, tensor in raw.items():
        scaled = raw.get(key.removesuffix(SCALE)) if key.endswith(SCALE) else None
        if scaled is not None and scaled.dtype == torch.int8:
            continue
        if tensor.dtype == torch.int8:
            tensors[key] = _dequantized(path, key, raw).numpy()
        else:
            tensors[key] = (tensor.float() if tensor.is_floating_point() else _positions(path, key, tensor)).numpy()
    return tensors


def _positions(path: Path, key: str, tensor: Any) -> Any:
    """Integers as int32, which all of them must fit."""
    import torch

    if tensor.numel() and (tensor.to(torch.int64) != tensor.to(torch.int32).to(torch.int64)).any():
        raise _error(path, f"{key} contains integers that do not fit 32 bits")
    return tensor.to(torch.int32)


def _dequantized(path: Path, key: str, raw: Mapping[str, Any]) -> Any:
    tensor, scale = raw[key], raw.get(key + SCALE)
    rows = tuple(tensor.shape[:1])
    if scale is None:
        raise _error(path, f"{key} is int8, but {key + SCALE} is missing")
    if tuple(scale.shape) != rows or tensor.ndim != 2:
        found = f"{key} has shape {tuple(tensor.shape)} and {key + SCALE} {tuple(scale.shape)}"
        raise _error(path, f"{found}, expected a matrix and one scale per row")
    return tensor.float() * scale.float()[:, None]


def _plain(tensor: np.ndarray) -> np.ndarray:
    """Convert to float32 in C order; integers are positions and keep their type."""
    dtype = tensor.dtype if tensor.dtype.kind in "iu" else np.float32
    return np.asarray(tensor, dtype=dtype, order="C")


def _quantized(path: Path, key: str, tensor: np.ndarray, how: Quantize) -> dict[str, np.ndarray]:
    """The stored form of one tensor; vectors stay float32: they are small, and gene counts would overflow float16."""
    if tensor.dtype.kind in "iu":
        small = tensor.min(initial=0) >= 0 and tensor.max(initial=0) < 2**16
        return {key: tensor.astype(np.uint16) if small else tensor}
    if how is None or tensor.ndim < 2:
        return {key: tensor}
    if how == "float16":
        if np.abs(tensor).max(initial=0) > np.finfo(np.float16).max:
            raise _error(path / WEIGHTS, f"{key} contains values too large for float16")
        return {key: tensor.astype(np.float16)}
    if how == "int8" and tensor.ndim > 2:
        return {key: tensor}
    if how == "int8":
        largest = np.abs(tensor).max(axis=1, initial=0)
        scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
        return {key: np.rint(tensor / scale[:, None]).astype(np.int8), key + SCALE: scale}
    msg = f"quantize={how!r} must be None, 'float16' or 'int8'."
    raise ValueError(msg)
