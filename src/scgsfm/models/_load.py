"""``models.load``."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from ._fork import prepare_process
from ._locate import find
from ._registry import LANGUAGE_MODEL
from ._serialization import is_language_model, kind_of, read_folder

if TYPE_CHECKING:
    from .gpgpt import GPGPT
    from .gsfm import GSFM
    from .r3lm import R3LM


@overload
def load(name: Literal["gpgpt-mini"], *, device: str | None = None) -> GPGPT: ...  # type: ignore[overload-overlap]
@overload
def load(name: Literal["r3lm-mini"], *, device: str | None = None) -> R3LM: ...  # type: ignore[overload-overlap]
@overload
def load(name: str | os.PathLike[str] = "gsfm-base", *, device: str | None = None, **options: Any) -> GSFM: ...
def load(name: str | os.PathLike[str] = "gsfm-base", *, device: str | None = None, **options: Any) -> Any:
    """Load a pretrained model: an embedded one, your own, or one from the Hugging Face hub (Clarke et al. 2026).

    A name is searched among the embedded models, then as a directory, then on the hub. Files from the hub are kept in
    ``settings.cache_dir / "models" / owner / name``; files that you place there are used without a download. Each call
    reads the files and returns a new object.

    Parameters
    ----------
    name
        A name that :func:`available` lists, the path of a model directory, or a hub id ``owner/name``.
    device
        The device that the model computes on, such as ``"cpu"`` (the default) or ``"cuda"``.
    options
        For language models of R3LM (directories or hub ids of ``transformers``): ``base``, ``torch_dtype``, ``device_map`` and
        ``style``, see :class:`scgsfm.models.r3lm.AdaptedR3LM`.

    Returns
    -------
    The model, with the attributes of :class:`Model`.

    Raises
    ------
    ValueError
        No model has this name, or torch cannot use the device.
    DownloadError
        Files could not be downloaded from the hub; the message lists the URLs and where to place the files manually.
    ChecksumError
        A file is damaged.
    ModelFormatError
        A file of the directory is missing or invalid, or its files are inconsistent.

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gsfm-base")
    >>> model.genes[:2]
    ['<unk>', '<pad>']
    """
    prepare_process()
    _check_device(device)
    found = find(name)
    if is_language_model(found.directory):
        return import_module(LANGUAGE_MODEL).AdaptedR3LM(name, device=device, **options)
    if options:
        msg = f"{', '.join(options)}: only language models have these options, and {os.fspath(name)!r} is none."
        raise ValueError(msg)
    files = read_folder(found.directory, remedy=found.remedy)
    return kind_of(found.directory, files.config).build(
        files.config, files.tensors, files.vocab, name=os.fspath(name), metadata=files.card, device=device
    )


def _check_device(device: str | None) -> None:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        msg = f"device={device!r} cannot be used: {error}. Give 'cpu', or omit it."
        raise ValueError(msg) from error
