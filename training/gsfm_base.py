"""Train the embedded default: `python training/gsfm_base.py --data FOLDER -o RUN [--device cuda]`.

FOLDER contains `genesets/train`, `genesets/bench`, `genes` and `phenotype`. What was measured is in `docs/gsfm.md`; the run
that made the embedded weights is described in the `card.json` of the model, under `provenance`.

1. Sets of genes whose RefSeq summaries share a phrase, and of genes next to each other on a chromosome, are added to the
   corpus, except those similar (Jaccard index of at least 0.5) to a term of a benchmark.
2. Held-out sets of each kind that are similar to no other set are the judge of every choice: half of each set, and five
   of its genes, are the queries. The benchmarks are reported, but choose nothing.
3. Short runs compare samplings and forms of the network (`--choices`); the recipe has the chosen ones.
4. Two networks are trained, the second with more sets of the literature, and a third learns from the sets and from the
   mean of both.
5. The weights of the groups in the co-occurrence are searched one by one (`--search`, on a GPU); the recipe has those
   found.

The calibration by the size of a set is fitted to the finished model by `benchmarks/probability_calibration.py --card FOLDER`.

On CUDA the likelihood is that of all genes; on a CPU the partition function is sampled, as in `training/gsfm_single.py`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import time
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from gsfm_single import NEIGHBOUR_GROUPS, allowed_genes
from scipy import sparse
from torch import Tensor, nn

import scgsfm
from scgsfm.models._serialization import write_folder
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm._neighbor_residual import neighbor_table
from scgsfm.models.gsfm._sparse_ops import sampled_softmax_loss
from scgsfm.models.gsfm.training._calibration import calibrate
from scgsfm.models.gsfm.training._corpus import Corpus, build_corpus
from scgsfm.models.gsfm.training._validation import HeldOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BENCHES = ("kegg_2016", "kegg_2021_human", "go_bp_2018", "go_bp_2025", "reactome_2024", "hpo", "wikipathways_2019")
TEXT, LOCUS = "text_terms", "genomic_neighbours"
LIKE = 0.5
"""Jaccard index from which sets count as similar."""
COMMON_WORDS = [
    "gene",
    "genes",
    "protein",
    "proteins",
    "encoded",
    "encodes",
    "variants",
    "transcript",
    "alternatively",
    "alternative",
    "spliced",
    "isoforms",
    "different",
    "multiple",
    "encoding",
    "member",
    "family",
    "known",
    "found",
    "function",
    "role",
    "results",
    "provided",
    "refseq",
]
LITERATURE = {
    **dict.fromkeys(("coexpression", "coexpression_tissue_TF", "aracne_tissue_TF", "perturb_GEO"), 0.5),
    **dict.fromkeys(("expression_atlas", "immunologic", "chromatin_ChIP", "predicted_targets"), 0.5),
    "perturb_LINCS_CMap": 0.3,
    "literature": 2.0,
}
"""Group weights of the second member."""
MODEL = {"variant": "DAE", "d_model": 384, "depth": 2, "width": 448, "blocks": 1, "dropout": 0.0, "input_norm": "l2"}


@dataclass(frozen=True)
class Choice:
    """What the short runs compare."""

    model: dict[str, Any] = field(default_factory=dict)
    temper: float = 0.7
    groups: dict[str, float] = field(default_factory=lambda: {TEXT: 0.5, LOCUS: 0.15})
    few: float = 0.4
    """Share of the sets that show a number of genes drawn log-uniformly from 2 to 90 % of the set."""


CHOICES = {
    "base": Choice(),
    "no residual blocks": Choice(model={"blocks": 0}),
    "visible share always uniform": Choice(few=0.0),
    "temper 0.5": Choice(temper=0.5),
    "no text, no genomic neighbors": Choice(groups={TEXT: 0.0, LOCUS: 0.0}),
    "three times the text": Choice(groups={TEXT: 1.5, LOCUS: 0.15}),
    "dropout 0.1": Choice(model={"dropout": 0.1}),
    "more literature": Choice(groups={TEXT: 0.5, LOCUS: 0.15, **LITERATURE}),
}

RECIPE = Choice(model={"dropout": 0.1}, temper=0.5, groups={TEXT: 0.0, LOCUS: 0.0})
"""The choices that were better than the base on the held-out sets, together. Text is left to the neighbors."""
MORE_LITERATURE = replace(RECIPE, groups={**RECIPE.groups, **LITERATURE})
"""How the second network draws sets."""
FIRST_WEIGHTS = {**NEIGHBOUR_GROUPS, TEXT: 0.5, LOCUS: 0.1}
"""Group weights of the co-occurrence at which the search begins."""
NEIGHBORS: dict[str, Any] = {
    "n": 100,
    "weight": 0.5,
    "floor": 3e-4,
    "coherence": 6.0,
    "groups": {
        **FIRST_WEIGHTS,
        "PPI_complex": 0.335,
        "TF_networks": 6.0,
        "chromatin_ChIP": 4.0,
        "computational_modules": 0.25,
        "literature": 1.0,
        "predicted_targets": 4.0,
        LOCUS: 1.2,
    },
}
"""As found by the search."""


def text_sets(data: Path, genes: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Sets of genes whose RefSeq summaries share a word or a phrase of two or three words: 5 to 250 genes each."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    known, hgnc = set(genes), pd.read_csv(data / "genes/hgnc_2024-02_to_2025.tsv.gz", sep="\t", dtype=str)
    symbol = dict(zip(hgnc["entrez_id"], hgnc["symbol"], strict=True))
    with gzip.open(data / "genes/Homo_sapiens.gene_info.gz", "rt", encoding="utf-8") as lines:
        older = {row[1]: row[2] for row in (line.split("\t") for line in lines)}
    table = pd.read_csv(data / "phenotype/refseq_gene_summaries_2023-09.tsv.gz", sep="\t", dtype=str, quoting=3)
    names = [next((s for s in (older.get(i), symbol.get(i)) if s in known), None) for i in table["entrez_id"]]
    table = table.assign(gene=names).dropna(subset=["gene", "summary"])
    texts = [re.sub(r"\[(provided|supplied) by[^\]]*\]", "", text) for text in table["summary"]]
    counts = CountVectorizer(
        stop_words=[*ENGLISH_STOP_WORDS, *COMMON_WORDS],
        token_pattern=r"(?u)\b[\w][\w\-]{2,}\b",  # noqa: S106 - a regular expression
        ngram_range=(1, 3),
        min_df=5,
        max_df=250,
        binary=True,
    )
    found, seen = counts.fit_transform(texts).tocsc(), set()
    for phrase, column in zip(counts.get_feature_names_out(), range(found.shape[1]), strict=True):
        rows = found.indices[found.indptr[column] : found.indptr[column + 1]]
        members = sorted(set(table["gene"].iloc[rows]))
        if len(members) >= 5 and tuple(members) not in seen:
            seen.add(tuple(members))
            yield phrase, members


def locus_sets(data: Path, genes: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Windows of 6 and of 16 genes along each chromosome, at most 3 Mb long."""
    table = pd.read_csv(data / "genes/annotables_grch38_ensembl_entrez_symbol.tsv.gz", sep="\t", dtype={"chr": str})
    named = table["chr"].isin([*map(str, range(1, 23)), "X", "Y"]) & table["symbol"].isin(genes)
    for chromosome, part in table[named].drop_duplicates("symbol").sort_values("start").groupby("chr"):
        names, start = part["symbol"].tolist(), part["start"].to_numpy()
        for n, step in ((6, 2), (16, 6)):
            for i in range(0, len(names) - n + 1, step):
                if start[i + n - 1] - start[i] < 3e6:
                    yield f"{chromosome}:{start[i]}, {n} genes", names[i : i + n]


def pattern(rows: list[np.ndarray], n_genes: int) -> sparse.csr_array:
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)
    return sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_genes))


def highest_jaccard(sets: sparse.csr_array, others: sparse.csr_array, own: np.ndarray | None = None) -> np.ndarray:
    """The highest Jaccard index of each set with another one; ``own`` are the positions of the sets in ``others``."""
    n, m, turned, out = np.diff(sets.indptr), np.diff(others.indptr), others.T.tocsr(), np.zeros(sets.shape[0])
    for first in range(0, sets.shape[0], 200):
        both = (sets[first : first + 200] @ turned).tocsr()
        rows = first + np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
        jaccard = both.data / (n[rows] + m[both.indices] - both.data)
        if own is not None:
            jaccard[both.indices == own[rows]] = 0
        np.maximum.at(out, rows, jaccard)
    return out


def open_corpus(data: Path, run: Path) -> Corpus:
    """The training corpus with the sets from text and of genomic neighbors."""
    if (run / "corpus" / "corpus.json").exists():
        return Corpus.open(run / "corpus")
    plain = build_corpus([data / "genesets/train"], run / "plain", allowed=allowed_genes(data / "genes"))
    genes, token = plain.genes[2:], {gene: i for i, gene in enumerate(plain.genes)}
    libraries = [scgsfm.GeneSets(data / f"genesets/bench/{name}.gmt.gz").membership(plain.genes) for name in BENCHES]
    benches = sparse.csr_array(sparse.vstack(libraries).astype(np.float32))
    benches.data[:] = 1
    for group, made in ((TEXT, text_sets(data, genes)), (LOCUS, locus_sets(data, genes))):
        sets = list(made)
        rows = pattern([np.array([token[gene] for gene in members]) for _, members in sets], len(plain.genes))
        new = highest_jaccard(rows, benches) < LIKE
        file = run / "extra" / group / "sets.gmt"
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = (f"{name}\t\t" + "\t".join(members) for (name, members), keep in zip(sets, new, strict=True) if keep)
        file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return build_corpus([data / "genesets/train", run / "extra"], run / "corpus", allowed=genes)


@dataclass(frozen=True)
class Judge:
    """Held-out sets of each kind that are similar to no other set: queries and targets, sets × vocabulary."""

    kind: np.ndarray
    seen: sparse.csr_array
    few: sparse.csr_array
    hidden: sparse.csr_array

    def score(self, logits: Callable[[sparse.csr_array], np.ndarray]) -> tuple[float, float]:
        """Mean AUROC of the kinds for halves and for five genes."""
        return tuple(float(np.mean(list(self.by_kind(logits, query).values()))) for query in (self.seen, self.few))

    def by_kind(self, logits: Callable[[sparse.csr_array], np.ndarray], query: sparse.csr_array) -> dict[int, float]:
        """Mean AUROC of each kind."""
        values = self.values(logits, query)
        return {int(kind): float(values[self.kind == kind].mean()) for kind in np.unique(self.kind)}

    def values(self, logits: Callable[[sparse.csr_array], np.ndarray], query: sparse.csr_array) -> np.ndarray:
        """AUROC of each set."""
        from scgsfm.kernels import auroc

        found, genes = [], np.arange(2, query.shape[1])
        for first in range(0, query.shape[0], 256):
            part, hidden = query[first : first + 256], self.hidden[first : first + 256]
            both, rows = sparse.csr_array(part + hidden), np.arange(part.shape[0])
            share = auroc(logits(part), hidden.indptr, hidden.indices, rows, both.indptr, both.indices, genes)
            found.append(np.add.reduceat(share, hidden.indptr[:-1]) / np.diff(hidden.indptr))
        return np.concatenate(found)


def hold_out(corpus: Corpus, run: Path, n: int = 120, seed: int = 0) -> tuple[np.ndarray, Judge]:
    """Up to ``n`` sets of each group but those from text and of neighbors; returns the training sets and the judge."""
    rng, size, group = np.random.default_rng(seed), np.diff(corpus.indptr), np.asarray(corpus.group)
    file = run / "held_out.npy"
    if file.exists():
        drawn = np.load(file)
    else:
        kinds = [i for i, name in enumerate(corpus.groups) if name not in (TEXT, LOCUS)]
        fits = [rng.permutation(np.flatnonzero((group == i) & (size >= 10) & (size <= 400))) for i in kinds]
        tried = np.concatenate([some[: min(5 * n, len(some) // 10)] for some in fits])
        parts = np.asarray(corpus.indices).astype(np.int64), np.asarray(corpus.indptr)
        every = sparse.csr_array((np.ones(len(parts[0]), np.float32), *parts), shape=(len(corpus), len(corpus.genes)))
        tried = tried[highest_jaccard(every[tried], every, tried) < LIKE]
        drawn = np.concatenate([tried[group[tried] == i][:n] for i in kinds])
        np.save(file, drawn)
    rng = np.random.default_rng([seed, 1])
    genes = [rng.permutation(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]].astype(np.int64)) for i in drawn]
    halves = [g[: len(g) // 2] for g in genes], [g[:5] for g in genes], [g[len(g) // 2 :] for g in genes]
    made = (pattern([np.sort(row) for row in part], len(corpus.genes)) for part in halves)
    return np.setdiff1d(np.arange(len(corpus)), drawn), Judge(group[drawn], *made)


class Sets:
    """Draws batches on the device: positions of genes, which of them are genes of the set, and which are visible."""

    def __init__(self, corpus: Corpus, train: np.ndarray, choice: Choice, device: torch.device, cap: int = 512) -> None:
        group = np.asarray(corpus.group)[train]
        count = np.bincount(group, minlength=len(corpus.groups))
        chance = np.where(count > 0, count.astype(float) ** choice.temper, 0) * corpus.group_values(choice.groups)
        put = lambda array: torch.as_tensor(np.ascontiguousarray(array), device=device)
        self.chance, self.count, self.start = put(chance / chance.sum()), put(count), put(np.cumsum(count) - count)
        self.sets = put(train[np.argsort(group, kind="stable")])
        self.indptr, self.genes = put(corpus.indptr), put(np.asarray(corpus.indices).astype(np.int32))
        self.few, self.cap, self.device = choice.few, cap, device

    def draw(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        uniform = lambda *shape: torch.rand(*shape, device=self.device)
        group = torch.multinomial(self.chance, n, replacement=True)
        own = self.sets[self.start[group] + (uniform(n).double() * self.count[group]).long()]
        size = (self.indptr[own + 1] - self.indptr[own])[:, None]
        place = torch.arange(self.cap, device=self.device)[None].expand(n, -1)
        some = (uniform(n, self.cap) * size).long()  # of a set above the cap, with replacement
        place_in_set = torch.where(size > self.cap, some, place).minimum(size - 1)
        genes, member = self.genes[self.indptr[own][:, None] + place_in_set].long(), place < size
        known = size[:, 0].clamp_max(self.cap).float()
        share = 0.1 + 0.8 * uniform(n)
        log_uniform = (math.log(2) + uniform(n) * (0.45 * known).clamp_min(1).log()).exp() / known
        share = torch.where(uniform(n) < self.few, log_uniform, share).minimum(256 / known)
        order = uniform(n, self.cap) + 10.0 * ~member
        visible = (order < share[:, None]).scatter(1, order.argmin(1, keepdim=True), value=True) & member
        return genes, member, visible


def csr(genes: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    count = chosen.sum(1)
    return nn.functional.pad(count.cumsum(0), (1, 0)), genes[chosen]


def train(
    network: nn.Module,
    sets: Sets,
    steps: int,
    *,
    batch: int = 1024,
    peak: float = 1.0,
    warmup: int = 200,
    teachers: tuple[nn.Module, ...] = (),
    negatives: int = 2048,
    decay: float = 0.9985,
    extra: Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor] | None = None,
) -> nn.Module:
    """Adam with a cosine decay, 0.01 for the layers of genes and 0.002 for those between; returns the averaged network."""
    cuda, average = sets.device.type == "cuda", deepcopy(network)
    wide = [network.first.weight, network.first.bias, network.last.weight, network.last.bias]
    narrow = [p for p in network.parameters() if all(p is not w for w in wide)]
    parts = [{"params": wide, "peak": 1e-2}, {"params": narrow, "peak": 2e-3}]
    optimizer, n_genes = torch.optim.Adam(parts, betas=(0.9, 0.99), fused=True), network.last.out_features
    for step in range(steps):
        for part in optimizer.param_groups:
            cosine = 0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2
            part["lr"] = part["peak"] * peak * min(1, (step + 1) / warmup) * cosine
        genes, member, visible = sets.draw(batch)
        query, target = csr(genes, visible), csr(genes, member)
        size = member.sum(1).float()
        share = size.rsqrt() / size.sqrt().sum()
        with torch.autocast("cuda", torch.bfloat16, enabled=cuda):
            hidden = network.hidden(network.encode_sets(*query))
            if cuda:
                logits = network.last(hidden).float()
                picked = (logits.gather(1, torch.where(member, genes, 1)) * member).sum(1)
                loss = (share * (size * logits.logsumexp(1) - picked)).sum()
            else:
                drawn = torch.randperm(n_genes - 2)[:negatives] + 2
                last = network.last
                loss = sampled_softmax_loss(hidden, last.weight, last.bias, *target, share, drawn)
                logits = hidden @ last.weight[drawn].T + last.bias[drawn]
            if teachers:
                with torch.no_grad():
                    inner = [(t, t.hidden(t.encode_sets(*query))) for t in teachers]
                    taught = [
                        t.last(h).float() if cuda else h @ t.last.weight[drawn].T + t.last.bias[drawn] for t, h in inner
                    ]
                    wanted = (sum(t.log_softmax(1) for t in taught) / len(taught)).softmax(1)
                loss = (loss - (wanted * logits.log_softmax(1)).sum(1).mean()) / 2
            if extra is not None:
                loss = loss + extra(network, genes, member, visible)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            weight = 1 - min(decay, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)
    return average


def new_network(n_genes: int, device: torch.device, seed: int, **options: Any) -> nn.Module:
    torch.manual_seed(seed)
    return build_module({**MODEL, **options, "vocab_size": n_genes}).to(device)


def scorer(network: nn.Module) -> Callable[[sparse.csr_array], np.ndarray]:
    """Logits of a network in evaluation mode for queries, sets × vocabulary."""
    n_genes = network.last.out_features
    model = GSFM(network, ["<unk>", "<pad>", *map(str, range(n_genes - 2))])
    return model.logits


def search(
    corpus: Corpus, train_sets: np.ndarray, judge: Judge, network: nn.Module, device: torch.device
) -> dict[str, Any]:
    """Group weights of the co-occurrence, its weight, floor and coherence, found on every other held-out set.

    One group after the other is tried at other weights, which are kept if the mean AUROC of the kinds, of the network
    with the neighbors, is higher. Needs 40 GB of GPU memory.
    """
    n_genes, size, group = len(corpus.genes), np.diff(corpus.indptr), np.asarray(corpus.group)
    indptr, genes = (
        torch.as_tensor(np.asarray(a).astype(np.int64), device=device) for a in (corpus.indptr, corpus.indices)
    )
    together = []
    for i in range(len(corpus.groups)):
        total = torch.zeros(n_genes, n_genes, device=device)
        used = train_sets[(group[train_sets] == i) & (size[train_sets] <= 500)]
        for part in torch.as_tensor(used, device=device).split(2048):
            count = indptr[part + 1] - indptr[part]
            rows = torch.arange(len(part), device=device).repeat_interleave(count)
            entry = torch.arange(len(rows), device=device) - (count.cumsum(0) - count)[rows]
            x = torch.zeros(len(part), n_genes, device=device)
            x[rows, genes[indptr[part][rows] + entry]] = 1 / count[rows].float()
            total.addmm_(x.T, x)
        together.append(total.bfloat16())

    def cosines(weights: np.ndarray) -> Tensor:
        out = torch.zeros(n_genes, n_genes, device=device)
        for weight, part in zip(weights, together, strict=True):
            out.add_(part, alpha=float(weight))
        scale = out.diagonal().clamp_min(1e-20).rsqrt()
        out.mul_(scale[:, None]).mul_(scale).fill_diagonal_(0)
        kth = torch.cat([rows.topk(NEIGHBORS["n"], dim=1)[0][:, -1] for rows in out.split(2048)])
        return out.masked_fill_(out < torch.minimum(kth[:, None], kth), 0)

    turn = np.arange(len(judge.kind)) % 2 == 0
    halves = [
        Judge(judge.kind[some], *(part[some] for part in (judge.seen, judge.few, judge.hidden)))
        for some in (turn, ~turn)
    ]
    logits = [torch.from_numpy(scorer(network)(half.seen)).to(device) for half in halves]

    def value(at: int, table: Tensor, weight: float, floor: float, coherence: float) -> float:
        half = halves[at]
        share = torch.from_numpy(half.seen.toarray() / half.seen.sum(axis=1)[:, None]).float().to(device)
        level = torch.log1p(share @ table / floor)
        spread, mean = torch.std_mean(level, dim=1, keepdim=True)
        z = (level - mean) / spread.clamp_min(1e-12)
        gate = ((share * z).sum(1, keepdim=True) / coherence).clamp(0, 1)
        found = (logits[at] + weight * logits[at].std(1, keepdim=True) * gate * z).cpu().numpy()
        place = iter(range(0, len(found), 256))
        by_kind = half.by_kind(lambda part: found[(first := next(place)) : first + part.shape[0]], half.seen)
        return float(np.mean(list(by_kind.values())))

    options = [(w, f, c) for w in (0.5, 0.8, 1.2, 2.0) for f in (1e-3, 3e-4) for c in (3.0, 4.0, 6.0)]
    weights = corpus.group_values(FIRST_WEIGHTS)
    table = cosines(weights)
    chosen = max(options, key=lambda option: value(0, table, *option))
    best = value(0, table, *chosen)
    for turn_of, factors in enumerate(((4.0, 0.25), (2.0, 0.5), (1.5, 0.67))):
        for i in np.random.default_rng(turn_of).permutation(len(weights)):
            for factor in factors if weights[i] else factors[:1]:
                tried = weights.copy()
                tried[i] = weights[i] * factor if weights[i] else 0.25
                if tried[i] < 0.05:
                    tried[i] = 0
                if (new := value(0, cosines(tried), *chosen)) > best + 2e-5:
                    best, weights = new, tried
    table = cosines(weights)
    chosen = max(options, key=lambda option: value(0, table, *option))
    found = dict(zip(("weight", "floor", "coherence"), chosen, strict=True))
    groups = dict(zip(corpus.groups, weights.tolist(), strict=True))
    return {**found, "groups": groups, "searched": value(0, table, *chosen), "other half": value(1, table, *chosen)}


def finish(
    corpus: Corpus,
    train_sets: np.ndarray,
    judge: Judge,
    network: nn.Module,
    about: dict[str, Any],
    folder: Path,
    groups: dict[str, float] = NEIGHBORS["groups"],
) -> None:
    """Add the neighbors, calibrate, and write the model as eight-bit integers."""
    config = {**MODEL, "vocab_size": len(corpus.genes), "partition": 0.0, "weighted_loss": "none"}
    config |= {"neighbours": NEIGHBORS["n"], "recall": 100, "recall_weight": 0.5}
    config |= {f"neighbour_{key}": NEIGHBORS[key] for key in ("weight", "floor", "coherence")}
    table = neighbor_table(corpus, train_sets, NEIGHBORS["n"], group_weights=groups)
    module = build_module(config)
    parts = dict(zip(("neighbours.indices", "neighbours.cosines"), table, strict=True))
    module.load_state_dict({**network.cpu().state_dict(), **parts})
    model = GSFM(module, corpus.genes)
    order = np.random.default_rng(0).permutation(len(judge.kind))
    held_out = HeldOut(judge.seen[order], judge.hidden[order])
    card = {
        "name": "gsfm-base",
        "licence": "BSD-3-Clause",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    card |= {"corpus": corpus.info, "calibration": calibrate(model, held_out), **about}
    tensors = {key: tensor.numpy() for key, tensor in module.state_dict().items()}
    write_folder(folder, config, tensors, corpus.genes, card, quantize="int8")


def compare_choices(corpus: Corpus, train_sets: np.ndarray, judge: Judge, device: torch.device) -> None:
    for name, choice in CHOICES.items():
        network = new_network(len(corpus.genes), device, 1, **choice.model)
        network = train(network, Sets(corpus, train_sets, choice, device), 1500, warmup=100).eval()
        halves, few = judge.score(scorer(network))
        print(f"{name}: {halves:.4f} for halves, {few:.4f} for five genes", flush=True)


def last_part(corpus: Corpus) -> Choice:
    """How the third network draws sets: the weight of a group is the mean of those of both networks."""
    weights = [corpus.group_values(choice.groups) for choice in (RECIPE, MORE_LITERATURE)]
    return replace(RECIPE, groups=dict(zip(corpus.groups, np.mean(weights, 0).tolist(), strict=True)))


def provenance(device: torch.device, steps: tuple[int, int], seconds: int | None) -> dict[str, Any]:
    """What the card says about the run; the seconds are ``None`` after a run that was resumed."""
    return {
        "recipe": "training/gsfm_base.py",
        "steps": list(steps),
        "seeds": {"held-out sets": 0, "first network": 10, "second network": 11, "distilled network": 20},
        "hardware": torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} threads",
        "seconds": seconds,
        "torch": torch.__version__,
        "text": "RefSeq gene summaries (NCBI, public domain), only through the weights of neighbors",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default=os.environ.get("SCGSFM_DATA"), help="default: environment variable SCGSFM_DATA"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--steps", type=int, nargs=2, default=(12_000, 16_000), help="of each member; of the last network"
    )
    parser.add_argument("--choices", action="store_true", help="only compare the choices, in runs of 1,500 steps")
    parser.add_argument(
        "--without-text",
        action="store_true",
        help="also write a model without text and genomic neighbors among the neighbors",
    )
    parser.add_argument("--search", action="store_true", help="also search the weights of the neighbors (GPU)")
    args = parser.parse_args()
    if not args.data:
        parser.error("give --data FOLDER or set SCGSFM_DATA")
    device, start = torch.device(args.device), time.perf_counter()
    corpus = open_corpus(Path(args.data), args.out)
    train_sets, judge = hold_out(corpus, args.out)
    n_genes = len(corpus.genes)
    if args.choices:
        compare_choices(corpus, train_sets, judge, device)
        return
    members, scores, resumed = [], {}, False
    for i, choice in enumerate((RECIPE, MORE_LITERATURE)):
        file = args.out / f"member_{i}.pt"
        network = new_network(n_genes, device, 10 + i, **choice.model)
        if file.exists():
            resumed = True
            network.load_state_dict(torch.load(file, map_location=device, weights_only=True))
        else:
            begun = time.perf_counter()
            network = train(network, Sets(corpus, train_sets, choice, device), args.steps[0])
            print(f"{(time.perf_counter() - begun) / args.steps[0]:.4f} s per step", flush=True)
            torch.save(network.state_dict(), file)
        members.append(network.eval().requires_grad_(requires_grad=False))
        scores[f"member {i}"] = judge.score(scorer(network))
        print(f"member {i}: {scores[f'member {i}']}", flush=True)
    torch.manual_seed(20)
    student = deepcopy(members[0]).train().requires_grad_(requires_grad=True)
    sets = Sets(corpus, train_sets, last_part(corpus), device)
    begun = time.perf_counter()
    student = train(student, sets, args.steps[1], peak=0.6, teachers=tuple(members)).eval()
    print(f"{(time.perf_counter() - begun) / args.steps[1]:.4f} s per step", flush=True)
    scores["distilled"] = judge.score(scorer(student))
    print(f"distilled: {scores['distilled']}", flush=True)
    if args.search:
        print(json.dumps(search(corpus, train_sets, judge, student, device), indent=1), flush=True)
    seconds = None if resumed else round(time.perf_counter() - start)
    card = {"held_out_auroc": scores, "provenance": provenance(device, args.steps, seconds)}
    finish(corpus, train_sets, judge, student, card, args.out / "model")
    if args.without_text:
        groups = {**NEIGHBORS["groups"], TEXT: 0.0, LOCUS: 0.0}
        card["provenance"]["text"] = "none"
        finish(corpus, train_sets, judge, student, card, args.out / "model_without_text", groups)


if __name__ == "__main__":
    main()
