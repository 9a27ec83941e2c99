"""Motifs of groups of cells and deviations of motifs: known factors, random groups, chromVAR's definition, and time.

The data directory contains `mpra` and `dna`. Elements are those of the lentiMPRA library that were selected as enhancers of
one of three cell lines. Their sequences and the line are real; cells are drawn: an element is three times as accessible in
cells of its own line (Poisson counts, at most 4). No data set with real cells, peaks and their genome is at hand: the scATAC
data of blood are on hg19, without its sequence. They have the sequences of elements at random instead, so that no motif is
associated with a group, while the groups and the peaks that are accessible together are real.

`--pychromvar PYTHON` is an interpreter that has pychromvar, for the comparison with it.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from scipy.sparse import csr_matrix

import scgsfm
from scgsfm.motifs import Motifs
from scgsfm.regulatory import match_motifs, sample_background_peaks

if TYPE_CHECKING:
    import argparse

PARTS = ("known", "effects", "random", "deviations", "speed")
TABLE = "mpra/lentimpra_joint_folds0-8.tsv.gz"
BLOOD = "dna/granja2019_hematopoiesis_scatac_hg19_600x5000.h5ad"
LINES = ("HepG2", "K562", "WTC11")
KNOWN = {
    "HepG2": r"^(?:HNF1[AB]|HNF4[AG]|FOXA\d|CEBP[ABDEG])$",
    "K562": r"^(?:GATA\d|TAL1|GATA1::TAL1)$",
    "WTC11": r"^(?:SOX2|POU5F1|POU5F1B|POU5F1::SOX2|POU2F1::SOX2)$",
}
"""Factors known for each cell line."""
FOLD_CHANGE = 3
N_CELLS, N_PEAKS = 1000, 10_000
RANDOM_RUNS = 20

PYCHROMVAR = """
import sys
import anndata, numpy as np
import pychromvar

class Data(anndata.AnnData):  # the argument dtype was removed from anndata
    def __init__(self, X=None, dtype=None, **kwargs):
        super().__init__(X, **kwargs)

for name in ("compute_deviations", "preprocessing"):
    setattr(sys.modules[f"pychromvar.{name}"], "AnnData", Data)
given = np.load(sys.argv[1])
data = Data(given["counts"])
data.var["gc_bias"] = given["gc"]
data.varm["motif_match"] = given["matches"]
data.uns["motif_name"] = [str(i) for i in range(given["matches"].shape[1])]
pychromvar.get_bg_peaks(data, n_jobs=1)
z = pychromvar.compute_deviations(data, n_jobs=1).X
np.savez(sys.argv[2], z=z)
"""


def elements(data: Path | None, n: int | None = None, fold: int | None = None) -> pd.DataFrame:
    table = pd.read_csv(data_file(data, TABLE), sep="\t")
    table = table[table["class"].isin([f"{line}_enhancer" for line in LINES])]
    if fold is not None:
        table = table[table["fold"] == fold]  # the embedded model was not trained on fold 8
    return table if n is None else table.sample(n, random_state=0)


def drawn_cells(table: pd.DataFrame, n_cells: int = N_CELLS) -> ad.AnnData:
    """Cells of the three lines, in which elements of their own line are more accessible."""
    rng = np.random.default_rng(0)
    own = np.array([table["class"] == f"{line}_enhancer" for line in LINES])
    line = rng.integers(0, len(LINES), n_cells)
    rate = np.exp(rng.normal(-3.2, 0.7, len(table))) * np.where(own, FOLD_CHANGE, 1)
    counts = np.minimum(rng.poisson(np.exp(rng.normal(0, 0.5, (n_cells, 1))) * rate[line]), 4)
    obs = pd.DataFrame({"line": pd.Categorical.from_codes(line, LINES)})
    obs.index = obs.index.astype(str)
    var = pd.DataFrame({"sequence": table["sequence"].to_numpy()}, index=table["name"].to_numpy())
    return ad.AnnData(csr_matrix(counts.astype(np.float32)), obs=obs, var=var)


def known(args: argparse.Namespace) -> None:
    """The best motifs and families of each line."""
    adata = drawn_cells(elements(args.data, N_PEAKS))
    rows = [row for by in ("family", "motif") for row in known_rows(adata, by)]
    report("motif_activity", pd.DataFrame(rows), args.out)


def effects(args: argparse.Namespace) -> None:
    """The best families with and without weights, of elements that the embedded model was not trained on."""
    adata = drawn_cells(elements(args.data, args.held_out, fold=8))
    rows = []
    for weights in (None, "effects"):
        rows += [{"weights": weights or "none"} | row for row in known_rows(adata, "family", weights=weights)]
    report("motif_effects", pd.DataFrame(rows), args.out)


def known_rows(adata: ad.AnnData, by: str, **options: Any) -> list[dict[str, Any]]:
    """For each line, the first motifs that are more frequent than expected, and the rank of the first known one."""
    motifs = Motifs.embedded()
    all_motifs = pd.DataFrame({"name": motifs.names, "family": motifs.families})
    column = "name" if by == "motif" else "family"
    scgsfm.tl.motif_activity(adata, "line", sequences="sequence", by=by, **options)
    rows = []
    for line in LINES:
        found = scgsfm.get.motif_activity(adata, line, enriched=True)
        known_ones = all_motifs.loc[all_motifs["name"].str.upper().str.contains(KNOWN[line]), column]
        is_known = found[column].isin(known_ones).to_numpy()
        rows.append(
            {
                "tested": f"{len(set(adata.uns['motif_activity']['motif']))} {by.replace('y', 'ie')}s",
                "cell line": line,
                "enriched, padj < 0.05": int((found["padj"] < 0.05).sum()),
                "rank of the first known one": int(is_known.argmax()) + 1 if is_known.any() else "none",
                "known among the first five": int(is_known[:5].sum()),
                "the first five": ", ".join(found[column].head(5)),
            }
        )
    return rows


def random_groups(args: argparse.Namespace) -> None:
    """Fractions of p-values below thresholds where no motif is associated with a group."""
    drawn = drawn_cells(elements(args.data, N_PEAKS // 2))
    blood = ad.read_h5ad(data_file(args.data, BLOOD))
    blood = ad.AnnData(blood.X, obs=blood.obs[["BioClassification"]].rename(columns={"BioClassification": "line"}))
    texts = elements(args.data, blood.n_vars)["sequence"].to_numpy()
    rows = []
    for name, adata in (("drawn cells, random groups", drawn), ("blood, random sequences", blood)):
        pvalues: dict[int, list[np.ndarray]] = {0: [], 200: []}
        found: dict[int, list[bool]] = {0: [], 200: []}
        for seed in range(args.runs):
            rng = np.random.default_rng(seed)
            run = adata.copy()
            if adata is drawn:
                run.obs["line"] = rng.permutation(adata.obs["line"].to_numpy())
            else:
                run.var["sequence"] = rng.permutation(texts)
            for n, each in pvalues.items():
                scgsfm.tl.motif_activity(run, "line", sequences="sequence", n_permutations=n, rng=seed)
                table = run.uns["motif_activity"]
                each.append(table["pvalue"].to_numpy())
                found[n].append(bool((table["padj"] < 0.05).any()))
        for n, each in pvalues.items():
            p = np.concatenate(each)
            rows.append(
                {
                    "data": name,
                    "permutations": n,
                    "tests": f"{len(p):,}",
                    **{f"p < {limit:g}": f"{(p < limit).mean():.4f}" for limit in (0.05, 0.01, 0.001)},
                    "runs with padj < 0.05": f"{sum(found[n])} of {args.runs}",
                }
            )
            say(str(rows[-1]))
    report("motif_calibration", pd.DataFrame(rows), args.out)


def definition(counts: np.ndarray, matches: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """chromVAR's definition with dense arrays."""
    expectation, depth = counts.sum(axis=0) / counts.sum(), counts.sum(axis=1)[:, None]

    def raw(cells: np.ndarray, rates: np.ndarray) -> np.ndarray:
        expected = depth * (rates @ matches)
        return (cells @ matches - expected) / expected

    sampled = np.stack([raw(counts[:, sample], expectation[sample]) for sample in background.T])
    deviations = raw(counts, expectation) - sampled.mean(axis=0)
    z = deviations / sampled.std(axis=0, ddof=1)
    few = depth * (expectation @ matches) < 1
    return np.where(few, np.nan, deviations), np.where(few, np.nan, z)


def deviations(args: argparse.Namespace) -> None:
    """Differences from chromVAR's definition, and correlation with pychromvar."""
    adata = drawn_cells(elements(args.data, N_PEAKS))
    adata = adata[:, np.asarray(adata.X.sum(axis=0)).ravel() > 0].copy()
    sequences = adata.var["sequence"].tolist()
    matches = match_motifs(sequences, Motifs.embedded(), p=5e-5).found_in(20)
    scgsfm.tl.motif_deviations(adata, sequences="sequence")
    ours = [adata.obsm[key].to_numpy() for key in ("motif_deviations", "motif_deviations_z")]
    counts, dense = adata.X.toarray().astype(float), matches.sites.toarray()
    gc = np.array([(text.count("G") + text.count("C")) / len(text) for text in sequences])
    background = sample_background_peaks(counts.sum(axis=0), gc, rng=0)
    expected = definition(counts, dense, background)
    rows = [
        {
            "compared with": "chromVAR's definition, dense arrays, same background peaks",
            "difference of deviations": f"{np.nanmax(np.abs(ours[0] - expected[0])):.1e}",
            "difference of z": f"{np.nanmax(np.abs(ours[1] - expected[1])):.1e}",
            "correlation of z": f"{_correlation(ours[1], expected[1]):.4f}",
        }
    ]
    other = adata.copy()
    scgsfm.tl.motif_deviations(other, sequences="sequence", rng=1)
    again = other.obsm["motif_deviations_z"].to_numpy()
    rows.append(
        {"compared with": "itself with another seed", "correlation of z": f"{_correlation(ours[1], again):.4f}"}
    )
    if args.pychromvar:
        with tempfile.TemporaryDirectory() as folder:
            given, out = Path(folder) / "given.npz", Path(folder) / "out.npz"
            np.savez(given, counts=counts.astype(np.float32), gc=gc, matches=dense.astype(np.float32))
            subprocess.run([args.pychromvar, "-c", PYCHROMVAR, str(given), str(out)], check=True)
            with np.load(out) as made:
                z = made["z"]
        rows.append({"compared with": "pychromvar", "correlation of z": f"{_correlation(ours[1], z):.4f}"})
    report("motif_deviations", pd.DataFrame(rows).fillna(""), args.out)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[both], b[both])[0, 1])


def speed(args: argparse.Namespace) -> None:
    """Seconds for 1,000 cells × 10,000 peaks of 200 bases, after compiling."""
    adata = drawn_cells(elements(args.data, N_PEAKS))
    small = drawn_cells(elements(args.data, 500), 100)
    rows = []
    for task, call in {
        "motif_activity, families, 200 permutations": lambda a: scgsfm.tl.motif_activity(
            a, "line", sequences="sequence"
        ),
        "motif_activity, families, no permutations": lambda a: scgsfm.tl.motif_activity(
            a, "line", sequences="sequence", n_permutations=0
        ),
        "motif_deviations, families": lambda a: scgsfm.tl.motif_deviations(a, sequences="sequence"),
        "motif_deviations, motifs": lambda a: scgsfm.tl.motif_deviations(a, sequences="sequence", by="motif"),
    }.items():
        call(small.copy())
        start, cpu = time.perf_counter(), time.process_time()
        call(adata)
        row = {"task": task, "seconds": time.perf_counter() - start, "CPU seconds": time.process_time() - cpu}
        rows.append({name: value if name == "task" else f"{value:.1f}" for name, value in row.items()})
        say(str(rows[-1]))
    report("motif_speed", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    made = parser(__doc__)
    made.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    made.add_argument("--runs", type=int, default=RANDOM_RUNS, help="random groups of each data set")
    made.add_argument("--held-out", type=int, default=1500, help="elements of the part effects")
    made.add_argument("--pychromvar", help="interpreter that has pychromvar")
    given = made.parse_args()
    functions = {"known": known, "effects": effects, "random": random_groups, "deviations": deviations, "speed": speed}
    for part in given.only:
        functions[part](given)
