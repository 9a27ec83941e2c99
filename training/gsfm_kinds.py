"""Learn kinds of gene sets for `gsfm-base`: `python training/gsfm_kinds.py --data FOLDER -o RUN`.

FOLDER and RUN are those of `training/gsfm_base.py`. The network is frozen. For each kind, a change of its latent vectors
(scale, shift and a matrix of low rank) is learned on training sets of the groups of this kind; the visible genes of a set
are the query, the others the targets. Every other held-out set of the kind calibrates the probabilities. The remaining ones
are the judge (`benchmarks/kinds.py`). RUN keeps the changes that were learned; with `--only` some kinds are learned, and
`kinds.npz` is written when all of them are there.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from gsfm_base import Choice, Judge, Sets, csr, hold_out, open_corpus
from scipy import sparse
from torch import nn

import scgsfm
from scgsfm.completion import SetKind, SetKinds
from scgsfm.models.gsfm._sparse_ops import sampled_softmax_loss
from scgsfm.models.gsfm.training._calibration import calibrate
from scgsfm.models.gsfm.training._validation import HeldOut

if TYPE_CHECKING:
    from scgsfm.models.gsfm import GSFM
    from scgsfm.models.gsfm.training._corpus import Corpus

KINDS = {
    "functional module": ("published_figures", "functional_modules"),
    "interaction": ("PPI_complex", "PPI_neighbours"),
    "regulator targets": ("TF_networks", "chromatin_ChIP"),
    "predicted targets": ("predicted_targets",),
    "drug targets": ("chemical",),
    "literature": ("literature",),
    "cell type": ("celltype_markers", "expression_atlas"),
    "coexpression": ("coexpression", "coexpression_tissue_TF", "aracne_tissue_TF", "computational_modules"),
    "perturbation": ("perturb_GEO", "perturb_LINCS_CMap", "perturb_curated"),
    "signature": ("immunologic", "published_signatures"),
}
"""The groups of the corpus of each kind."""


def learn(
    corpus: Corpus, train_sets: np.ndarray, model: GSFM, groups: tuple[str, ...], *, steps: int, rank: int
) -> dict[str, np.ndarray]:
    """The change of latent vectors for the sets of some groups."""
    torch.manual_seed(0)
    network, d = model.module, model.dim
    choice = Choice(temper=0.5, groups={group: float(group in groups) for group in corpus.groups}, few=0.5)
    sets = Sets(corpus, train_sets, choice, torch.device("cpu"), cap=256)
    changes = {"scale": torch.zeros(d), "shift": torch.zeros(d), "up": torch.zeros(d, rank)}
    changes["down"] = 0.05 * torch.randn(rank, d)
    scale, shift, up, down = (part.requires_grad_() for part in changes.values())
    parts = [{"params": [scale, shift], "peak": 6e-3}, {"params": [up, down], "peak": 4e-3}]
    optimizer, last = torch.optim.Adam(parts, betas=(0.9, 0.99)), network.last
    for step in range(steps):
        genes, member, visible = sets.draw(256)
        hidden = member & ~visible
        hidden |= member & ~hidden.any(1, keepdim=True)
        with torch.no_grad():
            latent = network.encode_sets(*csr(genes, visible))
        changed = latent * (1 + scale) + shift + (latent @ down.T) @ up.T
        size = hidden.sum(1).float()
        share = size.rsqrt() / size.sqrt().sum()
        drawn = torch.randperm(last.out_features - 2)[:2048] + 2
        inner = network.hidden(changed)
        loss = sampled_softmax_loss(inner, last.weight, last.bias, *csr(genes, hidden), share, drawn)
        for part in optimizer.param_groups:
            part["lr"] = part["peak"] * (1 - step / steps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: part.detach().numpy() for name, part in changes.items()}


def half_of(judge: Judge, kinds: list[int], *, first: bool) -> Judge:
    """Every other held-out set of some groups, from the first or from the second one."""
    rows = np.flatnonzero(np.isin(judge.kind, kinds) & ((np.arange(len(judge.kind)) % 2 == 0) == first))
    return Judge(judge.kind[rows], *(part[rows] for part in (judge.seen, judge.few, judge.hidden)))


def finish(change: dict[str, np.ndarray], model: GSFM, half: Judge) -> SetKind:
    """The kind with the popularity of genes and the calibration."""
    kind = SetKind(**change, popularity=np.zeros(len(model.genes), np.float32), slope=1.0, intercept=0.0)
    order = np.random.default_rng(0).permutation(len(half.kind))
    found = calibrate(kind.of(model), HeldOut(half.seen[order], half.hidden[order]), n_sets=60)
    spread = np.unique(np.linspace(2, len(model.genes) - 1, 1024).astype(np.int64))
    singles = sparse.identity(len(model.genes), format="csr", dtype=np.float32)[spread]
    return replace(kind, popularity=kind.of(model).logits(singles).mean(axis=0), **found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default=os.environ.get("SCGSFM_DATA"), help="default: environment variable SCGSFM_DATA"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    args = parser.parse_args()
    if not args.data:
        parser.error("give --data FOLDER or set SCGSFM_DATA")
    corpus = open_corpus(Path(args.data), args.out)
    train_sets, judge = hold_out(corpus, args.out)
    model = scgsfm.models.load("gsfm-base")
    nn.Module.requires_grad_(model.module, requires_grad=False)
    files = {name: args.out / f"kind_{name.replace(' ', '_')}.npz" for name in KINDS}
    for name in args.only:
        if files[name].exists():
            continue
        change = learn(corpus, train_sets, model, KINDS[name], steps=args.steps, rank=args.rank)
        np.savez(files[name], **change)
        print(f"{name}: learned", flush=True)
    if all(file.exists() for file in files.values()):
        kinds = {}
        for name, file in files.items():
            half = half_of(judge, [corpus.groups.index(group) for group in KINDS[name]], first=True)
            with np.load(file) as stored:
                kinds[name] = finish(dict(stored), model, half)
            print(f"{name}: slope {kinds[name].slope:.3f}", flush=True)
        SetKinds.learned(kinds, model).save(args.out / "kinds.npz")


if __name__ == "__main__":
    main()
