"""The language models that are fine-tuned: a small Qwen3, or any causal model of ``transformers``."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from scgsfm.errors import ModelFormatError
from scgsfm.models._extras import offline_as_set
from scgsfm.models._serialization import check_language_model, read_vocab
from scgsfm.regulatory import PlainText, PublishedText

from ._decoder import Regressor
from ._tokenizer import Tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from scgsfm.regulatory import Card, Trace

    from ._decoder import DecoderConfig
    from ._stage_config import StageConfig

VOCAB = "vocab.txt"
HEAD, ABOUT = "regression_head.safetensors", "r3lm.json"
ADAPTER, ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter", "adapter_config.json", "adapter_model.safetensors"
MISSING = "Language models require transformers and peft: pip install 'scgsfm[llm]'."


class Text(Protocol):
    """A tokenizer of cards and traces."""

    pad: int
    end: int

    @property
    def longest(self) -> int | None: ...

    def card(self, card: Card) -> list[int]: ...
    def reader_card(self, card: Card) -> list[int]: ...
    def trace(self, trace: Trace, card: Card, *, conclusion: bool = True) -> list[int]: ...
    def reasoning(self, ids: Iterable[int]) -> list[int]: ...
    def read_trace(self, ids: Iterable[int], card: Card) -> Trace: ...


class Backbone(nn.Module):
    """The hidden states of a ``transformers`` language model, from right-padded ids."""

    def __init__(self, model: nn.Module, pad: int) -> None:
        super().__init__()
        self.model, self.pad = model, pad

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        mask = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
        states: Tensor = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return states


class Reader(Regressor):
    """A regression head on a ``transformers`` language model."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One number for each row."""
        return self.read(self.text_model(ids, lengths), lengths)


def need_transformers() -> Any:
    """Import ``transformers``, or raise an error with the install command."""
    try:
        import peft  # noqa: F401
        import transformers
    except ImportError as error:
        raise ImportError(MISSING) from error
    return transformers


def new_small(tokens: Tokens, config: DecoderConfig) -> nn.Module:
    """A small Qwen3 with random weights and the vocabulary of :class:`Tokens`."""
    transformers = need_transformers()
    settings = asdict(config)
    theta = settings.pop("rope_theta")
    model: nn.Module = transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(
            **settings,
            rope_theta=theta,
            rope_parameters={"rope_type": "default", "rope_theta": theta},
            tie_word_embeddings=True,
            pad_token_id=tokens.pad,
            eos_token_id=tokens.end,
            bos_token_id=None,
            max_position_embeddings=1024,
        )
    )
    return model


def load_base(path: str | os.PathLike[str], config: StageConfig) -> tuple[nn.Module, Text]:
    """Load a causal language model and its tokenizer: compact tokens if the directory has R3LM's ``vocab.txt``, else text.

    ``path`` is a hub id or a directory of ``transformers``, optionally with an adapter in it or in ``adapter``.
    """
    folder = Path(path).expanduser()
    adapter = adapter_in(folder)
    base = base_of(adapter) if adapter and not (folder / "config.json").exists() else path
    model = load_model(base, adapter)
    return (model.merge_and_unload() if adapter else model), load_text(
        folder if (folder / VOCAB).exists() else base, config
    )


@offline_as_set()
def load_model(
    base: str | os.PathLike[str], adapter: Path | None = None, *, writes: bool = True, **options: Any
) -> Any:
    """A language model, with its output layer if it writes, from safetensors: neither pickles nor remote code are read."""
    transformers = need_transformers()
    check_language_model(base)
    kind = transformers.AutoModelForCausalLM if writes else transformers.AutoModel
    options = {key: value for key, value in options.items() if value is not None}
    if "torch_dtype" in options and int(transformers.__version__.partition(".")[0]) >= 5:  # renamed
        options["dtype"] = options.pop("torch_dtype")
    try:
        model = kind.from_pretrained(base, trust_remote_code=False, use_safetensors=True, **options)
    except (ImportError, OSError):
        raise
    except Exception as error:  # of the library, of any type
        msg = f"{base}: transformers can't load the language model: {str(error)[:1000]}"
        raise ModelFormatError(msg) from error
    if adapter is None:
        return model
    if not (adapter / ADAPTER_WEIGHTS).is_file():
        msg = f"{adapter / ADAPTER_WEIGHTS} is missing; adapters in other files, such as pickles, are not read."
        raise ModelFormatError(msg)
    from peft import PeftModel
    from safetensors import SafetensorError

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        try:
            return PeftModel.from_pretrained(model, adapter)
        except (UserWarning, RuntimeError, ValueError, SafetensorError) as error:
            msg = f"{adapter}: the adapter does not fit the base model {base}: {str(error)[:200]}"
            raise ModelFormatError(msg) from error


@offline_as_set()
def load_text(path: str | os.PathLike[str], config: StageConfig) -> Text:
    """The tokenizer of cards and traces for the model in a directory."""
    vocab = Path(path) / VOCAB
    if vocab.is_file() and (lines := read_vocab(vocab))[:1] == ["<unk>"]:
        return Tokens.from_vocab(lines)
    tokenizer = need_transformers().AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    return (PublishedText if config.style == "r3lm" else PlainText)(tokenizer, config.max_length)


def save_text(text: Text, folder: Path) -> None:
    """Write what :func:`load_text` reads."""
    if isinstance(text, Tokens):
        (folder / VOCAB).write_text("".join(f"{token}\n" for token in text.vocab), encoding="utf-8")
    elif isinstance(text, PlainText):
        text.tokenizer.save_pretrained(folder)


def with_adapter(model: nn.Module, config: StageConfig) -> nn.Module:
    """The model with a LoRA adapter on all linear layers but the output, frozen, or unchanged."""
    if not config.adapts:
        return model.requires_grad_(config.finetune != "freeze")
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        bias="none",
    )
    return get_peft_model(model, lora)


def adapter_in(folder: Path) -> Path | None:
    """The directory that holds an adapter: the given one, its subdirectory, or None."""
    return next((path for path in (folder, folder / ADAPTER) if (path / ADAPTER_CONFIG).is_file()), None)


def base_of(adapter: Path) -> str:
    """The base model that an adapter names."""
    import json

    base = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not base:
        msg = f"{adapter / ADAPTER_CONFIG} doesn't name its base model (base_model_name_or_path); add the files of the base model."
        raise ModelFormatError(msg)
    return str(base)
