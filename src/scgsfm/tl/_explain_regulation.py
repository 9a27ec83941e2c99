from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData

from scgsfm import _keys
from scgsfm._adata import write_record
from scgsfm.dna import OK
from scgsfm.models import as_model
from scgsfm.models.r3lm import build_card, explain

from ._elements import as_motifs, names_of, width_of, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from scgsfm.models.r3lm import R3LM, Explanation
    from scgsfm.motifs import Motifs

MOST = 200
"""Elements that are explained without being named."""
_MOTIF = ["motif", "family", "score", "strand", "start", "end"]


def explain_regulation(
    data: AnnData | None = None,
    elements: str | Sequence[str] | None = None,
    *,
    cell_type: str | Sequence[str] | None = None,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[str] | Mapping[str, str] | pd.Series | None = None,
    motifs: str | PathLike[str] | Motifs | None = None,
    bases: bool = True,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    rng: int | np.random.Generator | None = 0,
    key_added: str | None = None,
    copy: bool = False,
) -> dict[str, pd.DataFrame] | AnnData | None:
    """Explain the predicted activity of peaks: card, reasoning and what each motif adds :cite:p:`Duan2026`.

    A regulatory context card says what is known of the 200 bases around the middle of a peak: GC content, grammar and
    motifs. What a motif adds is the prediction less its mean after the motif's bases were shuffled, 16 times. The
    reasoning calls a motif activating or repressing only where the predictions agree on that.

    Parameters
    ----------
    data
        Cells × peaks, human; see :func:`~scgsfm.tl.regulatory_activity` for how peaks are read. None if ``sequences``
        are given alone.
    elements
        Names of the peaks or sequences to explain; by default all, if these are at most 200.
    cell_type
        One or more cell types of the model; by default all.
    genome
        Path of the FASTA file of the genome that the peaks are on, plain or bgzip; an open ``pyfaidx.Fasta``; or a dict.
    sequences
        Sequences instead of peaks and a genome: a column of ``var``, one for each variable, or a dict or series by name.
    motifs
        Motifs of your own for the cards: a MEME, JASPAR or TRANSFAC file, ``"jaspar2024"`` or ``"jaspar2026"``, or
        :class:`~scgsfm.models.r3lm.Motifs`; by default those of the model. Predictions don't depend on them.
    bases
        Also what each base adds: the prediction less its mean over the three other bases in its place.
    model
        Name or folder of a model, or the loaded model itself.
    rng
        Seed or generator of the shuffles and the wording.
    key_added
        Key in ``uns``.
    copy
        Return a copy instead of writing to ``data``.

    Returns
    -------
    For sequences alone a dict of tables, for data ``None``, or the copy if ``copy=True``. Sets the fields:

    ``data.uns["r3lm_explanations"]`` or ``data.uns[key_added]`` : :class:`dict`
        The tables. ``"elements"`` has a row an element and cell type: ``element``, ``cell_type``, ``prediction``,
        ``level`` (0 to 3, quarters of the training activities), ``card`` and ``trace`` as texts. ``"motifs"`` has a row
        a motif of these: ``element``, ``cell_type``, ``motif``, ``family``, ``score``, ``strand``, ``start`` and ``end``
        in the sequence of the card, ``effect`` (what it adds), ``spread`` over the shuffles, ``cited`` (1 as activating,
        -1 as repressing, 0 not). ``"bases"`` has a row an element and cell type, in the order of ``"elements"``, and a
        column a base.
    ``data.uns["scgsfm"]["r3lm_explanations"]`` or ``data.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and how many elements have no sequence.

    Raises
    ------
    KeyError
        If there is no such element.
    ValueError
        If too many elements would be explained, or none has a sequence.

    Examples
    --------
    >>> import scgsfm
    >>> tables = scgsfm.tl.explain_regulation(sequences={"a": "CTGGCAAACAGATAAGA" * 11}, cell_type="K562", bases=False)
    >>> print(tables["elements"]["card"][0][:26])
    Context:
    - Cell Type: K562
    """
    if data is None and sequences is None:
        msg = "Give data with peaks, or `sequences`."
        raise ValueError(msg)
    if data is not None and not isinstance(data, AnnData):
        msg = f"`data` is a {type(data).__name__}, but must be AnnData; give sequences by `sequences=`."
        raise TypeError(msg)
    loaded = as_model(model, "r3lm")
    names = names_of(data, sequences)
    chosen = _chosen(names, elements)
    found = windows_of(data, sequences, genome, width=width_of(loaded), chosen=chosen)
    cell_types = _cell_types(loaded, cell_type)
    generator, own = np.random.default_rng(rng), as_motifs(motifs)
    explained = []
    for i, sequence in zip(found.element.tolist(), found.sequences, strict=True):
        seed = int(generator.integers(2**32))
        explained += [(str(names[chosen[i]]), e) for e in _explained(loaded, sequence, cell_types, own, seed)]
    tables = {"elements": _elements(explained), "motifs": _motifs(explained)}
    if bases:
        tables["bases"] = _bases(loaded, found.sequences, cell_types)
    if data is None:
        return tables

    adata = data.copy() if copy else data
    key = key_added or _keys.R3LM_EXPLANATIONS
    adata.uns[key] = tables
    about = own.info.get("name") if own is not None else None
    params = {"cell_type": cell_types, "genome": str(genome) if genome else None, "motifs": about, "bases": bases}
    n_without = int((found.status != OK).sum())
    write_record(adata, key, {"model": loaded.name, "params": params, "n_without_sequence": n_without})
    return adata if copy else None


def _explained(
    model: R3LM, sequence: str, cell_types: list[str], motifs: Motifs | None, seed: int
) -> list[Explanation]:
    """What ``model.explain`` returns for each cell type; all are predicted at once."""
    known: dict[str, np.ndarray] = {}

    def predict(changed: list[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in changed if text not in known))
        known.update(zip(new, model.predict(new), strict=True) if new else ())
        return np.array([known[text] for text in changed])

    card = model.card(sequence, cell_types[0]) if motifs is None else build_card(sequence, cell_types[0], motifs)
    return [
        explain(
            lambda changed, k=model.cell_types.index(cell): predict(changed)[:, k],  # type: ignore[misc]
            card.with_cell_type(cell),
            level_of=lambda activity, cell=cell: model.level(activity, cell),  # type: ignore[misc]
            rng=seed,
        )
        for cell in cell_types
    ]


def _chosen(names: pd.Index, elements: str | Sequence[str] | None) -> np.ndarray:
    if elements is None:
        if len(names) > MOST:
            msg = f"There are {len(names):,} elements, and each takes about a second: name up to some hundred by `elements`."
            raise ValueError(msg)
        return np.arange(len(names))
    wanted = [elements] if isinstance(elements, str) else list(elements)
    chosen = names.get_indexer(wanted)
    if (chosen < 0).any():
        missing = wanted[int(np.argmax(chosen < 0))]
        msg = f"There is no element {missing!r}; of {len(wanted)} named {int((chosen < 0).sum())} are not in the data."
        raise KeyError(msg)
    return chosen


def _cell_types(model: R3LM, cell_type: str | Sequence[str] | None) -> list[str]:
    if cell_type is None:
        return list(model.cell_types)
    wanted = [cell_type] if isinstance(cell_type, str) else list(cell_type)
    if unknown := [name for name in wanted if name not in model.cell_types]:
        msg = f"`cell_type` {unknown[0]!r} is none of the model's: {', '.join(model.cell_types)}."
        raise ValueError(msg)
    return wanted


def _elements(explained: list[tuple[str, Explanation]]) -> pd.DataFrame:
    columns = ["element", "cell_type", "prediction", "level", "card", "trace"]
    rows = [(name, e.card.cell_type, e.prediction, e.trace.level, str(e.card), str(e.trace)) for name, e in explained]
    return pd.DataFrame(rows, columns=columns)


def _motifs(explained: list[tuple[str, Explanation]]) -> pd.DataFrame:
    rows = [
        (name, e.card.cell_type, *astuple(hit), float(effect), float(spread), int(cited))
        for name, e in explained
        for hit, effect, spread, cited in zip(e.card.hits, e.effects, e.spread, e.cited, strict=True)
    ]
    return pd.DataFrame(rows, columns=["element", "cell_type", *_MOTIF, "effect", "spread", "cited"])


def _bases(model: R3LM, sequences: list[str], cell_types: list[str]) -> pd.DataFrame:
    """What each base adds; NaN behind the end of a shorter sequence."""
    cells = [model.cell_types.index(cell) for cell in cell_types]
    out = np.full((len(sequences), len(cells), max(map(len, sequences), default=0)), np.nan, np.float32)
    for i, sequence in enumerate(sequences):
        changed = [
            sequence[:at] + other + sequence[at + 1 :]
            for at, base in enumerate(sequence)
            for other in "ACGT"
            if other != base
        ]
        predicted = model.predict([sequence, *changed])[:, cells]
        out[i, :, : len(sequence)] = (predicted[0] - predicted[1:].reshape(len(sequence), 3, -1).mean(axis=1)).T
    return pd.DataFrame(out.reshape(-1, out.shape[2]), columns=[str(i) for i in range(out.shape[2])])
