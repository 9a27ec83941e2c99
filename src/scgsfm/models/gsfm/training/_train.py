"""Train a GSFM with Lightning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning.callbacks import EarlyStopping

from scgsfm._logging import logger
from scgsfm.models._serialization import write_folder
from scgsfm.models.training._loop import checkpoints, fit, make_trainer, quiet
from scgsfm.models.training._progress_report import ProgressReport

from ._calibration import finish
from ._config import TrainConfig
from ._corpus import INFO, Corpus, build_corpus
from ._lightning import GSFMTraining, data_module
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

    The model has the weights of the last step, at the end of the learning rate's decay; if training stopped early, those
    of the validation with the best score. An interrupted run resumes from its last validation. On a CPU with the same
    number of threads it ends with exactly the weights of an uninterrupted run.

    Parameters
    ----------
    data
        GMT files or directories of them, whose subdirectories are groups of sets; or a corpus directory already built.
    out
        Directory of the run: ``corpus/``, ``checkpoints/``, ``logs/`` and the finished ``model/``.
    config
        Network, objective and optimization; by default those of a single network for a large corpus.
    allowed
        Genes that may enter the vocabulary; all by default.
    min_count, min_genes
        The number of sets that a gene must occur in to enter the vocabulary, and the number of genes of the vocabulary
        that a set must contain to be used.
    name, licence
        For the model card.
    validate_every
        Steps between validations; each validation also writes a checkpoint.
    patience
        Validations without a better score after which training stops.
    resume
        Resume from the last checkpoint in ``out`` if there is one.
    accelerator, devices
        Devices as Lightning names them: ``"cpu"``, or ``"gpu"`` and the number. Several devices train by DDP, each with
        its own batches; Lightning then runs the calling script once per device.
    quantize
        How to store the matrices: ``"float16"``, ``"int8"``, or by default in full precision.

    Returns
    -------
    The model directory, for :func:`scgsfm.models.load`.

    Raises
    ------
    FileNotFoundError
        There is no GMT file in ``data``.
    ValueError
        An argument is out of range, too few sets remain, or ``out`` contains a run with other data or settings.

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
    best = checkpoints(out / "checkpoints", "best", monitor="val_auroc", mode="max", save_on_train_epoch_end=None)
    early = EarlyStopping("val_auroc", mode="max", patience=patience)
    report = ProgressReport({"val_auroc": "val_auroc"}, batch_size=config.batch_size)
    with quiet(), torch.random.fork_rng():
        trainer = make_trainer(
            out,
            accelerator=accelerator,
            devices=devices,
            max_steps=config.steps,
            validate_every=validate_every,
            callbacks=[report, best, checkpoints(out / "checkpoints"), early],
        )
        module = GSFMTraining(config, corpus.genes, held_out)
        batches = data_module(corpus, train_sets, config)
        fit(trainer, module, batches, out / "checkpoints" / "last.ckpt" if resume else None)
        if trainer.is_global_zero:
            step = trainer.global_step
            if step < config.steps:
                logger.info("Stopped at step %s: no better score in %d validations.", f"{step:,}", patience)
                step = _take_weights(module, best.best_model_path)
            network, measured = finish(module.network, corpus, train_sets, held_out, config)
            measured |= {"steps": trainer.global_step, "weights_step": step, "seconds": round(report.seconds)}
            measured |= {"accelerator": accelerator, "devices": devices}
            card = model_card(name, licence, corpus, config, measured)
            _write(out / "model", network, config, corpus.genes, card, quantize)
    trainer.strategy.barrier()  # the other processes wait until the directory is complete
    return out / "model"


def _write(
    folder: Path,
    network: SetAutoencoder,
    config: TrainConfig,
    genes: list[str],
    card: dict[str, Any],
    quantize: Quantize,
) -> None:
    tensors = {key: tensor.detach().cpu().numpy() for key, tensor in network.state_dict().items()}
    write_folder(folder, config.model(len(genes)), tensors, genes, card, quantize=quantize)
    (folder / README).write_text(readme(card), encoding="utf-8")


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            msg = f"{name}={value!r} must be an integer of at least 1."
            raise ValueError(msg)


def _corpus(data: Any, out: Path, allowed: Collection[str] | None, min_count: int, min_genes: int) -> Corpus:
    sources = [data] if isinstance(data, str | Path) else list(data)
    if len(sources) == 1 and (Path(sources[0]) / INFO).exists():
        corpus = Corpus.open(sources[0])
    else:
        corpus = build_corpus(sources, out / "corpus", allowed=allowed, min_count=min_count, min_genes=min_genes)
    logger.info("Corpus: %s sets, %s genes.", f"{len(corpus):,}", f"{len(corpus.genes) - 2:,}")
    return corpus


def _take_weights(module: GSFMTraining, path: str) -> int:
    """Load the weights of a checkpoint; returns its step."""
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(checkpoint["state_dict"])
    return int(checkpoint["global_step"])
