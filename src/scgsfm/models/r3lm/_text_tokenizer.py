"""Cards and traces as plain text, for the tokenizer of a pretrained language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm.regulatory import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scgsfm.regulatory import Card

INSTRUCTION = (
    "You are an expert of regulatory genomics. From the card of a DNA sequence, reason step by step which of its motifs "
    "and features raise or lower its regulatory activity in the given cell type, and conclude a level from 0 to 3.\n\n"
)


class PlainText:
    """The methods of :class:`Tokens` for a ``transformers`` tokenizer. Text needs no card to be encoded or parsed.

    Parameters
    ----------
    tokenizer
        The tokenizer; without a padding token, its end of sequence pads.
    max_length
        Largest number of tokens of a card.
    """

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        if tokenizer.eos_token_id is None:
            msg = "The tokenizer of the base model has no end of sequence token (eos_token)."
            raise ValueError(msg)
        self.tokenizer, self.max_length = tokenizer, max_length
        self.end: int = tokenizer.eos_token_id
        self.pad: int = self.end if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    def card(self, card: Card) -> list[int]:
        """Encode the instruction and the card."""
        return self._ids(f"{INSTRUCTION}{card}\n\n")[: self.max_length]

    def trace(self, trace: Trace, card: Card, *, conclusion: bool = True) -> list[int]:  # noqa: ARG002
        """Encode the trace, with or without its conclusion, and the end."""
        return [*self._ids(str(trace) if conclusion else trace.reasoning), self.end]

    def read_trace(self, ids: Iterable[int], card: Card) -> Trace:  # noqa: ARG002
        """Parse a generated trace; raise a TraceError if it is malformed."""
        return Trace.parse(self._text(ids))

    def reasoning(self, ids: Iterable[int]) -> list[int]:
        """Remove the conclusion of generated text, which may be malformed, for stage 2."""
        steps = [line for line in self._text(ids).splitlines() if not line.startswith("Activity level:")]
        return [*self._ids("\n".join(steps).rstrip()), self.end]

    def _text(self, ids: Iterable[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
