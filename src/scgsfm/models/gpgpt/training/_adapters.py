"""Models to train: new ones, ones loaded in four bits, and low-rank adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from scgsfm._unfinished import unfinished
from scgsfm.models._extras import needs
from scgsfm.models.gpgpt._llama import load_base, load_tokenizer

if TYPE_CHECKING:
    import os

    from ._config import TrainConfig

LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""Matrices of a Llama with adapters."""


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


def load_four_bits(base: str | os.PathLike[str]) -> Any:
    """Load a causal language model with weights quantized to four bits :cite:p:`Dettmers2023`."""
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        msg = "adapters='qlora' needs bitsandbytes, which is not installed: pip install bitsandbytes, or give 'lora'."
        raise ImportError(msg) from error
    if not torch.cuda.is_available():
        msg = "adapters='qlora' needs a GPU, but torch finds none: give 'lora'."
        raise ValueError(msg)
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig
    config = make(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return load_base(base, quantization_config=config, device_map={"": torch.cuda.current_device()})


def with_adapters(module: Any, config: TrainConfig) -> Any:
    r"""Freeze a model and add low-rank adapters :cite:p:`Hu2022` to all matrices of its layers.

    A matrix becomes :math:`W + \frac{\alpha}{r} BA` with the trained factors :math:`A` and :math:`B` of rank :math:`r`.
    """
    with needs("peft"):
        from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    prepare: Any = prepare_model_for_kbit_training
    if config.adapters == "qlora":
        module = prepare(module)
    torch.manual_seed(config.seed)
    lora = LoraConfig(r=config.rank, lora_alpha=config.alpha, target_modules=LAYERS, task_type="CAUSAL_LM")
    return get_peft_model(module, lora)


def merge(base: str | os.PathLike[str], adapter: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Add adapters to the weights of their base model and write the merged model.

    Parameters
    ----------
    base
        Directory or hub id of the model that the adapters were trained with.
    adapter
        Directory of the adapters.
    out
        Directory to write the merged model and its tokenizer to, in the layout of transformers.

    Returns
    -------
    ``out``.
    """
    with needs("peft"):
        from peft import PeftModel

    merged = PeftModel.from_pretrained(load_base(base), adapter).merge_and_unload()
    tokenizer = load_tokenizer(adapter if (Path(adapter) / "tokenizer.json").exists() else base)
    with unfinished(Path(out)) as folder:  # which may be the base, so that it is read first
        merged.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder
