"""A language model fine-tuned to read activity: a ``transformers`` directory, an adapter, and a regression head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from scgsfm.errors import ModelFormatError, TraceError
from scgsfm.models._serialization import read_json

from ._backbone import (
    ABOUT,
    ADAPTER_CONFIG,
    HEAD,
    Backbone,
    Reader,
    adapter_in,
    base_of,
    load_text,
    need_transformers,
)
from ._generation import generate, reader_inputs
from ._stage_config import StageConfig
from ._tokenizer import padded

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scgsfm.regulatory import Card, Trace


class AdaptedR3LM:
    """A language model that predicts activity from cards, with or without reasoning.

    The layout is that of the authors' checkpoints (Duan et al. 2026): a directory or hub id of ``transformers``, an
    adapter of ``peft``, and ``regression_head.safetensors`` with ``reg_norm`` and ``reg_head``. If :func:`train` wrote
    the directory, ``r3lm.json`` holds the cell types and the units of the predictions.

    Parameters
    ----------
    folder
        The directory of stage 2, or of both stages.
    base
        The base model of the adapter, unless it is in the directory or the adapter names it.
    device
        The device that it computes on.
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, base: str | os.PathLike[str] | None = None, device: str = "cpu"
    ) -> None:
        transformers = need_transformers()
        path = Path(folder)
        self.about: dict[str, Any] = read_json(path / ABOUT) if (path / ABOUT).exists() else {}
        self.config = StageConfig(**self.about.get("config", {}))
        adapter = adapter_in(path)
        complete = (path / "config.json").is_file()
        self.base = base or (path if complete or adapter is None else base_of(adapter))
        self.device = torch.device(device)
        model = transformers.AutoModel.from_pretrained(self.base)
        if adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter)
        text_of = path if (path / "vocab.txt").exists() or (path / "tokenizer_config.json").exists() else self.base
        self.text = load_text(text_of, self.config)
        self.reader = Reader(Backbone(model, self.text.pad), model.config.hidden_size)
        _load_head(self.reader, path / HEAD)
        self.reader.eval().to(self.device)
        self._writer: Any = None

    @property
    def cell_types(self) -> list[str]:
        """The cell types that it was trained on; empty if the directory doesn't name them."""
        return list(self.about.get("cell_types", []))

    def merge(self) -> None:
        """Merge the adapter into the weights of the language model, which then no longer needs ``peft``."""
        body = self.reader.text_model
        if hasattr(body.model, "merge_and_unload"):
            body.model = body.model.merge_and_unload()  # type: ignore[operator]

    def reason(self, cards: Sequence[Card]) -> list[Trace | None]:
        """The traces that the base model generates; None where its text is not a trace."""
        texts = generate(self._reasoner, self.text, [self.text.card(card) for card in cards], self.config)
        return [self._trace(ids, card) for ids, card in zip(texts, cards, strict=True)]

    def predict(self, cards: Sequence[Card], *, batch_size: int = 8) -> np.ndarray:
        """Activities in the cell types of the cards (float32, one for each card), with the input of the training.

        Models that were trained on gold reasoning, which knows the measured level, can't predict.
        """
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
                found = self.reader(*(torch.from_numpy(part).to(self.device) for part in (ids, lengths)))
                out[first : first + batch_size] = found.float().cpu().numpy()
        units = self.about.get("units")
        if units is None:
            return out
        cells = [self.cell_types.index(card.cell_type) for card in cards]
        mean, std = np.array(units, np.float32)[cells].T
        return np.asarray(mean + std * out)

    def _trace(self, ids: list[int], card: Card) -> Trace | None:
        try:
            return self.text.read_trace(ids, card)
        except TraceError:
            return None

    @property
    def _reasoner(self) -> Any:
        if self._writer is None:
            model = need_transformers().AutoModelForCausalLM.from_pretrained(self.base)
            self._writer = model.eval().to(self.device)
        return self._writer


def _load_head(reader: Reader, path: Path) -> None:
    import safetensors.torch

    if not path.is_file():
        msg = (
            f"{path} is missing: an R3LM directory holds a model or adapter ({ADAPTER_CONFIG}) and its regression head."
        )
        raise ModelFormatError(msg)
    head = safetensors.torch.load_file(path)
    expected = {key: value.shape for key, value in reader.state_dict().items() if key.startswith("reg_")}
    if (found := {key: value.shape for key, value in head.items()}) != expected:
        msg = f"{path}: expected {_listed(expected)}, found {_listed(found)}."
        raise ModelFormatError(msg)
    reader.load_state_dict(head, strict=False)


def _listed(shapes: dict[str, Any]) -> str:
    return ", ".join(f"{key} {tuple(shape)}" for key, shape in sorted(shapes.items())) or "nothing"
