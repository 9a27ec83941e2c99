"""GSFM as published (Clarke et al. 2026) and its variants, as plain torch modules.

Every variant maps gene sets to latent vectors (:meth:`SetAutoencoder.encode_sets`) and these to one logit per gene
(:meth:`SetAutoencoder.decode`). Sets are given as the parts of a CSR matrix (``indptr``, ``indices``, ``weights``; one
row per set), so that the multi-hot matrix of the publication is never built: a linear layer applied to a multi-hot row
is the sum of the layer's columns for the genes present.

The keys of a state dictionary are those of the official checkpoints.
"""

from __future__ import annotations

import inspect
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from scgsfm._vocabulary import PAD

from ._neighbor_residual import NeighborResidual
from ._second_pass import add_top_genes
from ._sparse_ops import BagSum


class ResidualBlock(nn.Module):
    """Two linear layers with ReLU between them, added to their input; untrained, it returns its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The input plus what the layers make of it."""
        out: Tensor = x + self.down(self.up(x).relu())
        return out


class MLP(nn.Module):
    """Linear layers with ReLU and dropout between them, without either after the last, which follows the blocks."""

    def __init__(self, *widths: int, dropout: float = 0.0, blocks: int = 0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(widths):
            layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.ModuleList(layers[:-3] + [ResidualBlock(widths[-2]) for _ in range(blocks)] + layers[-3:-2])

    def forward(self, x: Tensor) -> Tensor:
        """Apply all layers."""
        for layer in self.layers:
            x = layer(x)
        return x


class GeneLinear(nn.Module):
    """A linear layer that stores its weight as genes × outputs, so that the weights of a gene are contiguous.

    State dictionaries contain it as outputs × genes, as :class:`torch.nn.Linear` does.
    """

    def __init__(self, n_genes: int, n_out: int) -> None:
        super().__init__()
        linear = nn.Linear(n_genes, n_out)
        self.weight = nn.Parameter(linear.weight.data.t().contiguous())
        self.bias = linear.bias
        untyped: Any = self
        untyped.register_state_dict_post_hook(self._transpose)
        untyped.register_load_state_dict_pre_hook(self._transpose)

    @staticmethod
    def _transpose(_module: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
        if prefix + "weight" in state:
            state[prefix + "weight"] = state[prefix + "weight"].t().contiguous()

    def forward(self, x: Tensor) -> Tensor:
        """The layer on dense rows."""
        return x @ self.weight + self.bias


class SetAutoencoder(nn.Module):
    """Base of the variants; a variant defines :meth:`encode_sets` and a ``decoder``."""

    decoder: MLP
    config: dict[str, Any]
    """What :func:`build_module` built it from."""

    @property
    def last(self) -> nn.Linear:
        """The last linear layer of the decoder, which returns the logits."""
        return cast("nn.Linear", self.decoder.layers[-1])

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Latent vectors of sets, n × d."""
        raise NotImplementedError(type(self).__name__)

    def gene_vectors(self) -> Tensor:
        """The parameters of each gene in the first step of the encoder, V × width."""
        raise NotImplementedError(type(self).__name__)

    def sample(self, indptr: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Latent vectors for training, and a term to add to the loss."""
        z = self.encode_sets(indptr, indices)
        return z, z.new_zeros(())

    def hidden(self, z: Tensor) -> Tensor:
        """The input of the last linear layer of the decoder, n × width."""
        for layer in self.decoder.layers[:-1]:
            z = layer(z)
        return z

    def decode(self, z: Tensor) -> Tensor:
        """Logits of all genes, n × V."""
        logits: Tensor = self.last(self.hidden(z))
        return logits

    def forward(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of all genes, n × V."""
        return self.decode(self.encode_sets(indptr, indices, weights))


class DAE(SetAutoencoder):
    """The published model: a denoising autoencoder over multi-hot sets, V → … → 2d → d → d → … → V.

    Options beyond the publication: ``input_norm="l2"`` divides each multi-hot row by its Euclidean norm, so that small
    and large sets reach the first hidden layer on one scale (``"none"`` is as published); ``neighbours``, the
    number of co-occurring genes stored for each gene (see :class:`NeighborResidual`; 0: none), and ``recall``, the number
    of genes added to a set for a second pass (see :func:`add_top_genes`; 0: one pass). The added genes weigh
    ``recall_weight`` times as much as the set, scaled by the gate of the neighbors. ``width`` is that of the first hidden
    layer (0: as published), and ``blocks`` the number of residual blocks before the last layers of encoder and decoder.
    """

    def __init__(
        self,
        vocab_size: int,
        d_model: int = 256,
        depth: int = 2,
        dropout: float = 0.2,
        input_norm: str = "none",
        weighted_loss: str | None = "none",
        neighbours: int = 0,
        neighbour_weight: float = 1.0,
        neighbour_floor: float = 1e-3,
        neighbour_coherence: float = 0.0,
        recall: int = 0,
        recall_weight: float = 0.5,
        width: int = 0,
        blocks: int = 0,
    ) -> None:
        super().__init__()
        if depth < 2 and (width or blocks):
            msg = f"width={width} and blocks={blocks} need a hidden layer, but depth is {depth}."
            raise ValueError(msg)
        widths = [d_model * 2**n for n in range(depth)]
        widths[-1] = width or widths[-1]
        self.encoder = MLP(vocab_size, *widths[:0:-1], d_model, dropout=dropout, blocks=blocks)
        self.decoder = MLP(d_model, *widths[:-1], vocab_size, dropout=dropout, blocks=blocks)
        self.input_norm = input_norm
        self.encoder.layers[0] = GeneLinear(vocab_size, widths[-1])
        if weighted_loss == "balance":  # running gene counts for the loss, part of official checkpoints
            self.bias = nn.Parameter(torch.ones(vocab_size), requires_grad=False)
        options = neighbour_weight, neighbour_floor, neighbour_coherence
        self.neighbours = NeighborResidual(vocab_size, neighbours, *options) if neighbours else None
        self.recall, self.recall_weight = recall, recall_weight

    @property
    def first(self) -> GeneLinear:
        """The encoder's first linear layer."""
        return cast("GeneLinear", self.encoder.layers[0])

    def gene_vectors(self) -> Tensor:
        """Weights of the first layer, V × width."""
        return self.first.weight

    def first_layer(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """The first linear layer, before its ReLU: n × width."""
        weights = normalize(self.input_norm, indptr, indices, weights)
        return sum_rows(self.first.weight, indptr, indices, weights) + self.first.bias

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Latent vectors of sets, n × d."""
        x = self.first_layer(indptr, indices, weights)
        for layer in self.encoder.layers[1:]:
            x = layer(x)
        return x

    def forward(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of all genes, n × V."""
        max_gate = torch.ones(len(indptr) - 1, device=indptr.device)
        logits, gate = self._read(indptr, indices, weights, max_gate)
        if not self.recall:
            return logits
        weight = self.recall_weight * gate
        extended = add_top_genes(logits, indptr, indices, weights, k=self.recall, weight=weight)
        return self._read(*extended, gate)[0]

    def _read(self, indptr: Tensor, indices: Tensor, weights: Tensor | None, max_gate: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the gate of the neighbors."""
        logits = super().forward(indptr, indices, weights)
        if self.neighbours is None:
            return logits, max_gate
        out: tuple[Tensor, Tensor] = self.neighbours(logits, indptr, indices, weights, max_gate)
        return out


class VAE(DAE):
    """The variational variant: the encoder's output is mapped to a mean and a log variance of ``latent_dim``."""

    def __init__(
        self, vocab_size: int, d_model: int = 256, depth: int = 2, dropout: float = 0.2, latent_dim: int = 128
    ) -> None:
        super().__init__(vocab_size, d_model, depth, dropout)
        self.hidden2mu = nn.Linear(d_model, latent_dim)
        self.hidden2log_var = nn.Linear(d_model, latent_dim)
        widths = [d_model * 2**n for n in range(depth - 1)]
        self.decoder = MLP(latent_dim, d_model, *widths, vocab_size, dropout=dropout)
        # in the checkpoints, but not used by the published loss
        self.log_scale = nn.Parameter(torch.zeros(1), requires_grad=False)

    def posterior(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent vectors."""
        hidden = super().encode_sets(indptr, indices, weights)
        return self.hidden2mu(hidden), self.hidden2log_var(hidden)

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Posterior means, n × latent_dim."""
        return self.posterior(indptr, indices, weights)[0]

    def sample(self, indptr: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        """A draw from the posterior, and the mean Kullback–Leibler divergence of posteriors from the prior."""
        mean, log_var = self.posterior(indptr, indices)
        z = mean + torch.randn_like(mean) * torch.exp(log_var / 2)
        return z, 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean()


class _Embedding(SetAutoencoder):
    """First step of the embedding variants: a table of gene vectors, and means over the genes of each set.

    A gene counts once, no matter how often a list contains it; so do unknown genes, which share ``<unk>``.
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model, padding_idx=PAD)

    def gene_vectors(self) -> Tensor:
        """The table, V × d."""
        return self.embedding.weight

    @staticmethod
    def mean_rows(table: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None) -> Tensor:
        """Weighted means of the rows of ``table``; an empty set gives zeros."""
        ones = torch.ones(len(indices), device=table.device) if weights is None else weights
        total = sum_rows(ones[:, None], indptr, torch.arange(len(indices), device=table.device), None)
        return sum_rows(table, indptr, indices, weights) / total.clamp_min(1e-12)


class EDAE(_Embedding):
    """Embed each gene, encode each gene by an MLP, then average over the set."""

    def __init__(self, vocab_size: int, d_model: int = 256, depth: int = 2, dropout: float = 0.2) -> None:
        super().__init__(vocab_size, d_model)
        widths = [d_model**n for n in range(1, depth)]
        self.encoder = MLP(*widths, d_model, dropout=dropout)
        self.decoder = MLP(d_model, *widths[1:], vocab_size, dropout=dropout)

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Means of the encoded genes, n × d."""
        present, position = torch.unique(indices, return_inverse=True)
        return self.mean_rows(self.encoder(self.embedding(present)), indptr, position, weights)


class EPDAE(_Embedding):
    """Concatenate the means of the encoded genes and of the embeddings."""

    def __init__(self, vocab_size: int, d_model: int = 256, depth: int = 2, dropout: float = 0.2) -> None:
        super().__init__(vocab_size, d_model)
        hidden = [d_model * 2 ** (n - 1) for n in range(depth - 1, 1, -1)]
        self.encoder = MLP(d_model, *hidden, d_model, dropout=dropout)
        self.decoder = MLP(2 * d_model, *(d_model * 2**n for n in range(1, depth)), vocab_size, dropout=dropout)

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Means of the encoded genes and of the embeddings, n × 2d."""
        present, position = torch.unique(indices, return_inverse=True)
        table = self.embedding(present)
        encoded = self.mean_rows(self.encoder(table), indptr, position, weights)
        return torch.cat([encoded, self.mean_rows(table, indptr, position, weights)], dim=-1)


class MEDAE(EDAE):
    """Average the embeddings of a set's genes, then encode the mean: the layers of :class:`EDAE` in another order."""

    def encode_sets(self, indptr: Tensor, indices: Tensor, weights: Tensor | None = None) -> Tensor:
        """Encoded means, n × d."""
        encoded: Tensor = self.encoder(self.mean_rows(self.embedding.weight, indptr, indices, weights))
        return encoded


def sum_rows(table: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None) -> Tensor:
    """Weighted sums of the rows of ``table`` over each set: sets × columns of the table."""
    if torch.is_grad_enabled() and table.requires_grad and table.device.type == "cpu":
        ones = torch.ones(len(indices)) if weights is None else weights
        bag_sum: Any = BagSum
        sums: Tensor = bag_sum.apply(table, indptr, indices, ones)
        return sums
    return embedding_bag(indices, table, indptr, mode="sum", per_sample_weights=weights, include_last_offset=True)


def normalize(norm: str, indptr: Tensor, indices: Tensor, weights: Tensor | None) -> Tensor | None:
    """Weights of the genes after the input normalisation ``norm``."""
    if norm == "none":
        return weights
    if norm != "l2":
        msg = f"input_norm={norm!r} must be 'none' or 'l2'."
        raise ValueError(msg)
    sizes = indptr.diff()
    w = torch.ones(len(indices), device=indices.device) if weights is None else weights
    square = torch.segment_reduce(w * w, "sum", lengths=sizes, initial=0.0)
    return w * square.clamp_min(1e-12).rsqrt().repeat_interleave(sizes)


VARIANTS: dict[str, type[SetAutoencoder]] = {"DAE": DAE, "VAE": VAE, "EDAE": EDAE, "EPDAE": EPDAE, "mEDAE": MEDAE}
"""The published variants by name; a new one is a class and a line here."""


def build_module(config: dict[str, Any]) -> SetAutoencoder:
    """Build the untrained module that ``config`` (a checkpoint's ``config.json``) describes.

    ``config["variant"]`` names the variant. Official configurations do not contain it: they are VAEs if they contain a
    ``latent_dim``, and DAEs otherwise. Keys that are not arguments of the variant (bookkeeping, training) are ignored.
    """
    name = config.get("variant", "VAE" if "latent_dim" in config else "DAE")
    if name not in VARIANTS:
        msg = f"Unknown variant {name!r} in the configuration; give one of {', '.join(VARIANTS)}."
        raise ValueError(msg)
    variant = VARIANTS[name]
    accepted = inspect.signature(variant).parameters
    module = variant(**{key: value for key, value in config.items() if key in accepted})
    module.config = dict(config)
    return module
