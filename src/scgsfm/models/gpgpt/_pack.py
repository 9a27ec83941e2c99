"""Configuration, tensors and vocabulary of a loaded GP-GPT, to write it in the model format of this package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._tokenizer import tokens

if TYPE_CHECKING:
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
