"""A language model of R3LM: a ``transformers`` directory, an adapter, and a regression head, as far as there is one."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from scgsfm._config_fields import check_about
from scgsfm._unfinished import check_finished
from scgsfm.errors import ModelFormatError, TraceError
from scgsfm.models._locate import find
from scgsfm.models._serialization import check_language_model, read_json, read_weights
from scgsfm.motifs import Motifs
from scgsfm.regulatory import build_cards

from ._backbone import ABOUT, ADAPTER_CONFIG, HEAD, Backbone, Reader, adapter_in, base_of, load_model, load_text
from ._generation import generate, reader_inputs, sampling_seed
from ._stage_config import StageConfig
from ._tokenizer import padded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scgsfm.regulatory import Card, CardStyle, Trace

TOP_K = 50
"""Number of tokens that are sampled from, as in the publication."""


class AdaptedR3LM:
    """A language model that writes reasoning from cards, and predicts activity if it has a regression head.

    The layout is that of the authors' checkpoints (Duan et al. 2026): a directory or hub id of ``transformers``, with
    weights in one or several safetensors files, or an adapter of ``peft`` over a base model; and
    ``regression_head.safetensors`` with ``reg_norm`` and ``reg_head``, which published models of stage 1 lack. If
    :func:`train` wrote the directory, ``r3lm.json`` holds the cell types and the units of the predictions. Neither pickles
    nor code of a model are loaded.

    Parameters
    ----------
    folder
        The directory or hub id of stage 1, stage 2, or both stages.
    base
        The base model of the adapter, unless it is in the directory or the adapter names it.
    device
        The device that it computes on, unless ``device_map`` is given.
    torch_dtype, device_map
        As in ``from_pretrained`` of ``transformers``, such as ``torch.bfloat16`` or ``"auto"``; a device map requires
        ``accelerate``.
    style
        How the model reads cards: by default as :func:`train` wrote them, and for other models as published; see
        :meth:`Card.text`.
    """

    kind = "r3lm-text"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        base: str | os.PathLike[str] | None = None,
        device: str | None = None,
        torch_dtype: Any = None,
        device_map: Any = None,
        style: CardStyle | None = None,
    ) -> None:
        self.name, self._folder = os.fspath(folder), find(folder).directory
        path = self._folder
        check_finished(path)
        self.about: dict[str, Any] = read_json(path / ABOUT) if (path / ABOUT).exists() else {}
        check_about(self.about, path / ABOUT, known=StageConfig.__dataclass_fields__)
        self.config = StageConfig(**self.about.get("config", {"style": "r3lm"}))
        self.config = replace(self.config, style=style or self.config.style)
        self._adapter = adapter_in(path)
        own = path if (path / "config.json").is_file() else self.about.get("base")
        named = base or (base_of(self._adapter) if self._adapter and own != path else own)
        if named is None:
            msg = f"{path} holds no language model: it needs config.json, or an adapter ({ADAPTER_CONFIG}), or give `base`."
            raise ModelFormatError(msg)
        self.base: str | os.PathLike[str] = named
        check_language_model(named)
        self._options = {"torch_dtype": torch_dtype, "device_map": device_map}
        self._device = None if device_map is not None else torch.device(device or "cpu")
        text_of = path if (path / "vocab.txt").exists() or (path / "tokenizer_config.json").exists() else self.base
        self.text = load_text(text_of, self.config)
        self.has_head = (path / HEAD).is_file()
        _ = self.reader if self.has_head else self._reasoner  # now, so that errors are not raised by a later call

    def __repr__(self) -> str:
        does = "predicts activity and writes reasoning" if self.has_head else "writes reasoning (no regression head)"
        return f"AdaptedR3LM {self.name!r}: {does}, cards as {self.config.style!r}"

    @property
    def metadata(self) -> dict[str, Any]:
        """What ``r3lm.json`` says of the training; empty without it."""
        return self.about

    @property
    def device(self) -> torch.device:
        """The device that it computes on, the first of several."""
        found: torch.device = next((self.reader if self.has_head else self._reasoner).parameters()).device
        return found

    @cached_property
    def reader(self) -> Reader:
        """The language model with its regression head."""
        if not self.has_head:
            msg = (
                f"{self._folder / HEAD} is missing: without a regression head this model writes reasoning (`reason`), but "
                "predicts no activity. Train one on measured activities: train(..., stage=2, base=…)."
            )
            raise ModelFormatError(msg)
        model = load_model(self.base, self._adapter, writes=False, **self._options)
        reader = Reader(Backbone(model, self.text.pad), model.config.hidden_size)
        _load_head(reader, self._folder / HEAD)
        return reader.eval().to(self._device or next(model.parameters()).device)

    @property
    def cell_types(self) -> list[str]:
        """The cell types that it was trained on; empty if the directory doesn't name them."""
        return list(self.about.get("cell_types", []))

    def merge(self) -> None:
        """Merge the adapter into the weights of the language model, which then no longer needs ``peft``."""
        body = self.reader.text_model
        if hasattr(body.model, "merge_and_unload"):
            body.model = body.model.merge_and_unload()  # type: ignore[operator]

    def cards(self, sequences: Sequence[str], cell_type: str, *, motifs: Motifs | None = None) -> list[Card]:
        """The cards of sequences, with hits by FIMO if the model reads cards as published; JASPAR 2026 by default."""
        return build_cards(
            sequences, cell_type, self._motifs if motifs is None else motifs, fimo=self.config.style == "r3lm"
        )

    def reason(self, cards: Sequence[Card]) -> list[Trace | None]:
        """The most likely traces; None where the text of the model is not a trace."""
        return self._traces(cards)

    def sample_traces(
        self,
        cards: Sequence[Card],
        n: int = 5,
        *,
        temperature: float = 0.95,
        top_p: float = 0.7,
        rng: int | np.random.Generator | None = 0,
    ) -> list[list[Trace]]:
        """Sample ``n`` texts for each card as :meth:`R3LM.sample_traces` does; those that are not traces are left out."""
        seed = sampling_seed(n, temperature, top_p, rng)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            found = self._traces(
                [card for card in cards for _ in range(n)], temperature=temperature, top_p=top_p, top_k=TOP_K
            )
        return [[trace for trace in found[i : i + n] if trace is not None] for i in range(0, len(found), n)]

    def predict(self, cards: Sequence[Card], *, batch_size: int = 8) -> np.ndarray:
        """Activities in the cell types of the cards (float32, one for each card), with the input of the training.

        Models that were trained on gold reasoning, which knows the measured level, can't predict.
        """
        _ = self.reader  # an error without a head
        if self.config.mode == "gold":
            msg = "This model was trained on gold reasoning, which requires the measured activity: it gives an upper bound only."
            raise ValueError(msg)
        model = self._reasoner if self.config.mode == "generated" else None
        return self.read(reader_inputs(model, self.text, cards, self.config), cards, batch_size=batch_size)

    def read(self, rows: Sequence[list[int]], cards: Sequence[Card], *, batch_size: int = 8) -> np.ndarray:
        """Activities from token ids that :func:`reader_inputs` returned for the cards."""
        out = np.empty(len(rows), np.float32)
        with torch.inference_mode():
            for first in range(0, len(rows), batch_size):
                ids, lengths = padded(rows[first : first + batch_size], self.text.pad)
                device = self.reader.reg_head.weight.device
                found = self.reader(*(torch.from_numpy(part).to(device) for part in (ids, lengths)))
                out[first : first + batch_size] = found.float().cpu().numpy()
        units = self.about.get("units")
        if units is not None:
            if absent := sorted({card.cell_type for card in cards} - set(self.cell_types)):
                msg = f"`cards` are of {', '.join(absent)}, but {self.name} predicts {', '.join(self.cell_types)}."
                raise ValueError(msg)
            cells = [self.cell_types.index(card.cell_type) for card in cards]
            mean, std = np.array(units, np.float32)[cells].reshape(-1, 2).T
            out = mean + std * out
        if not np.isfinite(out).all():
            msg = f"{self.name}: the predictions are not finite, so its weights are damaged."
            raise ModelFormatError(msg)
        return out

    @cached_property
    def _motifs(self) -> Motifs:
        return Motifs.embedded()

    def _traces(self, cards: Sequence[Card], **sampling: Any) -> list[Trace | None]:
        texts = generate(self._reasoner, self.text, [self.text.card(card) for card in cards], self.config, **sampling)
        return [self._trace(ids, card) for ids, card in zip(texts, cards, strict=True)]

    def _trace(self, ids: list[int], card: Card) -> Trace | None:
        try:
            return self.text.read_trace(ids, card)
        except TraceError:
            return None

    @cached_property
    def _reasoner(self) -> Any:
        # with a head, the adapter is that of the reader
        model = load_model(self.base, None if self.has_head else self._adapter, **self._options).eval()
        return model if self._device is None else model.to(self._device)


def _load_head(reader: Reader, path: Path) -> None:
    head = {key: torch.from_numpy(tensor) for key, tensor in read_weights(path).items()}
    expected = {key: value.shape for key, value in reader.state_dict().items() if key.startswith("reg_")}
    if (found := {key: value.shape for key, value in head.items()}) != expected:
        msg = f"{path}: expected {_listed(expected)}, found {_listed(found)}."
        raise ModelFormatError(msg)
    reader.load_state_dict(head, strict=False)


def _listed(shapes: dict[str, Any]) -> str:
    return ", ".join(f"{key} {tuple(shape)}" for key, shape in sorted(shapes.items())) or "nothing"
