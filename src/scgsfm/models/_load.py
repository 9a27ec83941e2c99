"""``models.load``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, overload

from ._locate import find
from ._serialization import kind_of, read_folder

if TYPE_CHECKING:
    from .gpgpt import GPGPT
    from .gsfm import GSFM
    from .r3lm import R3LM


@overload
def load(name: Literal["gpgpt-mini"], *, device: str | None = None) -> GPGPT: ...  # type: ignore[overload-overlap]
@overload
def load(name: Literal["r3lm-mini"], *, device: str | None = None) -> R3LM: ...
@overload
def load(name: str | os.PathLike[str] = "gsfm-base", *, device: str | None = None) -> GSFM: ...
def load(name: str | os.PathLike[str] = "gsfm-base", *, device: str | None = None) -> Any:
    """Load a pretrained model: the embedded one, one of your own, or one of the Hugging Face hub (Clarke et al. 2026).

    A name is looked for among the embedded models, then as a folder, then on the hub. Files of the hub are kept in
    ``settings.cache_dir / "models" / owner / name``; files placed there by hand are used without any download.

    Parameters
    ----------
    name
        A name that :func:`available` lists, the path of a model folder, or a hub id ``owner/name``.
    device
        Where the model computes: ``"cpu"``, ``"cuda"``, …; the CPU if not given.

    Returns
    -------
    The model, ready for use.

    Raises
    ------
    ValueError
        No model has this name, or torch cannot use the device.
    DownloadError
        Files of the hub could not be had; the message names every URL and where to put them by hand.
    ChecksumError
        A file is damaged.
    ModelFormatError
        A file of the folder is missing or broken, or its files disagree.

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gsfm-base")
    >>> model.genes[:2]
    ['<unk>', '<pad>']
    """
    _check_device(device)
    place = find(name)
    folder = read_folder(place.folder, remedy=place.remedy)
    return kind_of(place.folder, folder.config).build(
        folder.config, folder.tensors, folder.vocab, name=os.fspath(name), metadata=folder.card, device=device
    )


def _check_device(device: str | None) -> None:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        msg = f"device={device!r} cannot be used: {error}. Give 'cpu', or leave it out."
        raise ValueError(msg) from error


def as_model(model: str | os.PathLike[str] | GSFM) -> GSFM:
    """The model of that name or in that folder, or the loaded model itself."""
    if isinstance(model, str | os.PathLike):
        return load(model)
    if not hasattr(model, "genes"):
        msg = (
            f"`model` is a {type(model).__name__}, but must be a name, a folder, or what `scgsfm.models.load` returns."
        )
        raise TypeError(msg)
    return model
