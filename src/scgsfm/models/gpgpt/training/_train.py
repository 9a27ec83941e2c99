"""Train a stage of GP-GPT with Lightning."""

from __future__ import annotations

import json
import math
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from scgsfm._logging import logger
from scgsfm._unfinished import unfinished
from scgsfm.models.gpgpt._encoder import Encoder
from scgsfm.models.gpgpt._llama import load_base, load_tokenizer
from scgsfm.models.gpgpt._tokenizer import train_tokenizer
from scgsfm.models.training._loop import checkpoints, fit, make_trainer, quiet
from scgsfm.models.training._progress_report import ProgressReport
from scgsfm.models.training._provenance import provenance

from ._adapters import load_four_bits, merge, new_llama, with_adapters
from ._config import TrainConfig
from ._corpus import Corpus
from ._dataset import validation
from ._lightning import GPGPTTraining, data_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._corpus import Document

CARD = "card.json"


@contextmanager
def _one_tokenizer_thread() -> Iterator[None]:
    """Prevent a warning of tokenizers that its threads conflict with those of a data loader."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before


def train(
    data: str | Path,
    out: str | Path,
    *,
    stage: Literal[1, 2],
    base: str | os.PathLike[str] | None = None,
    config: TrainConfig | None = None,
    validate_every: int = 250,
    resume: bool = True,
    merged: bool = True,
    accelerator: str = "cpu",
    devices: int = 1,
) -> Path:
    """Train one stage of GP-GPT (Lyu et al. 2024): reading the corpus, or following instructions.

    Stage 1 learns the language of the corpus, with masked spans to fill in. Without a base it trains all weights of a
    small model from scratch. Stage 2 trains adapters on questions, queries and relations; the base does not change. An
    interrupted run resumes from its last validation.

    Parameters
    ----------
    data
        A corpus directory, as :func:`~scgsfm.models.gpgpt.build_corpus` writes it.
    out
        Directory of the run: ``checkpoints/``, ``logs/``, ``adapter/`` if adapters are trained, and the finished
        ``model/``, which transformers can read.
    stage
        1 or 2.
    base
        The model to start from: the directory ``model/`` of a run, or a directory or hub id of transformers, such as a
        Llama 3.
    config
        Sizes, adapters and optimization.
    validate_every
        Steps between validations; each validation also writes a checkpoint.
    resume
        Resume from the last checkpoint in ``out`` if there is one.
    merged
        Also write the base with the adapters merged into its weights; otherwise only ``adapter/`` is written.
    accelerator, devices
        Devices as Lightning names them: ``"cpu"``, or ``"gpu"`` and the number.

    Returns
    -------
    The model directory, or that of the adapters if not ``merged``.

    Raises
    ------
    ImportError
        A package of the extra ``llm`` is missing, or bitsandbytes for ``"qlora"``.
    ValueError
        Stage 2 has no base, or ``out`` contains a run with other data or settings.

    Examples
    --------
    >>> from scgsfm.models.gpgpt import TrainConfig, train
    >>> folder = train("my-corpus", "my-run", stage=1, config=TrainConfig(steps=100))  # doctest: +SKIP
    """
    config = config or TrainConfig()
    if stage not in (1, 2):
        msg = f"stage={stage!r} must be 1 or 2."
        raise ValueError(msg)
    if stage == 2 and base is None:
        msg = "stage=2 adapts a model: give its directory or hub id as base."
        raise ValueError(msg)
    out, corpus = Path(out), Corpus.open(data)
    report = ProgressReport({"val_loss": "held-out loss"}, batch_size=config.batch_size)
    with quiet(), torch.random.fork_rng(), _one_tokenizer_thread():
        network, tokenizer, adapted = _start(corpus, config, base)
        encoder = Encoder(tokenizer)
        loader, held_out = data_module(corpus, encoder, config, stage=stage, base=None if base is None else str(base))
        trainer = make_trainer(
            out,
            accelerator=accelerator,
            devices=devices,
            precision=config.precision,
            max_steps=config.steps,
            validate_every=validate_every,
            callbacks=[report, checkpoints(out / "checkpoints")],
            log_every_n_steps=20,
        )
        module = GPGPTTraining(network, config)
        fit(trainer, module, loader, out / "checkpoints" / "last.ckpt" if resume else None)
        if trainer.is_global_zero:
            card: dict[str, Any] = {"stage": stage, "base": base and str(base), "parameters": count(network)}
            card |= provenance("transformers", "peft", "tokenizers")
            card |= {"corpus": corpus.info, "config": config.as_dict()}
            card |= {"steps": trainer.global_step, "seconds": round(report.seconds)}
            card |= {"cpu_seconds": round(report.cpu_seconds), "accelerator": accelerator, "devices": devices}
            card |= {"held_out_perplexity": perplexity(module, held_out, encoder)}
            _write(out, network, tokenizer, card, base if adapted else None, merged)
    trainer.strategy.barrier()
    return out / ("adapter" if adapted and not merged else "model")


def _start(corpus: Corpus, config: TrainConfig, base: Any) -> tuple[Any, Any, bool]:
    """The model to train, its tokenizer, and whether only adapters are trained."""
    adapters = config.adapters
    if adapters == "auto":
        adapters = "none" if base is None else "lora"
    if base is None:
        tokenizer = train_tokenizer(
            (d.prompt + d.text for d in corpus.documents if not d.held_out), vocab_size=config.vocab_size
        )
        module = new_llama(config, tokenizer)
    else:
        tokenizer = load_tokenizer(base)
        module = load_four_bits(base) if adapters == "qlora" else load_base(base)
    logger.info("%s parameters, %s tokens.", f"{count(module)['all']:,}", f"{len(tokenizer):,}")
    if adapters != "none":
        module = with_adapters(module, config)
    return module.train(), tokenizer, adapters != "none"


def count(module: torch.nn.Module) -> dict[str, int]:
    """The number of parameters of a model, and of those that are trained."""
    sizes = [(p.numel(), p.requires_grad) for p in module.parameters()]
    return {"all": sum(n for n, _ in sizes), "trained": sum(n for n, trained in sizes if trained)}


def perplexity(module: GPGPTTraining, held_out: Sequence[Document], encoder: Encoder) -> dict[str, float]:
    """Perplexity on the held-out documents of each kind, at most 256 per kind."""
    found = {}
    module.eval()
    for kind in dict.fromkeys(document.kind for document in held_out):
        documents = [document for document in held_out if document.kind == kind][:256]
        total = n = 0.0
        with torch.inference_mode():
            for batch in validation(documents, encoder, module.config):
                moved = type(batch)(*(part.to(module.device) for part in batch))
                size = int((moved.labels >= 0).sum())
                total, n = total + float(module(moved)) * size, n + size
        if n:
            found[kind] = round(math.exp(total / n), 3)
    return found


def _write(out: Path, module: Any, tokenizer: Any, card: dict[str, Any], base: Any, merged: bool) -> None:
    text = json.dumps(card, indent=2) + "\n"
    with unfinished(out / ("model" if base is None else "adapter")) as folder:
        module.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        (folder / CARD).write_text(text, encoding="utf-8")
    if base is not None and merged:
        (merge(base, folder, out / "model") / CARD).write_text(text, encoding="utf-8")
