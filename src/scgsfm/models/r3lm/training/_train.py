"""``models.r3lm.train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._logging import logger
from scgsfm.models.r3lm._backbone import load_base
from scgsfm.models.r3lm._generation import reader_inputs
from scgsfm.models.r3lm._pretrained import AdaptedR3LM
from scgsfm.models.r3lm._stage_config import StageConfig
from scgsfm.models.training._provenance import provenance
from scgsfm.motifs import Motifs
from scgsfm.regulatory import fit_measured, make_examples, read_measured, units_of

from ._finetune import save_stage, train_stage1, train_stage2

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scgsfm.regulatory import Examples


def train(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    stage: int,
    base: str | os.PathLike[str],
    cell_types: Sequence[str],
    held_out: Sequence[int] = (),
    motifs: str | os.PathLike[str] = "jaspar2026",
    limit: int | None = None,
    config: StageConfig | None = None,
    **trainer: Any,
) -> Path:
    """Train a stage of R3LM on measured sequences (Duan et al. 2026).

    Stage 1 trains a causal language model to write reasoning from a card. Stage 2 adds an adapter and a regression head,
    which predict the activity from card and reasoning, to the model of stage 1.

    Parameters
    ----------
    data
        A tab-separated table (plain or gzipped) with the columns ``sequence``, one column of activities per cell type,
        and ``fold`` if folds are held out.
    out
        The directory to write.
    stage
        1 or 2.
    base
        The model to start from: a directory of ``transformers`` or a hub id; for stage 2 the directory of stage 1.
    cell_types
        The columns of activities.
    held_out
        Folds to exclude from training; stage 2 reports Pearson's r and the root mean square error on them.
    motifs
        The name of embedded motifs, or a motif file.
    limit
        Train on this many sequences, drawn at random.
    config
        The settings; by default those of the publication.
    trainer
        Options of Lightning's ``Trainer``, such as ``accelerator="gpu"`` or ``precision="bf16-mixed"``.

    Returns
    -------
    The directory.
    """
    if stage not in (1, 2):
        msg = f"stage={stage!r} must be 1 or 2."
        raise ValueError(msg)
    config = config or StageConfig()
    measured = read_measured(data, cell_types)
    is_held_out = np.isin(measured.fold, list(held_out))
    library = _read_motifs(motifs)
    chosen = np.random.default_rng(config.seed).permutation(np.flatnonzero(~is_held_out))[:limit]
    if not len(chosen):
        msg = f"{data}: no sequences remain for training after holding out the folds {list(held_out)}."
        raise ValueError(msg)
    rows = measured.of(chosen)
    units = units_of(rows)
    effects = fit_measured(rows, library)
    examples = make_examples(rows, library, effects, units, seed=config.seed, fimo=config.style == "r3lm")
    logger.info("Stage %d: %d cards of %d sequences", stage, len(examples.cards), len(rows.sequences))
    model, text = load_base(base, config)
    about = {
        "stage": stage,
        "base": str(base),
        "cell_types": list(cell_types),
        "units": units.tolist(),
        "motifs": library.info,
        "config": config.as_dict(),
        **provenance("transformers", "peft"),
    }
    if stage == 1:
        return save_stage(out, train_stage1(model, text, examples, config, **trainer), text, about)
    reader = train_stage2(model, text, examples, config, **trainer)
    folder = save_stage(out, reader, text, about)
    if is_held_out.any():
        test = make_examples(
            measured.of(is_held_out), library, effects, units, seed=config.seed, fimo=config.style == "r3lm"
        )
        adapted = AdaptedR3LM(folder)
        inputs = reader_inputs(model, text, test.cards, config, gold=test.traces)
        about["held_out"] = _agreement(adapted.read(inputs, test.cards), test, units, list(cell_types))
        save_stage(folder, reader, text, about)
    return folder


def _agreement(predicted: np.ndarray, test: Examples, units: np.ndarray, cell_types: list[str]) -> dict[str, Any]:
    """Pearson's r and RMSE of each cell type."""
    agreement = {}
    for cell_type, (mean, spread) in zip(cell_types, units.tolist(), strict=True):
        rows = np.array([card.cell_type == cell_type for card in test.cards])
        found, measured = predicted[rows], mean + spread * test.activity[rows]
        r = float(np.corrcoef(found, measured)[0, 1]) if len(found) > 1 else float("nan")
        rmse = float(np.sqrt(np.mean((found - measured) ** 2)))
        agreement[cell_type] = {"r": r, "rmse": rmse, "n": len(found)}
        logger.info("%s: r %.3f, RMSE %.3f on %d held-out sequences", cell_type, r, rmse, len(found))
    return agreement


def _read_motifs(motifs: str | os.PathLike[str]) -> Motifs:
    return Motifs.read(motifs) if Path(motifs).is_file() else Motifs.embedded(str(motifs))
