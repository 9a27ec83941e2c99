"""Causal language models and tokenizers of transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm.models._extras import needs, offline_as_set
from scgsfm.models._serialization import check_language_model

from ._tokenizer import SPECIALS, by_character

if TYPE_CHECKING:
    import os


@offline_as_set()
def load_tokenizer(base: str | os.PathLike[str]) -> Any:
    """Load the tokenizer of a model; from now on, it splits tagged entities into characters."""
    with needs("transformers"):
        from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(base)
    if set(SPECIALS) <= tokenizer.get_vocab().keys():  # a tokenizer of this package
        return tokenizer
    return by_character(tokenizer)


@offline_as_set()
def load_base(base: str | os.PathLike[str], **options: Any) -> Any:
    """Load a causal language model from a directory or the Hugging Face hub; weights must be safetensors.

    ``options`` are those of ``from_pretrained`` of transformers.
    """
    with needs("transformers"):
        from transformers import AutoModelForCausalLM

    check_language_model(base)
    return AutoModelForCausalLM.from_pretrained(base, use_safetensors=True, **options)
