"""Models to train and to load: made anew, or those of transformers; adapters beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from scgsfm.models._extras import needs

from ._tokenizer import SPECIALS, by_character

if TYPE_CHECKING:
    import os

    from .training._config import TrainConfig

LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""The matrices of a Llama that get adapters."""


def new_llama(config: TrainConfig, tokenizer: Any) -> Any:
    """A small Llama with random weights."""
    with needs("transformers"):
        from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(config.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.hidden_size,
            intermediate_size=config.feed_forward,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.heads,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def load_tokenizer(base: str | os.PathLike[str]) -> Any:
    """The tokeniser of a model, which reads entities by character from here on."""
    with needs("transformers"):
        from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    if set(SPECIALS) <= tokenizer.get_vocab().keys():  # one of ours
        return tokenizer
    return by_character(tokenizer)


def load_base(base: str | os.PathLike[str], *, four_bits: bool = False) -> Any:
    """A causal language model from a folder or the hub of Hugging Face; weights are read from safetensors only."""
    with needs("transformers"):
        from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"use_safetensors": True}
    if four_bits:
        options |= {"quantization_config": _four_bits(), "device_map": {"": torch.cuda.current_device()}}
    return AutoModelForCausalLM.from_pretrained(base, **options)


def _four_bits() -> Any:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        msg = "adapters='qlora' needs bitsandbytes, which is not installed: pip install bitsandbytes, or give 'lora'."
        raise ImportError(msg) from error
    if not torch.cuda.is_available():
        msg = "adapters='qlora' needs a GPU, and torch finds none: give 'lora'."
        raise ValueError(msg)
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)


def with_adapters(module: Any, config: TrainConfig) -> Any:
    """The model frozen, with low-rank adapters :cite:p:`Hu2022` beside all matrices of its layers."""
    with needs("peft"):
        from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if config.adapters == "qlora":
        module = prepare_model_for_kbit_training(module)
    torch.manual_seed(config.seed)
    lora = LoraConfig(r=config.rank, lora_alpha=config.alpha, target_modules=LAYERS, task_type="CAUSAL_LM")
    return get_peft_model(module, lora)


def merge(base: str | os.PathLike[str], adapter: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Add adapters to the weights of their base and write the whole as a model of its own.

    Parameters
    ----------
    base
        The folder or hub id of the model that the adapters were trained beside.
    adapter
        Their folder.
    out
        Where to write the merged model and its tokeniser, as transformers does.

    Returns
    -------
    ``out``.
    """
    with needs("peft"):
        from peft import PeftModel

    merged = PeftModel.from_pretrained(load_base(base), adapter).merge_and_unload()
    merged.save_pretrained(out)
    load_tokenizer(adapter if (Path(adapter) / "tokenizer.json").exists() else base).save_pretrained(out)
    return Path(out)
