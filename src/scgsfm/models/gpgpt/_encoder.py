"""Texts and instructions as tokens."""

from __future__ import annotations

from typing import Any

from ._tokenizer import ANSWER

IGNORED = -100
"""Label of tokens that are not predicted."""


class Encoder:
    """Converts texts and instructions to tokens with the tokenizer of any model."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.begin = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        self.end = [tokenizer.eos_token_id]

    def tokens(self, text: str) -> list[int]:
        """Tokens of a text, without begin and end."""
        tokens: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def text(self, text: str) -> list[int]:
        """Tokens of a complete text."""
        return self.begin + self.tokens(text) + self.end

    def prompt(self, prompt: str) -> list[int]:
        """Tokens of a text to be continued."""
        return self.begin + self.tokens(prompt)

    def instruction(self, prompt: str, answer: str) -> tuple[list[int], int]:
        """Tokens of an instruction with its answer, and the number of tokens before the answer."""
        before = self.prompt(prompt + ANSWER)
        return before + self.tokens(answer) + self.end, len(before)
