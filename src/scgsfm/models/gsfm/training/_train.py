"""Training by Lightning: :func:`train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from scgsfm._logging import logger
from scgsfm.models._serialization import write_folder
from scgsfm.models.training._loop import fit, quiet

from ._calibration import finish
from ._config import TrainConfig
from ._corpus import INFO, Corpus, build_corpus
from ._lightning import GSFMDataModule, GSFMTraining, ProgressReport
from ._model_card import README, model_card, readme
from ._validation import hold_out

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scgsfm.models._serialization import Quantize
    from scgsfm.models.gsfm._modules import SetAutoencoder


def train(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    allowed: Collection[str] | None = None,
    min_count: int = 20,
    min_genes: int = 5,
    name: str = "gsfm",
    licence: str = "not stated",
    validate_every: int = 1000,
    patience: int = 10,
    resume: bool = True,
    accelerator: str = "cpu",
    devices: int = 1,
    quantize: Quantize = None,
) -> Path:
    """Train a GSFM (Clarke et al. 2026) on gene sets and write it as a model folder.

    The model has the weights of the last step, where the learning rate has decayed; if training stopped early, those of
    the validation with the best score. A run that was broken off goes on from its last validation to, on a CPU with as
    many threads, the very weights of an unbroken one.

    Parameters
    ----------
    data
        GMT files or folders of them, whose subfolders are the groups to temper; or a corpus folder already built.
    out
        Folder of the run: ``corpus/``, ``checkpoints/``, ``logs/`` and the finished ``model/``.
    config
        Network, objective and optimisation; the recipe of ``gsfm-base`` if not given.
    allowed
        Genes that may enter the vocabulary; all if not given.
    min_count, min_genes
        Sets that a gene must occur in to enter the vocabulary, and genes of it that a set must hold to be used.
    name, licence
        For the model card.
    validate_every
        Steps between validations; each also writes a checkpoint.
    patience
        Validations without a better score after which training stops.
    resume
        Go on from the last checkpoint in ``out`` where there is one.
    accelerator, devices
        As Lightning's: ``"cpu"``, or ``"gpu"`` and how many. More than one train by DDP, each with batches of its
        own; Lightning then runs the calling script once for each.
    quantize
        How to store the matrices: ``"float16"``, ``"int8"``, or in full precision.

    Returns
    -------
    The model's folder, for :func:`scgsfm.models.load`.

    Raises
    ------
    FileNotFoundError
        There is no GMT file in ``data``.
    ValueError
        An argument is out of range, too few sets are left, or ``out`` holds a run with other data or settings.

    Examples
    --------
    >>> from scgsfm.models.gsfm import TrainConfig, train
    >>> folder = train("my-gene-sets", "my-run", config=TrainConfig(steps=3000))  # doctest: +SKIP
    """
    config = config or TrainConfig()
    _check(validate_every=validate_every, patience=patience, devices=devices)
    if quantize not in (None, "float16", "int8"):
        msg = f"quantize={quantize!r} must be None, 'float16' or 'int8'."
        raise ValueError(msg)
    out = Path(out)
    corpus = _corpus(data, out, allowed, min_count, min_genes)
    train_sets, held_out = hold_out(corpus, config.n_validation, seed=config.seed)
    with quiet(), torch.random.fork_rng():
        trainer, best, report = _trainer(out, config, validate_every, patience, accelerator, devices)
        trainee = GSFMTraining(config, corpus.genes, held_out)
        fit(
            trainer,
            trainee,
            GSFMDataModule(corpus, train_sets, config),
            out / "checkpoints" / "last.ckpt" if resume else None,
        )
        if trainer.is_global_zero:
            step = trainer.global_step
            if step < config.steps:
                logger.info("Stopped at step %s: no better score in %d validations.", f"{step:,}", patience)
                step = _take_weights(trainee, best.best_model_path)
            module, measured = finish(trainee.network, corpus, train_sets, held_out, config)
            measured |= {"steps": trainer.global_step, "weights_step": step, "seconds": round(report.seconds)}
            measured |= {"accelerator": accelerator, "devices": devices}
            card = model_card(name, licence, corpus, config, measured)
            _write(out / "model", module, config, corpus.genes, card, quantize)
    trainer.strategy.barrier()  # other processes return no folder that is not there yet
    return out / "model"


def _write(
    folder: Path,
    module: SetAutoencoder,
    config: TrainConfig,
    genes: list[str],
    card: dict[str, Any],
    quantize: Quantize,
) -> None:
    tensors = {key: tensor.detach().cpu().numpy() for key, tensor in module.state_dict().items()}
    write_folder(folder, config.model(len(genes)), tensors, genes, card, quantize=quantize)
    (folder / README).write_text(readme(card), encoding="utf-8")


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            msg = f"{name}={value!r} must be a whole number of at least 1."
            raise ValueError(msg)


def _corpus(data: Any, out: Path, allowed: Collection[str] | None, min_count: int, min_genes: int) -> Corpus:
    sources = [data] if isinstance(data, str | Path) else list(data)
    if len(sources) == 1 and (Path(sources[0]) / INFO).exists():
        corpus = Corpus.open(sources[0])
    else:
        corpus = build_corpus(sources, out / "corpus", allowed=allowed, min_count=min_count, min_genes=min_genes)
    logger.info("Corpus: %s sets, %s genes.", f"{len(corpus):,}", f"{len(corpus.genes) - 2:,}")
    return corpus


def _trainer(
    out: Path, config: TrainConfig, validate_every: int, patience: int, accelerator: str, devices: int
) -> tuple[pl.Trainer, ModelCheckpoint, ProgressReport]:
    # without the counter, a run that starts anew replaces the files of the one before
    place: dict[str, Any] = {"dirpath": out / "checkpoints", "enable_version_counter": False}
    best = ModelCheckpoint(**place, filename="best", monitor="val_auroc", mode="max")
    last = ModelCheckpoint(**place, filename="last", save_on_train_epoch_end=False)  # at each validation
    report = ProgressReport()
    try:
        trainer = pl.Trainer(
            accelerator=accelerator,
            devices=devices,
            strategy="ddp" if devices > 1 else "auto",
            max_steps=config.steps,
            val_check_interval=validate_every,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            logger=CSVLogger(out, name="logs"),
            callbacks=[report, best, last, EarlyStopping("val_auroc", mode="max", patience=patience)],
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            log_every_n_steps=50,
        )
    except MisconfigurationException as error:
        msg = f"accelerator={accelerator!r}, devices={devices}: {error}"
        raise ValueError(msg) from error
    return trainer, best, report


def _take_weights(trainee: GSFMTraining, path: str) -> int:
    """Give the network the weights of a checkpoint; the step that they are of."""
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    trainee.load_state_dict(checkpoint["state_dict"])
    return checkpoint["global_step"]
