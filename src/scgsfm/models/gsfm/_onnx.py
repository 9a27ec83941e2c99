"""Export to ONNX: the network on dense rows, sets × vocabulary, since other runtimes have no sparse operators."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from scgsfm._logging import logger
from scgsfm._vocabulary import N_SPECIALS, PAD
from scgsfm.models._extras import needs

from ._modules import DAE, EDAE, EPDAE, MEDAE, VAE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from ._modules import SetAutoencoder
    from ._neighbor_residual import NeighborResidual

    LogOdds = Callable[[Tensor, Tensor | None], Tensor]

ENCODER, DECODER, MODEL, VOCAB = "encoder.onnx", "decoder.onnx", "model.onnx", "vocab.txt"
OPSET = 18
WIDTH = 32
"""Neighbors of a gene that are summed at a time."""
BLOCK = 16384
"""Rows of :data:`WIDTH` neighbors that are gathered at a time, which bounds the memory: 2 MB per set."""


def export(
    module: SetAutoencoder,
    genes: Sequence[str],
    log_odds: LogOdds,
    folder: str | os.PathLike[str],
) -> Path:
    """Write the files of :meth:`GSFM.to_onnx`."""
    for package in ("onnx", "onnxscript"):
        with needs(package, "Export to ONNX", "onnx"):
            __import__(package)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    device = next(module.parameters()).device
    try:
        module.cpu()
        encoder = _Encoder(module)
        sets = torch.zeros(2, len(genes))
        sets[:, N_SPECIALS:12] = 1
        with torch.inference_mode():
            latent = encoder(sets).clone()
        _write(encoder, sets, ("sets", "latent"), folder / ENCODER)
        _write(_Decoder(module), latent.detach(), ("latent", "logits"), folder / DECODER)
        _write(_Model(module, log_odds), sets, ("sets", "logits", "probabilities"), folder / MODEL)
    finally:
        module.to(device)
    (folder / VOCAB).write_text("".join(f"{gene}\n" for gene in genes), encoding="utf-8")
    logger.info("wrote %s to %s", ", ".join((ENCODER, DECODER, MODEL, VOCAB)), folder)
    return folder


def _write(module: nn.Module, example: Tensor, names: tuple[str, ...], path: Path) -> None:
    """Write one graph, for any number of rows."""
    with _quiet():
        torch.onnx.export(
            module.eval(),
            (example,),
            path,
            input_names=names[:1],
            output_names=names[1:],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says about itself and about packages that it does not need."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


class _Encoder(nn.Module):
    """Latent vectors of dense rows, as :meth:`SetAutoencoder.encode_sets`."""

    def __init__(self, module: SetAutoencoder) -> None:
        super().__init__()
        self.module = module
        self.visible: Tensor
        self.table: Tensor
        visible = torch.ones(module.gene_vectors().shape[0])
        visible[PAD] = 0
        self.register_buffer("visible", visible)
        if isinstance(module, EDAE | EPDAE):
            with torch.no_grad():
                table = module.embedding.weight
                encoded = [] if isinstance(module, MEDAE) else [module.encoder(table)]
                plain = [table] if isinstance(module, EPDAE | MEDAE) else []
                self.register_buffer("table", torch.cat([*encoded, *plain], dim=1))

    def forward(self, sets: Tensor) -> Tensor:
        module, x = self.module, sets * self.visible
        if not isinstance(module, DAE):
            total = x.sum(dim=1, keepdim=True).clamp_min(1e-12)
            mean: Tensor = x @ self.table / total
            return module.encoder(mean) if isinstance(module, MEDAE) else mean
        if module.input_norm == "l2":
            x = x * (x * x).sum(dim=1, keepdim=True).clamp_min(1e-12).rsqrt()
        for layer in module.encoder.layers:
            x = layer(x)
        return module.hidden2mu(x) if isinstance(module, VAE) else x


class _Decoder(nn.Module):
    """Logits from latent vectors, as :meth:`SetAutoencoder.decode`."""

    def __init__(self, module: SetAutoencoder) -> None:
        super().__init__()
        self.module = module

    def forward(self, latent: Tensor) -> Tensor:
        return self.module.decode(latent)


class _Model(nn.Module):
    """Logits and probabilities of dense rows, with neighbors and second pass."""

    def __init__(self, module: SetAutoencoder, log_odds: LogOdds) -> None:
        super().__init__()
        self.encoder = _Encoder(module)
        self.module = module
        neighbors = getattr(module, "neighbours", None)
        self.neighbors = None if neighbors is None else _Neighbors(neighbors)
        self.recall = int(getattr(module, "recall", 0))
        self.log_odds = log_odds

    def forward(self, sets: Tensor) -> tuple[Tensor, Tensor]:
        x = sets * self.encoder.visible
        logits, gate = self._read(x, torch.ones_like(x[:, :1]))
        if self.recall:
            logits, _ = self._read(self._extended(x, logits, gate), gate)
        sizes = (x[:, N_SPECIALS:] > 0).float().sum(dim=1)
        return logits, torch.sigmoid(self.log_odds(logits, sizes))

    def _read(self, x: Tensor, max_gate: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.module.decode(self.encoder(x))
        return (logits, max_gate) if self.neighbors is None else self.neighbors(logits, x, max_gate)

    def _extended(self, x: Tensor, logits: Tensor, gate: Tensor) -> Tensor:
        """The sets with their top-ranked genes, as :func:`add_top_genes`."""
        member = x > 0
        special = torch.arange(x.shape[1]) < N_SPECIALS
        candidates = torch.where(member | special, torch.full_like(logits, -1e30), logits)
        top, added = candidates.topk(min(self.recall, logits.shape[1]), dim=1)
        share = torch.softmax(top / _std(logits).clamp_min(1e-12), dim=1)
        share = torch.where(top > -1e29, share, torch.zeros_like(share))
        weight: Any = self.module.recall_weight
        return x.scatter_add(1, added, weight * gate * x.sum(dim=1, keepdim=True) * share)


class _Neighbors(nn.Module):
    """The residual of co-occurring genes, as :class:`NeighborResidual`."""

    def __init__(self, residual: NeighborResidual) -> None:
        super().__init__()
        self.weight, self.floor, self.coherence = residual.weight, residual.floor, residual.coherence
        start, neighbors, cosines = residual.graph
        counts = start.diff()
        pieces = (counts + WIDTH - 1) // WIDTH
        self.genes: Tensor
        self.register_buffer("genes", torch.arange(len(counts)).repeat_interleave(pieces))
        number = torch.arange(len(self.genes)) - (pieces.cumsum(0) - pieces)[self.genes]
        offset = number[:, None] * WIDTH + torch.arange(WIDTH)
        inside = offset < counts[self.genes][:, None]
        entry = torch.where(inside, start[self.genes][:, None] + offset, torch.zeros_like(offset))
        self.neighbors: Tensor
        self.cosines: Tensor
        self.register_buffer("neighbors", neighbors[entry].to(torch.int32))
        self.register_buffer("cosines", torch.where(inside, cosines[entry], torch.zeros(())))

    def forward(self, logits: Tensor, x: Tensor, max_gate: Tensor) -> tuple[Tensor, Tensor]:
        share = x / x.sum(dim=1, keepdim=True).clamp_min(1e-12)
        by_gene = share.t()
        similarity = torch.zeros_like(by_gene)
        for first in range(0, len(self.genes), BLOCK):
            block = slice(first, first + BLOCK)
            gathered = by_gene[self.neighbors[block].long()] * self.cosines[block, :, None]
            similarity = similarity.index_put((self.genes[block],), gathered.sum(dim=1), accumulate=True)
        log_similarity = torch.log1p(similarity.t() / self.floor)
        spread = _std(log_similarity)
        z = (log_similarity - log_similarity.mean(dim=1, keepdim=True)) / spread.clamp_min(1e-12)
        gate = max_gate * (spread > 0)
        if self.coherence:
            gate = torch.minimum(((share * z).sum(dim=1, keepdim=True) / self.coherence).clamp_min(0), gate)
        return logits + self.weight * _std(logits) * gate * z, gate


def _std(x: Tensor) -> Tensor:
    """Standard deviation of the rows."""
    centered = x - x.mean(dim=1, keepdim=True)
    return ((centered * centered).sum(dim=1, keepdim=True) / (x.shape[1] - 1)).sqrt()
