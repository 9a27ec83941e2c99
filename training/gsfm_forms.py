"""Compare forms of the network: `python training/gsfm_forms.py -o RUN [--steps 1500] [--seeds 1 2] [--forms FORM …]`.

RUN is the directory of `training/gsfm_base.py`, which builds the corpus and draws the held-out sets. Each form is trained as
the recipe's first network, once for each seed; this needs a GPU. The difference from the recipe's form is that of the mean
AUROC of the kinds, paired by held-out set; the interval is from 2,000 draws of the sets within each kind, and does not contain
the variation between seeds. The table is `RUN/forms.csv`.

    python training/gsfm_forms.py -o RUN --start gsfm-base --forms "contrastive halves" "dropout after the blocks" \
        --device cpu --steps 2000 --seeds 30

With `--start MODEL`, each form goes on from the weights of a trained model instead, which is also the teacher, as in the last
part of the recipe. This tells whether a change still helps after a long training, also for forms that only add to the loss or
have no weights of their own. The table is `RUN/forms_continued.csv`, and the networks are `RUN/FORM, seed N.pt`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from gsfm_base import RECIPE, Sets, csr, hold_out, last_part, new_network, open_corpus, scorer, train
from torch import Tensor, nn

from scgsfm.models import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from gsfm_base import Judge


def padded(indptr: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Genes of each set in rows, sets × longest set, and which places are genes."""
    size = indptr.diff()
    member = torch.arange(int(size.max()), device=indices.device)[None] < size[:, None]
    genes = torch.zeros(member.shape, dtype=indices.dtype, device=indices.device)
    genes[member] = indices
    return genes, member


class AttentionPooling(nn.Module):
    """Weighs the genes of a set by how they match the sum over the set, in four heads, and adds the weighted means.

    Replaces the first layer of the encoder of ``network``. The last layer begins with zeros: untrained, it adds nothing.
    """

    def __init__(self, network: Any, heads: int = 4) -> None:
        super().__init__()
        width = network.first.weight.shape[1]
        self.heads, self.sum = heads, network.first_layer
        self.vectors: Callable[[], Tensor] = network.gene_vectors
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """The sum over each set plus the weighted means, n × width."""
        total = self.sum(indptr, indices, weights)
        genes, member = padded(indptr, indices)
        vectors = nn.functional.embedding(genes, self.vectors())
        split = lambda x: x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        query, key, value = split(self.query(total)[:, None]), split(self.key(vectors)), split(self.value(vectors))
        mean = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=member[:, None, None])
        out: Tensor = total + self.out(mean.transpose(1, 2).flatten(2)[:, 0])
        return out


class SetTransformer(AttentionPooling):
    """Adds to each gene what it reads from the other genes of the set, before the genes are summed."""

    def forward(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """The sum of the changed vectors over each set, n × width."""
        genes, member = padded(indptr, indices)
        vectors = nn.functional.embedding(genes, self.vectors())
        split = lambda x: x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        query, key, value = split(self.query(vectors)), split(self.key(vectors)), split(self.value(vectors))
        read = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=member[:, None, None])
        changed = self.out(read.transpose(1, 2).flatten(2)) * member[..., None]
        scale = member.sum(1, keepdim=True).clamp_min(1).rsqrt()
        out: Tensor = self.sum(indptr, indices, weights) + changed.sum(1) * scale
        return out


class MixtureOfDecoders(nn.Module):
    """A few decoders that share the vectors of the genes; a softmax of the query weighs their probabilities.

    Replaces the last layer of the decoder, and returns log probabilities.
    """

    def __init__(self, last: nn.Linear, n: int = 3) -> None:
        super().__init__()
        width = last.in_features
        self.out_features, self.weight, self.bias = last.out_features, last.weight, last.bias
        self.share = nn.Linear(width, n)
        self.turn = nn.ModuleList(nn.Linear(width, width) for _ in range(n))
        for layer in self.turn:  # near the identity, and different from each other
            nn.init.eye_(layer.weight)
            nn.init.zeros_(layer.bias)
            layer.weight.data += 0.02 * torch.randn_like(layer.weight)

    def forward(self, hidden: Tensor) -> Tensor:
        """Log probabilities of all genes, n × V."""
        share = self.share(hidden).float().log_softmax(1)
        decoded = (nn.functional.linear(layer(hidden), self.weight, self.bias) for layer in self.turn)
        each = [part.float().log_softmax(1) + share[:, i, None] for i, part in enumerate(decoded)]
        out: Tensor = torch.stack(each).logsumexp(0)
        return out


def contrast_halves(network: Any, genes: Tensor, member: Tensor, visible: Tensor) -> Tensor:
    """Cross-entropy of finding the hidden part of each set among those of the batch, by cosines; weight 0.1."""
    hidden = member & ~visible
    some = hidden.any(1)
    parts = (network.encode_sets(*csr(genes[some], part[some])).float() for part in (visible, hidden))
    first, second = (nn.functional.normalize(part, dim=1) for part in parts)
    cosines = 10 * first @ second.T
    own = torch.arange(len(cosines), device=cosines.device)
    return 0.1 * (nn.functional.cross_entropy(cosines, own) + nn.functional.cross_entropy(cosines.T, own)) / 2


def with_pooling(pooling: type[AttentionPooling]) -> Callable[[Any], None]:
    def change(network: Any) -> None:
        network.pooling = pooling(network)
        vars(network)["first_layer"] = network.pooling  # hides the method of the class

    return change


def with_mixture(network: Any) -> None:
    network.decoder.layers[-1] = MixtureOfDecoders(network.last)


def with_late_dropout(network: Any) -> None:
    """Dropout after the residual blocks instead of before them, as in the prototype of the recipe."""
    for part in (network.encoder, network.decoder):
        layers = list(part.layers)
        i = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Dropout))
        part.layers = nn.ModuleList([*layers[:i], *layers[i + 1 : -1], layers[i], layers[-1]])


Change = tuple["Callable[[Any], None] | None", "Callable[..., Tensor] | None"]
FORMS: dict[str, Change] = {
    "recipe": (None, None),
    "attention pooling beside the sum": (with_pooling(AttentionPooling), None),
    "mixture of three decoders": (with_mixture, None),
    "contrastive halves": (None, contrast_halves),
    "set transformer": (with_pooling(SetTransformer), None),
    "dropout after the blocks": (with_late_dropout, None),
}
"""What changes the network, and what is added to the loss."""


def values(judge: Judge, network: nn.Module) -> np.ndarray:
    """AUROC of each held-out set, for halves and for five genes: 2 × sets."""
    return np.stack([judge.values(scorer(network), query) for query in (judge.seen, judge.few)])


def interval(kind: np.ndarray, difference: np.ndarray, draws: int = 2000) -> tuple[float, float, float]:
    """The mean over kinds of the mean difference, and its 95 % interval from draws of the sets within each kind."""
    rng, means = np.random.default_rng(0), []
    for one in np.unique(kind):
        own = difference[kind == one]
        means.append(np.r_[own.mean(), own[rng.integers(len(own), size=(draws, len(own)))].mean(1)])
    total = np.mean(means, 0)
    return float(total[0]), *map(float, np.quantile(total[1:], [0.025, 0.975]))


def table(
    judge: Judge, found: dict[tuple[str, int], np.ndarray], seconds: dict[tuple[str, int], float]
) -> pd.DataFrame:
    """A row for each form: mean AUROC of the kinds over the seeds, differences from the recipe and their intervals."""
    rows = []
    for form in dict.fromkeys(form for form, _ in found):
        seeds = sorted(seed for name, seed in found if name == form)
        mean = np.mean([found[form, seed] for seed in seeds], 0)
        reference = np.mean([found["recipe", seed] for seed in seeds], 0)
        row: dict[str, Any] = {"form": form, "seeds": len(seeds)}
        row["seconds"] = round(float(np.mean([seconds[form, seed] for seed in seeds])), 1)
        for column, own, other in zip(("halves", "five genes"), mean, reference, strict=True):
            difference, low, high = interval(judge.kind, own - other)
            row[column] = f"{interval(judge.kind, own, 1)[0]:.4f}"
            row[f"{column}: difference"] = "" if form == "recipe" else f"{difference:+.4f} [{low:+.4f}, {high:+.4f}]"
        rows.append(row)
    return pd.DataFrame(rows)


def trained(name: str, n_genes: int, device: torch.device) -> nn.Module:
    """The network of a model, without its neighbors."""
    state = load(name).module.state_dict()
    network = new_network(n_genes, device, 0, **RECIPE.model)
    network.load_state_dict({key: state[key].float() for key in network.state_dict()})
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--forms", nargs="+", default=list(FORMS), choices=list(FORMS), metavar="FORM")
    parser.add_argument("--start", metavar="MODEL", help="go on from the weights of this model")
    args = parser.parse_args()
    device = torch.device(args.device)
    corpus = open_corpus(args.out, args.out)
    train_sets, judge = hold_out(corpus, args.out)
    sets = Sets(corpus, train_sets, last_part(corpus) if args.start else RECIPE, device)
    found: dict[tuple[str, int], np.ndarray] = {}
    seconds: dict[tuple[str, int], float] = {}
    options: dict[str, Any] = {"warmup": 100}
    if args.start:
        teacher = trained(args.start, len(corpus.genes), device).eval().requires_grad_(requires_grad=False)
        options = {"peak": 0.3, "teachers": (teacher,)}
        found["before", args.seeds[0]], seconds["before", args.seeds[0]] = values(judge, teacher), 0.0
    for seed in args.seeds:
        for form in dict.fromkeys(["recipe", *args.forms]):
            change, extra = FORMS[form]
            if args.start:
                network = trained(args.start, len(corpus.genes), torch.device("cpu"))
                torch.manual_seed(seed)
            else:
                network = new_network(len(corpus.genes), torch.device("cpu"), seed, **RECIPE.model)
            if change is not None:
                change(network)
            start = time.perf_counter()
            network = train(network.to(device), sets, args.steps, batch=args.batch, extra=extra, **options).eval()
            seconds[form, seed] = time.perf_counter() - start
            found[form, seed] = values(judge, network)
            table(judge, found, seconds).to_csv(args.out / f"forms{'_continued' * bool(args.start)}.csv", index=False)
            if args.start:
                torch.save(network.state_dict(), args.out / f"{form}, seed {seed}.pt")
            halves, few = (interval(judge.kind, part, 1)[0] for part in found[form, seed])
            print(f"{form}, seed {seed}: {halves:.4f} for halves, {few:.4f} for five genes", flush=True)


if __name__ == "__main__":
    main()
