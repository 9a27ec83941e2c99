"""Serialization of GP-GPT in the model format of this package, with its own tokenizer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from scgsfm.models._extras import needs

from ._gpgpt import GPGPT
from ._tokenizer import assemble, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

TIED = "lm_head.weight"
"""The output matrix, which is tied to the input embeddings and not stored."""
_KEPT = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "max_position_embeddings", "tie_word_embeddings", "rms_norm_eps"),
    *("bos_token_id", "eos_token_id", "pad_token_id"),
)


def pack(module: Any, tokenizer: Any) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
    """Configuration, tensors and vocabulary for :func:`~scgsfm.models._serialization.write_folder`.

    The merge rules of the tokenizer become part of the configuration.
    """
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    lines = "\n".join(merge if isinstance(merge, str) else " ".join(merge) for merge in merges)
    llama = {key: getattr(module.config, key) for key in _KEPT}
    config = {"model_type": "gpgpt", "vocab_size": llama["vocab_size"], "llama": llama, "merges": lines}
    tensors = {key: tensor.detach().float().cpu().numpy() for key, tensor in module.state_dict().items() if key != TIED}
    return config, tensors, tokens(tokenizer)


def shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Expected shape of each stored tensor."""
    with torch.device("meta"):
        state = _llama(config).state_dict()
    return {key: tuple(tensor.shape) for key, tensor in state.items() if key != TIED}


def build(config: Mapping[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> GPGPT:
    """Build a model from its configuration, tensors and vocabulary."""
    with torch.random.fork_rng():
        module = _llama(config)
    state = {key: torch.from_numpy(tensor) for key, tensor in tensors.items()}
    module.load_state_dict(state | {TIED: state["model.embed_tokens.weight"]})
    return GPGPT(module, assemble(vocab, filter(None, config["merges"].split("\n"))), **about)


def _llama(config: Mapping[str, Any]) -> Any:
    with needs("transformers"):
        from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**config["llama"]))
