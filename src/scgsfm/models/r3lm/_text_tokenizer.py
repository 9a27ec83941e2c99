"""Cards and traces as plain text, by the tokeniser of a pretrained language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._card import Card

INSTRUCTION = (
    "You are an expert of regulatory genomics. From the card of a DNA sequence, reason step by step which of its motifs "
    "and features raise or lower its regulatory activity in the given cell type, and conclude a level from 0 to 3.\n\n"
)


class PlainText:
    """Offers what :class:`Tokens` does, for a tokeniser of ``transformers``.

    Parameters
    ----------
    tokenizer
        The tokeniser; its end of sequence also pads, if it has no padding.
    max_length
        Tokens of a card at most.
    """

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        if tokenizer.eos_token_id is None:
            msg = "The tokeniser of the base model has no token for the end of a text (eos_token)."
            raise ValueError(msg)
        self.tokenizer, self.max_length = tokenizer, max_length
        self.end: int = tokenizer.eos_token_id
        self.pad: int = self.end if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    def card(self, card: Card) -> list[int]:
        """The instruction and the card."""
        return self._ids(f"{INSTRUCTION}{card}\n\n")[: self.max_length]

    def trace(self, trace: Trace, card: Card, *, conclusion: bool = True) -> list[int]:
        """The trace, with its conclusion or without, and the end."""
        return [*self._ids(str(trace) if conclusion else trace.reasoning), self.end]

    def read_trace(self, ids: Iterable[int], card: Card) -> Trace:
        """The trace that was generated; a TraceError if it is none."""
        return Trace.parse(self._text(ids))

    def reasoning(self, ids: Iterable[int]) -> list[int]:
        """What was generated without its conclusion, for stage 2, whether it is a whole trace or not."""
        steps = [line for line in self._text(ids).splitlines() if not line.startswith("Activity level:")]
        return [*self._ids("\n".join(steps).rstrip()), self.end]

    def _text(self, ids: Iterable[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]
