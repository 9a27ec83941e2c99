"""Training by Lightning, from Python (:func:`train`) and from the shell (``scgsfm train gsfm``)."""

from __future__ import annotations

import argparse
import time
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from torch.utils.data import DataLoader

from scgsfm._logging import logger
from scgsfm.models._folder import write_folder

from ._batches import Draws
from ._config import TrainConfig
from ._corpus import Corpus, build_corpus
from ._finish import finish
from ._lightning import Trainee

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class _Data(pl.LightningDataModule):
    """Draws for training, and one empty batch that triggers a validation."""

    def __init__(self, corpus: Corpus, train: np.ndarray, config: TrainConfig) -> None:
        super().__init__()
        self.corpus, self.train, self.config = corpus, train, config

    def train_dataloader(self) -> DataLoader:
        trainer = self.trainer
        draws = Draws(self.corpus, self.train, self.config, rank=trainer.global_rank)
        draws.start = trainer.global_step
        return DataLoader(draws, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        return DataLoader([0])


def train(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    allowed: Collection[str] | None = None,
    name: str = "gsfm",
    validate_every: int = 1000,
    patience: int = 10,
    resume: bool = True,
    accelerator: str = "cpu",
    devices: int = 1,
    quantize: str | None = None,
) -> Path:
    """Train a GSFM on gene sets and write it as a model folder.

    Parameters
    ----------
    data
        GMT files or folders of them, whose subfolders are the groups to temper; or a corpus folder already built.
    out
        Folder of the run: ``corpus/``, ``checkpoints/``, ``logs/`` and the finished ``model/``.
    config
        Network, objective and optimisation.
    allowed
        Genes that may enter the vocabulary.
    name
        Name on the model card.
    validate_every
        Steps between validations; each also writes a checkpoint.
    patience
        Validations without a better score after which training stops.
    resume
        Go on from the last checkpoint in ``out`` where there is one.
    accelerator, devices
        As Lightning's: ``"cpu"``, or ``"gpu"`` and how many (more than one trains by DDP).
    quantize
        How to store the weights: ``"float16"``, ``"int8"``, or full precision.

    Returns
    -------
    The model's folder.
    """
    config = config or TrainConfig()
    out = Path(out)
    corpus = _corpus(data, out, allowed)
    train_sets, held_out = hold_out(corpus, config)
    pl.seed_everything(config.seed, verbose=False)
    checkpoints = ModelCheckpoint(out / "checkpoints", save_last=True, save_top_k=1, monitor="val_auroc", mode="max")
    trainer = pl.Trainer(
        accelerator=accelerator,
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
        max_steps=config.steps,
        val_check_interval=min(validate_every, config.steps),
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        logger=CSVLogger(out, name="logs", version=""),
        callbacks=[checkpoints, EarlyStopping("val_auroc", mode="max", patience=patience, verbose=True)],
        enable_model_summary=False,
        log_every_n_steps=50,
    )
    trainee = Trainee(config, corpus.genes, held_out)
    last = out / "checkpoints" / "last.ckpt"
    start = time.perf_counter()
    trainer.fit(
        trainee, datamodule=_Data(corpus, train_sets, config), ckpt_path=last if resume and last.exists() else None
    )
    if trainer.is_global_zero:
        module, measured = finish(trainee.network, corpus, train_sets, held_out, config)
        card = {
            "name": name,
            "trained_with": {p: version(p) for p in ("scgsfm", "torch", "pytorch-lightning", "numpy")},
            "corpus": corpus.info,
            "config": config.as_dict(),
            "steps": trainer.global_step,
            "seconds": round(time.perf_counter() - start),
            **measured,
        }
        tensors = {k: v.detach().cpu().numpy() for k, v in module.state_dict().items()}
        write_folder(out / "model", config.model(len(corpus.genes)), tensors, corpus.genes, card, quantize=quantize)
    return out / "model"


def hold_out(corpus: Corpus, config: TrainConfig) -> tuple[np.ndarray, tuple[list[np.ndarray], list[np.ndarray]]]:
    """Sets to train on, and seen and hidden halves of the sets kept for validation (at least ten genes each)."""
    rng = np.random.default_rng([config.seed, 1])
    sizes = np.diff(corpus.indptr)
    large = np.flatnonzero((sizes >= 10) & (sizes <= 500))
    kept = rng.choice(large, min(config.n_validation, len(large) // 10), replace=False)
    seen, hidden = [], []
    for i in kept:
        genes = rng.permutation(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]].astype(np.int64))
        seen.append(genes[: len(genes) // 2])
        hidden.append(genes[len(genes) // 2 :])
    return np.setdiff1d(np.arange(len(corpus)), kept), (seen, hidden)


def _corpus(data: Any, out: Path, allowed: Collection[str] | None) -> Corpus:
    sources = [data] if isinstance(data, str | Path) else list(data)
    if len(sources) == 1 and (Path(sources[0]) / "corpus.json").exists():
        return Corpus.open(sources[0])
    if (out / "corpus" / "corpus.json").exists():
        logger.info("Using the corpus in %s.", out / "corpus")
        return Corpus.open(out / "corpus")
    corpus = build_corpus(sources, out / "corpus", allowed=allowed)
    logger.info("Corpus: %s sets, %s genes.", f"{len(corpus):,}", f"{len(corpus.genes) - 2:,}")
    return corpus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``scgsfm train gsfm``: those of :func:`train`, and every setting of :class:`TrainConfig`."""
    parser.add_argument("--data", nargs="+", required=True, help="GMT files, folders of them, or a corpus folder")
    parser.add_argument("-o", "--out", required=True, help="folder of the run")
    parser.add_argument("--name", default="gsfm", help="name on the model card")
    parser.add_argument("--genes", help="file with the genes that may enter the vocabulary, one a line")
    parser.add_argument("--validate-every", type=int, default=1000)
    parser.add_argument("--patience", type=int, default=10)
    parser.add_argument("--restart", action="store_true", help="do not resume from the last checkpoint")
    parser.add_argument("--accelerator", default="cpu")
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--quantize", choices=["float16", "int8"])
    for field in fields(TrainConfig):
        option = "--" + field.name.replace("_", "-")
        default: Any = field.default
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        elif isinstance(default, tuple):
            parser.add_argument(option, nargs=2, type=float, default=default)
        else:
            parser.add_argument(option, type=type(default), default=default)


def run(args: argparse.Namespace) -> None:
    """Train as the arguments say."""
    settings = {field.name: getattr(args, field.name) for field in fields(TrainConfig)}
    config = replace(TrainConfig(), **{**settings, "visible": tuple(settings["visible"])})
    folder = train(
        args.data,
        args.out,
        config=config,
        allowed=set(Path(args.genes).read_text().split()) if args.genes else None,
        name=args.name,
        validate_every=args.validate_every,
        patience=args.patience,
        resume=not args.restart,
        accelerator=args.accelerator,
        devices=args.devices,
        quantize=args.quantize,
    )
    logger.info("Wrote %s", folder)
