from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, check_choice, number, warn
from scgsfm.dna import OK, describe_status, element_names, element_windows, given_sequences
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import DesignLimits, Goal, design_tables, select_cell_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import numpy as np
    import pandas as pd

    from scgsfm.models.r3lm import R3LM

Method = Literal["greedy", "evolutionary"]


@checks_types
@doc_params
def design_elements(
    start: str | Iterable[Any] | Mapping[str, Any] | pd.Series,
    target: str,
    *,
    hold: str | Sequence[str] | None = None,
    max_shift: float = 0.3,
    max_changes: int = 10,
    method: Literal["greedy", "evolutionary"] = "greedy",
    gc: tuple[float, float] = (0.25, 0.75),
    forbidden: str | Sequence[str] = (),
    max_run: int = 8,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    rng: int | np.random.Generator | None = 0,
    on_error: Literal["warn", "raise"] = "warn",
) -> dict[str, pd.DataFrame]:
    r"""Edit elements so that their predicted activity rises in one cell type and is held in others :cite:p:`Duan2026`.

    The greedy search takes, step by step, the change of a single base with the largest gain in the target cell type. The
    evolutionary search goes on from its result by mutation and recombination of edits, which finds combinations of
    changes that gain nothing alone. No edit may shift the activity in the other cell types by more than ``max_shift``,
    move the GC content out of its range, create a forbidden site or prolong a run of one base beyond the limit. What a
    start already has of these may stay, but never becomes worse.

    Designs are predictions. A network is easily misled by sequences that are optimized for it: compare the activity by
    the card (``<cell type>_card``), which rises less where that is so, prefer few changes, and measure several designs.

    Parameters
    ----------
    start
        One or more sequences of at most 200 bases of A, C, G and T, as a string, a list, or a dict or series by name.
    target
        Cell type of the model in which the activity shall rise.
    hold
        Cell types in which it is held; by default all others. An empty list holds none.
    max_shift
        Largest difference to the activity of the start in these cell types, in units of :math:`\log_2`.
    max_changes
        Largest number of bases that differ from the start.
    method
        ``"greedy"`` or ``"evolutionary"``.
    gc
        Lowest and highest GC content, as fractions.
    forbidden
        Restriction enzymes by name (``"EcoRI"``, ``"BsaI"``), or sites in the letters of IUPAC (``"GGTCTC"``), which
        are searched on both strands. Rarer enzymes need Biopython, which the extra ``dna`` adds.
    max_run
        Largest number of equal bases in a row.
    motifs
        Motifs that explain the steps, instead of those of the model: a motif file, ``"jaspar2024"``, ``"jaspar2026"``,
        or :class:`~scgsfm.motifs.Motifs`.
    model
        {model}
    rng
        Seed or generator of the evolutionary search. The same seed gives the same designs.
    on_error
        What to do with sequences that can't be designed: ``"warn"`` lists them in one warning and leaves them out,
        ``"raise"`` raises an error.

    Returns
    -------
    A dict of tables.

    ``"designs"``
        A row for each element: ``element``, ``target``, the sequences ``start`` and ``sequence``, ``n_changes``; for
        each cell type the predicted activity before and after (``<cell type>_start`` and ``<cell type>``), and the same
        by the card alone (``<cell type>_card_start``, ``<cell type>_card``); ``gc_start`` and ``gc``;
        ``forbidden_sites_start`` and ``forbidden_sites``, numbers of sites on both strands.
    ``"steps"``
        A row for the start (step 0) and each edit: ``element``, ``step``, ``position`` (0-based; -1 for the start),
        ``ref``, ``alt``, ``sequence``, the activity in each cell type and by the card, ``lost`` and ``gained`` (motifs
        over the base that only the sequence before, or after the edit has, best first), and ``explanation``, a text.

    ``"bases"``
        Two rows for each element (``when`` is ``"start"`` or ``"design"``), with the contribution of each base in the
        target: the prediction minus its mean over the three other bases.

    ``"motifs"``
        The motifs on the cards of the start and of the design: ``element``, ``when``, ``motif``, ``family``, ``score``,
        ``strand``, ``start`` and ``end``.

    Raises
    ------
    ValueError
        If the target is no cell type of the model, is to be held too, a limit is out of range, a forbidden site is
        unknown, or no sequence can be designed.

    Examples
    --------
    >>> import scgsfm
    >>> found = scgsfm.tl.design_elements("CTGGCAAACAGCTAAGA" * 3, "K562", max_changes=2, forbidden=["EcoRI"])
    >>> found["designs"]["n_changes"].tolist()
    [2]
    >>> found["steps"][["position", "ref", "alt"]].shape
    (3, 3)
    """
    check_choice("method", method, get_args(Method))
    check_choice("on_error", on_error, ("warn", "raise"))
    check_at_least("max_changes", max_changes, 0)
    check_at_least("max_shift", max_shift, 0)
    check_at_least("max_run", max_run, 1)
    if not 0 <= gc[0] <= gc[1] <= 1:
        msg = f"`gc` is {gc!r}, but must be the lowest and the highest GC content, both between 0 and 1."
        raise ValueError(msg)
    limits = DesignLimits(gc=gc, forbidden=forbidden, max_run=max_run)
    loaded = as_model(model, "r3lm")
    goal = _goal(loaded, target, hold, max_shift, max_changes)
    sequences = given_sequences([start] if isinstance(start, str) else start)
    names = [str(name) for name in element_names(None, sequences)]
    found = element_windows(None, sequences, None, width=loaded.length, on_error=on_error)
    kept = _not_too_long(sequences, names, found.status, loaded.length, on_error)
    texts = dict(zip(found.element.tolist(), found.sequences, strict=True))
    rows = [i for i in texts if i in kept]
    given = None if motifs is None else Motifs.of(motifs)
    tables = design_tables(
        loaded, [texts[i] for i in rows], [names[i] for i in rows], goal, limits, method=method, motifs=given, rng=rng
    )
    gains = tables["designs"][target] - tables["designs"][f"{target}_start"]
    n_sites = int((tables["designs"]["forbidden_sites"] > 0).sum())
    note = f"; {n_sites} with forbidden sites of the start" * bool(n_sites)
    logger.info("designed %s for %s (mean gain %.2f%s)", number(len(rows), "element"), target, gains.mean(), note)
    return tables


def _goal(model: R3LM, target: str, hold: Any, max_shift: float, max_changes: int) -> Goal:
    select_cell_types(model, target, argument="target")
    others = [name for name in model.cell_types if name != target]
    held = others if hold is None else select_cell_types(model, hold, argument="hold") if len(hold) else []
    if target in held:
        msg = f"`hold` contains the target {target!r}, whose activity shall rise."
        raise ValueError(msg)
    positions = tuple(model.cell_types.index(name) for name in held)
    return Goal(model.cell_types.index(target), positions, max_shift, max_changes)


def _not_too_long(sequences: Any, names: list[str], status: np.ndarray, length: int, on_error: str) -> set[int]:
    """The positions of sequences that fit the model as a whole; the others are reported."""
    texts = list(sequences.values() if hasattr(sequences, "values") and not hasattr(sequences, "iloc") else sequences)
    if not texts:
        msg = "`start` has no sequence: give at least one."
        raise ValueError(msg)
    too_long = [i for i, text in enumerate(texts) if status[i] == OK and len(getattr(text, "seq", text)) > length]
    kept = {i for i in range(len(texts)) if status[i] == OK} - set(too_long)
    if too_long:
        states = ["longer than the window" if i in too_long else OK for i in range(len(texts))]
        msg = f"Elements of more than {length} bases can't be designed: {describe_status(names, states)}."
        if on_error == "raise" or not kept:
            raise ValueError(msg)
        warn(f"{msg} They are left out; `on_error='raise'` makes this an error.")
    return kept
