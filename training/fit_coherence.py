"""Fit the score of coherence of ``tl.explain``, and calibrate it on random sets.

    SCGSFM_DATA=FOLDER python training/fit_coherence.py

Gene Ontology sets of Hu et al. 2024 (MIT) with 0, 50 and 100 % of their genes replaced: the 200 that ``held_out`` leaves.
The other 800 are for ``benchmarks/explanations.py``. Writes ``data/explanation/coherence.json`` and ``coherence.npz``.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from scgsfm.explanation import Calibration, CoherenceModel, null_covariates, reference_logits
from scgsfm.models import as_model

COLUMNS = ("Genes", "50perc_contaminated_Genes", "100perc_contaminated_Genes")
OUT = Path(__file__).parents[1] / "src" / "scgsfm" / "data" / "explanation"
SEED, N_FIT, N_RANDOM = 1, 200, 800


def fitted_rows(table: pd.DataFrame) -> pd.Series:
    """Whether each row is used to fit."""
    chosen = np.random.default_rng(SEED).permutation(len(table))[:N_FIT]
    return pd.Series(np.isin(np.arange(len(table)), chosen), index=table.index)


def weights(x: np.ndarray, y: np.ndarray) -> list[float]:
    """Intercept and weights of a logistic regression for features that are not standardized."""
    scaler = StandardScaler().fit(x)
    fit = LogisticRegression(C=0.3, max_iter=1000).fit(scaler.transform(x), y)
    w = fit.coef_[0] / scaler.scale_
    return [float(fit.intercept_[0] - w @ scaler.mean_), *w.tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--random", type=int, default=N_RANDOM, help="number of random sets")
    args = parser.parse_args()
    table = pd.read_csv(Path(args.data) / "naming" / "hu2024_1000_selected_go_contaminated.csv")
    table = table[fitted_rows(table)]
    model = as_model("gsfm-base")
    position = {gene: i for i, gene in enumerate(model.genes)}
    mean, std = (values.astype(np.float16).astype(np.float32) for values in reference_logits(model))
    empty = np.zeros(0)
    coherence = CoherenceModel(model, Calibration(model.fingerprint, mean, std, empty, empty, empty, empty, empty))

    of_sets, are_sets, of_genes, belong = [], [], [], []
    for _, row in table.iterrows():
        real = set(row["Genes"].split())
        sets = [np.array([position[g] for g in str(row[c]).split() if g in position], np.int64) for c in COLUMNS]
        for k, features in enumerate(coherence.features(sets)):
            if features is None:
                continue
            of_sets.append(features.of_set)
            are_sets.append(k < 2)
            if k == 1:
                of_genes.append(features.of_genes)
                belong.extend(model.genes[t] in real for t in sets[k])
    set_weights = weights(np.array(of_sets), np.array(are_sets))
    gene_weights = weights(np.concatenate(of_genes), np.array(belong))
    coherence = CoherenceModel(
        model, coherence.calibration._replace(set_weights=np.array(set_weights), gene_weights=np.array(gene_weights))
    )

    rng, order = np.random.default_rng(SEED), np.argsort(mean[2:]) + 2
    sizes = np.exp(rng.uniform(np.log(3), np.log(120), args.random)).astype(int)
    random = []
    for n in sizes:
        width = rng.uniform(0.2, 1)
        start = rng.uniform(0, 1 - width)
        window = order[int(start * len(order)) : int((start + width) * len(order))]
        random.append(rng.choice(window, n, replace=False))
    score = np.array([coherence.set_score(f.of_set) for f in coherence.features(random) if f is not None])
    covariates = np.array([null_covariates(len(t), float(mean[t].mean())) for t in random])
    null_mean, *_ = np.linalg.lstsq(covariates, score, rcond=None)
    residual = score - covariates @ null_mean
    simple = covariates * np.array([1, 1, 1, 0, 0])
    null_std, *_ = np.linalg.lstsq(simple, np.log(np.abs(residual) + 1e-3), rcond=None)
    standardized = np.sort(residual / np.exp(covariates @ null_std))
    numbers = {
        "fingerprint": model.fingerprint,
        "set_weights": set_weights,
        "gene_weights": gene_weights,
        "null_mean": null_mean.tolist(),
        "null_std": null_std.tolist(),
        "null_residuals": standardized.tolist(),
    }
    OUT.mkdir(exist_ok=True)
    rounded = {k: v if isinstance(v, str) else [float(f"{x:.6g}") for x in v] for k, v in numbers.items()}
    (OUT / "coherence.json").write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    np.savez_compressed(OUT / "coherence.npz", mean=mean.astype(np.float16), std=std.astype(np.float16))
    print({k: v for k, v in rounded.items() if k != "null_residuals"})


if __name__ == "__main__":
    main()
