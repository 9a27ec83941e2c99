"""Training by Lightning: :func:`train`."""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from scgsfm._logging import logger
from scgsfm.models.gpgpt._llama import load_base, load_tokenizer, merge, new_llama, with_adapters
from scgsfm.models.gpgpt._tokenizer import train_tokenizer
from scgsfm.models.training._loop import fit, quiet

from ._config import TrainConfig
from ._corpus import Corpus
from ._dataset import Encoder, validation
from ._lightning import GPGPTDataModule, GPGPTTraining, ProgressReport

if TYPE_CHECKING:
    from collections.abc import Iterator

CARD = "card.json"


@contextmanager
def _one_tokenizer_thread() -> Iterator[None]:
    """Keep tokenizers from warning that its threads and those of a loader don't go together."""
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

    Stage 1 learns the language of the corpus, with masked spans to fill in. Without a base it trains a small model from
    scratch, all weights. Stage 2 trains adapters on questions, queries and relations; the base stays as it is. A run
    that was broken off goes on from its last validation.

    Parameters
    ----------
    data
        A corpus folder, as :func:`~scgsfm.models.gpgpt.build_corpus` writes it.
    out
        Folder of the run: ``checkpoints/``, ``logs/``, ``adapter/`` where adapters are trained, and the finished
        ``model/``, which transformers reads as well.
    stage
        1 or 2.
    base
        The model to go on from: the folder ``model/`` of a run, or a folder or hub id of transformers, such as a
        Llama 3.
    config
        Sizes, adapters and optimisation.
    validate_every
        Steps between validations; each also writes a checkpoint.
    resume
        Go on from the last checkpoint in ``out`` where there is one.
    merged
        Also write the base with its adapters added to the weights; without it ``adapter/`` is all there is.
    accelerator, devices
        As Lightning's: ``"cpu"``, or ``"gpu"`` and how many.

    Returns
    -------
    The model's folder, or that of the adapters if not ``merged``.

    Raises
    ------
    ImportError
        A package of the extra ``llm`` is missing, or bitsandbytes for ``"qlora"``.
    ValueError
        Stage 2 has no base, or ``out`` holds a run with other data or settings.

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
        msg = "stage=2 adapts a model: give its folder or hub id as base."
        raise ValueError(msg)
    out, corpus = Path(out), Corpus.open(data)
    with quiet(), torch.random.fork_rng(), _one_tokenizer_thread():
        module, tokenizer, adapted = _start(corpus, config, base)
        encoder, report = Encoder(tokenizer), ProgressReport()
        loader: Any = GPGPTDataModule(corpus, encoder, config, stage=stage, base=None if base is None else str(base))
        trainer = _trainer(out, config, validate_every, report, accelerator, devices)
        trainee: Any = GPGPTTraining(module, config)
        fit(trainer, trainee, loader, out / "checkpoints" / "last.ckpt" if resume else None)
        if trainer.is_global_zero:
            measured: dict[str, Any] = {"steps": trainer.global_step, "seconds": round(report.seconds)}
            measured |= {"cpu_seconds": round(report.cpu_seconds), "accelerator": accelerator, "devices": devices}
            measured |= losses(trainee, loader, encoder)
            card = {"stage": stage, "base": base and str(base), "parameters": count(module), **_made()}
            card |= {"corpus": corpus.info, "config": config.as_dict(), **measured}
            _write(out, module, tokenizer, card, base if adapted else None, merged)
    trainer.strategy.barrier()
    return out / ("adapter" if adapted and not merged else "model")


def _start(corpus: Corpus, config: TrainConfig, base: Any) -> tuple[Any, Any, bool]:
    """The model to train, its tokeniser, and whether adapters are all that is trained."""
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
        module = load_base(base, four_bits=adapters == "qlora")
    logger.info("%s parameters, %s tokens.", f"{count(module)['all']:,}", f"{len(tokenizer):,}")
    if adapters != "none":
        module = with_adapters(module, config)
    return module.train(), tokenizer, adapters != "none"


def count(module: torch.nn.Module) -> dict[str, int]:
    """How many parameters a model has, and how many of them are trained."""
    sizes = [(p.numel(), p.requires_grad) for p in module.parameters()]
    return {"all": sum(n for n, _ in sizes), "trained": sum(n for n, trained in sizes if trained)}


def _trainer(
    out: Path, config: TrainConfig, validate_every: int, report: ProgressReport, accelerator: str, devices: int
) -> pl.Trainer:
    last = ModelCheckpoint(
        out / "checkpoints", filename="last", enable_version_counter=False, save_on_train_epoch_end=False
    )
    try:
        return pl.Trainer(
            accelerator=accelerator,
            devices=devices,
            strategy="ddp" if devices > 1 else "auto",
            precision=config.precision,
            max_steps=config.steps,
            val_check_interval=validate_every,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            logger=CSVLogger(out, name="logs"),
            callbacks=[report, last],
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            log_every_n_steps=20,
        )
    except MisconfigurationException as error:
        msg = f"accelerator={accelerator!r}, devices={devices}: {error}"
        raise ValueError(msg) from error


def losses(trainee: GPGPTTraining, loader: GPGPTDataModule, encoder: Encoder) -> dict[str, Any]:
    """Perplexity on the held-out documents of each kind, at most 256 of each."""
    found = {}
    trainee.eval()
    for kind in loader.kinds:
        documents = [document for document in loader.held_out if document.kind == kind][:256]
        total = n = 0.0
        with torch.inference_mode():
            for batch in validation(documents, encoder, loader.config):
                batch = type(batch)(*(part.to(trainee.device) for part in batch))
                size = int((batch.labels >= 0).sum())
                total, n = total + float(trainee(batch)) * size, n + size
        if n:
            found[kind] = round(math.exp(total / n), 3)
    return {"held_out_perplexity": found}


def _write(out: Path, module: Any, tokenizer: Any, card: dict[str, Any], base: Any, merged: bool) -> None:
    written = []
    if base is None:
        module.save_pretrained(out / "model")
        tokenizer.save_pretrained(out / "model")
        written.append(out / "model")
    else:
        module.save_pretrained(out / "adapter")
        tokenizer.save_pretrained(out / "adapter")
        written.append(out / "adapter")
        if merged:
            written.append(merge(base, out / "adapter", out / "model"))
    for folder in written:
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _made() -> dict[str, Any]:
    packages = ("scgsfm", "torch", "transformers", "peft", "tokenizers", "pytorch-lightning")
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "trained_with": {package: version(package) for package in packages},
    }
