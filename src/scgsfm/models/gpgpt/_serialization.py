"""Serialization of GP-GPT in the model format of this package, with its own tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from scgsfm._config_fields import check_gpgpt
from scgsfm.errors import ModelFormatError
from scgsfm.models._extras import needs

from ._gpgpt import GPGPT
from ._pack import TIED
from ._tokenizer import assemble

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


def shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Expected shape of each stored tensor."""
    check_gpgpt(config)
    with torch.device("meta"):
        state = _llama(config).state_dict()
    return {key: tuple(tensor.shape) for key, tensor in state.items() if key != TIED}


def build(config: Mapping[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> GPGPT:
    """Build a model from its configuration, tensors and vocabulary."""
    with torch.random.fork_rng():
        module = _llama(config)
    state = {key: torch.from_numpy(tensor) for key, tensor in tensors.items()}
    module.load_state_dict(state | {TIED: state["model.embed_tokens.weight"]})
    try:
        tokenizer = assemble(vocab, filter(None, config["merges"].split("\n")))
    except Exception as error:  # the library has no type of its own
        msg = f"{about['name']}: vocabulary and merges don't form a tokenizer ({error})."
        raise ModelFormatError(msg) from error
    return GPGPT(module, tokenizer, **about)


def _llama(config: Mapping[str, Any]) -> Any:
    with needs("transformers"):
        from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**config["llama"]))
