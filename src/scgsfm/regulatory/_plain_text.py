"""Cards and traces as the token ids of a pretrained language model, whose tokenizer is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._prompts import INSTRUCTION, reader_prompt, writer_prompt
from ._published_trace import read_published_trace, reasoning_prefix, write_published_trace
from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._card import Card


class PlainText:
    """Cards and traces in the words of this package, for a ``transformers`` tokenizer.

    Parameters
    ----------
    tokenizer
        The tokenizer; without a padding token, its end of sequence pads.
    max_length
        Largest number of tokens of a card.
    """

    longest: int | None = None

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        if tokenizer.eos_token_id is None:
            msg = "The tokenizer of the base model has no end of sequence token (eos_token)."
            raise ValueError(msg)
        self.tokenizer, self.max_length = tokenizer, max_length
        self.end: int = tokenizer.eos_token_id
        self.pad: int = self.end if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    def card(self, card: Card) -> list[int]:
        """Encode the instruction and the card."""
        return self._ids(f"{INSTRUCTION}\n\n{card}\n\n")[: self.max_length]

    reader_card = card

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


class PublishedText(PlainText):
    """The prompts of the published weights: a chat for the model that writes, plain text for the one that reads.

    The chat is ChatML, or the chat template of a tokenizer without its marks.
    """

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        super().__init__(tokenizer, max_length)
        self.longest = max_length
        self.chat_end: int | None = tokenizer.get_vocab().get("<|im_end|>")
        self.end = self.end if self.chat_end is None else self.chat_end

    def card(self, card: Card) -> list[int]:
        """Encode the messages of system and user, and the begin of the answer."""
        turns = {"system": writer_prompt(card.cell_type), "user": card.text("r3lm")}
        if self.chat_end is None and self.tokenizer.chat_template:
            chat = [{"role": role, "content": text} for role, text in turns.items()]
            return self._ids(self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))
        if self.chat_end is None:
            return self._ids("\n\n".join([*turns.values(), ""]))
        chatml = [f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns.items()]
        return self._ids("".join([*chatml, "<|im_start|>assistant\n"]))

    def reader_card(self, card: Card) -> list[int]:
        """Encode the instruction and the card as stage 2 reads them."""
        return self._ids(f"{reader_prompt(card.cell_type)}{card.text('r3lm')}\n")

    def trace(self, trace: Trace, card: Card, *, conclusion: bool = True) -> list[int]:
        """Encode the trace and the end, or the trace without its conclusion."""
        text = write_published_trace(trace, card)
        return [*self._ids(f"{text}\n"), self.end] if conclusion else self._ids(f"{reasoning_prefix(text)}\n")

    def read_trace(self, ids: Iterable[int], card: Card) -> Trace:
        """Parse generated reasoning; raise a TraceError if it is malformed."""
        return read_published_trace(self._text(ids), card)

    def reasoning(self, ids: Iterable[int]) -> list[int]:
        """Remove the conclusion of generated text; nothing remains of text without the mark of its end."""
        prefix = reasoning_prefix(self._text(ids))
        return self._ids(f"{prefix}\n") if prefix else []

    def _text(self, ids: Iterable[int]) -> str:
        # the marks of reasoning may be special tokens
        return str(self.tokenizer.decode([i for i in ids if i not in (self.end, self.pad)]))
