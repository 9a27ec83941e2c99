"""Train the sequence networks of r3lm-mini: large teachers on measurements, small students on the teachers; used by r3lm_mini.

python training/r3lm_distill.py --data RUN/distill.npz -o RUN/distilled --seconds 520 --device cuda

The script needs torch and numpy only, so that it also runs on a machine without the package; `r3lm_mini.py` writes its data.
Teachers of four families of architectures are trained on the measurements, one after another; further seeds are of the
families that did best on the validation rows. Their mean predictions of real, shifted, mutated and recombined sequences
then teach the students, which have the architecture that the package runs. All schedules follow the clock: a faster device
sees more sequences in the same time. In OUT, `predictions.npz` (of each teacher, all sequences), `students.npz` (averaged
weights) and `log.json` are rewritten as the training proceeds.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

N = 4
WIDTH, TAPS = 15, 16
"""Width of the filters of the first layer, and of the windows that they read, which have a multiple of 16 bytes."""
LENGTH = 200
TRAINED, VALIDATION = 0, 1
"""Roles of sequences; the activities of others are not read."""
STUDENTS: dict[str, dict[str, Any]] = {
    "p1": {"stem": 256, "pool": 4, "widths": (160, 256, 320), "kernels": (5, 5, 3), "repeats": (2, 2, 1)},
    "p2": {"stem": 256, "pool": 4, "widths": (192, 256, 384), "kernels": (5, 5, 3), "repeats": (1, 2, 2)},
    "f": {"stem": 160, "pool": 2, "widths": (128, 192, 256, 320), "kernels": (5, 5, 5, 3), "repeats": (1, 1, 2, 1)},
}
"""Sizes of about the cost of the two networks of the first r3lm-mini together."""
MEASURED, REAL = 0.25, 0.25
"""Weight of the measurement in the students' targets of real sequences, and the share of these in a batch."""
MAX_TEACHERS, MAX_KEPT, WITHIN = 16, 10, 0.02
"""Largest numbers of teachers and of those that teach, whose r on the validation rows is within 0.02 of the best."""
PER_BIT, THRESHOLD = 0.1, 0.4
"""See r3lm_network."""


class Clock:
    """Seconds since the start."""

    def __init__(self, begun: float | None = None) -> None:
        self.begun = time.perf_counter() if begun is None else begun

    def __call__(self) -> float:
        return time.perf_counter() - self.begun

    def say(self, *what: object) -> None:
        print(f"[{self():6.1f}]", *what, flush=True)


class Gate(nn.Module):
    """Squeeze and excitation: channels are weighted by a function of their means."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = max(8, width // 8)
        self.squeeze, self.excite = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.sigmoid(self.excite(functional.silu(self.squeeze(x.mean((2, 3))))))
        return x * weights[:, :, None, None]


class Layer(nn.Module):
    """Convolution, batch normalization, activation."""

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int = 1, *, smooth: bool = False) -> None:
        super().__init__()
        padding = (0, dilation * (kernel // 2))
        self.conv = nn.Conv2d(n_in, n_out, (1, kernel), padding=padding, dilation=(1, dilation), bias=False)
        self.norm, self.smooth = nn.BatchNorm2d(n_out), smooth

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))
        return functional.silu(y) if self.smooth else functional.relu(y, inplace=True)


class Plus(nn.Module):
    """A residual connection around a module."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class Stem(nn.Module):
    """The first layer, averaged over ``pool`` bases: windows to rows × channels × 1 × positions."""

    def __init__(self, n: int, pool: int, motifs: np.ndarray | None, seed: int) -> None:
        super().__init__()
        conv = nn.Conv1d(4, n, WIDTH)
        self.weight, self.bias, self.pool = conv.weight, conv.bias, pool
        if motifs is not None:
            motifs_as_filters(self.weight, self.bias, motifs, seed)
        self.norm = nn.BatchNorm2d(n)

    def forward(self, windows: Tensor) -> Tensor:
        return self.norm(sites(windows, self.weight, self.bias, self.pool))


def sites(windows: Tensor, weight: Tensor, bias: Tensor | None, pool: int) -> Tensor:
    """Pooled activations of the filters of a first layer."""
    filters = functional.pad(weight, (0, TAPS - WIDTH)).flatten(1)
    y = functional.relu(functional.linear(windows, filters, bias))
    if pool > 1:
        y = y.view(len(y), LENGTH // pool, pool, -1).mean(2)
    return y[:, None].permute(0, 3, 1, 2)


def motifs_as_filters(weight: Tensor, bias: Any, motifs: np.ndarray, seed: int, share: float = 0.75) -> None:
    """Initialize a share of the filters as motifs, drawn at random and on a random strand."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for i, motif in enumerate(rng.permutation(len(motifs))[: int(len(weight) * share)]):
            bits = motifs[motif].astype(np.float32)
            if rng.random() < 0.5:
                bits = bits[::-1, ::-1].copy()
            weight[i] = PER_BIT * torch.from_numpy(bits)
            bias[i] = -PER_BIT * THRESHOLD * float(np.maximum(bits.max(0), 0).sum())


class Head(nn.Module):
    """Activities from mean, maximum and weighted sum over positions."""

    def __init__(self, width: int, n_positions: int, hidden: int, dropout: float = 0.3) -> None:
        super().__init__()
        place = nn.Conv1d(width, width, n_positions, groups=width)
        self.place, self.place_bias = place.weight, place.bias
        self.layers = dense(width, hidden, dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = x.squeeze(2).float()
        placed = (y * self.place[:, 0]).sum(2) + self.place_bias
        return self.layers(torch.cat([y.mean(2), y.amax(2), placed], 1))


def dense(width: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm1d(3 * width),
        nn.Dropout(dropout),
        nn.Linear(3 * width, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, 3),
    )


class Residual(nn.Module):
    """Residual convolutions with gates on 100, 50 and 25 positions."""

    def __init__(self, size: Callable[[int], int], motifs: np.ndarray, seed: int) -> None:
        super().__init__()
        n = size(320)
        self.stem = Stem(n, 2, motifs, seed)
        layers: list[nn.Module] = []
        for i, (width, kernel) in enumerate(((256, 5), (320, 5), (384, 3))):
            w = size(width)
            layers += [nn.MaxPool2d((1, 2))] if i else []
            layers += [
                Layer(n, w, kernel),
                Gate(w),
                Plus(nn.Sequential(Layer(w, w, kernel), Gate(w))),
                nn.Dropout2d(0.08),
            ]
            n = w
        self.body, self.head = nn.Sequential(*layers), Head(n, LENGTH // 8, n)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)))


class Dilated(nn.Module):
    """Dilated residual convolutions on 100 positions."""

    def __init__(self, size: Callable[[int], int], motifs: np.ndarray, seed: int) -> None:
        super().__init__()
        stem, w, last = size(320), size(256), size(384)
        self.stem = Stem(stem, 2, motifs, seed)
        self.body = nn.Sequential(
            Layer(stem, w, 5),
            nn.Dropout2d(0.05),
            *[Plus(nn.Sequential(Layer(w, w, 3, dilation), Gate(w))) for dilation in (1, 2, 4, 8, 16)],
            nn.MaxPool2d((1, 2)),
            nn.Dropout2d(0.08),
            Layer(w, last, 3),
            nn.MaxPool2d((1, 2)),
        )
        self.head = Head(last, LENGTH // 8, last)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)))


class Expanding(nn.Module):
    """In the manner of LegNet: expanding convolutions with gates, concatenated with their input; without motifs."""

    def __init__(self, size: Callable[[int], int], _motifs: np.ndarray, seed: int) -> None:
        super().__init__()
        n = size(96)
        self.stem = Stem(n, 1, None, seed)
        self.blocks, self.local = nn.ModuleList(), nn.ModuleList()
        for out, kernel, factor in ((96, 7, 2), (128, 7, 3), (176, 7, 3), (224, 5, 3)):
            w, wide = size(out), factor * n
            self.blocks.append(
                nn.Sequential(Layer(n, wide, kernel, smooth=True), Gate(wide), Layer(wide, n, 1, smooth=True))
            )
            self.local.append(
                nn.Sequential(Layer(2 * n, w, kernel, smooth=True), nn.MaxPool2d((1, 2)), nn.Dropout2d(0.05))
            )
            n = w
        self.last, self.head = Layer(n, size(384), 1, smooth=True), Head(size(384), LENGTH // 16, size(384))

    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        for block, local in zip(self.blocks, self.local, strict=True):
            y = local(torch.cat([block(y), y], 1))
        return self.head(self.last(y))


class Attention(nn.Module):
    """A layer of a transformer."""

    def __init__(self, width: int, heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.norm, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 3 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(3 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        rows, positions, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(rows, positions, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.dropout(self.out(y.transpose(1, 2).reshape(rows, positions, width)))
        return x + self.feed(x)


class Transformer(nn.Module):
    """Convolutions, then attention among 50 positions."""

    def __init__(self, size: Callable[[int], int], motifs: np.ndarray, seed: int) -> None:
        super().__init__()
        stem, w, last = size(320), size(256), size(384)
        self.stem = Stem(stem, 2, motifs, seed)
        self.body = nn.Sequential(Layer(stem, w, 5), nn.MaxPool2d((1, 2)), Plus(Layer(w, w, 5)), nn.Dropout2d(0.08))
        self.place = nn.Parameter(0.02 * torch.randn(1, LENGTH // 4, w))
        self.attention = nn.Sequential(*[Attention(w, max(w // 32, 1)) for _ in range(3)])
        self.last, self.head = Layer(w, last, 3), Head(last, LENGTH // 8, last)

    def forward(self, x: Tensor) -> Tensor:
        y = self.attention(self.body(self.stem(x)).squeeze(2).transpose(1, 2) + self.place)
        y = self.last(y.transpose(1, 2)[:, :, None])
        return self.head(functional.max_pool2d(y, (1, 2)))


FAMILIES: dict[str, tuple[Any, float, float]] = {
    "residual": (Residual, 4e-3, 0.05),
    "expanding": (Expanding, 5e-3, 0.05),
    "dilated": (Dilated, 4e-3, 0.05),
    "transformer": (Transformer, 1.5e-3, 0.1),
}
"""Class, learning rate and weight decay."""


class Convolution(nn.Module):
    """That of the package."""

    def __init__(self, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_in, n_out, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(x, self.conv.weight[:, :, None], padding=(0, self.conv.kernel_size[0] // 2))
        y = functional.relu(self.norm(y), inplace=True)
        return x + y if x.shape[1] == y.shape[1] else y


class Student(nn.Module):
    """The package's SequenceBranch, with the names of its tensors, in a form that is fast on a GPU."""

    def __init__(
        self,
        stem: int,
        pool: int,
        widths: Sequence[int],
        kernels: Sequence[int],
        repeats: Sequence[int],
        motifs: np.ndarray,
        seed: int,
        *,
        hidden: int = 256,
        channel_dropout: float = 0.05,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.pool = pool
        self.stem = nn.Conv1d(4, stem, WIDTH, padding=WIDTH // 2)
        motifs_as_filters(self.stem.weight, self.stem.bias, motifs, seed)
        self.stem_norm = nn.BatchNorm2d(stem)
        n_positions, width = LENGTH // pool, stem
        layers: list[nn.Module] = []
        for i, (n_out, kernel, n) in enumerate(zip(widths, kernels, repeats, strict=True)):
            if i:
                layers.append(nn.MaxPool2d((1, 2)))
                n_positions //= 2
            for _ in range(n):
                layers.append(Convolution(width, n_out, kernel))
                width = n_out
            layers.append(nn.Dropout2d(channel_dropout))
        self.body = nn.Sequential(*layers)
        self.by_place = nn.Conv1d(width, width, n_positions, groups=width)
        self.head = dense(width, hidden, dropout)

    def forward(self, windows: Tensor) -> Tensor:
        y = self.stem_norm(sites(windows, self.stem.weight, self.stem.bias, self.pool))
        y = self.body(y).squeeze(2).float()
        placed = (y * self.by_place.weight[:, 0]).sum(2) + self.by_place.bias
        return self.head(torch.cat([y.mean(2), y.amax(2), placed], 1))


class Data:
    """Sequences and activities on the device, and the changes made to sequences."""

    def __init__(self, file: Path, device: torch.device, n: int | None = None) -> None:
        stored = np.load(file)
        role, y = stored["role"], stored["y"]
        codes = unpacked(stored["packed"])
        if n is not None and n < len(codes):
            some = np.sort(np.random.default_rng(0).permutation(len(codes))[:n])
            codes, y, role = codes[some], y[some], role[some]
        self.device, self.motifs = device, stored["motifs"]
        self.codes, self.y = torch.from_numpy(codes).to(device), torch.from_numpy(y).to(device)
        self.train = torch.from_numpy(np.flatnonzero(role == TRAINED)).to(device)
        self.validation = torch.from_numpy(np.flatnonzero(role == VALIDATION)).to(device)
        self.held_out, self.true = role == VALIDATION, y[role == VALIDATION]
        one_hot = torch.cat([torch.eye(4), torch.zeros(1, 4)])
        self.one_hot = one_hot.to(device, torch.bfloat16 if device.type == "cuda" else torch.float32)
        self.complement = torch.tensor([3, 2, 1, 0, N], dtype=torch.uint8, device=device)
        self.at = torch.arange(LENGTH, device=device)

    def windows(self, codes: Tensor) -> Tensor:
        """One-hot bases around each position, rows × positions × (4 · TAPS)."""
        x = functional.pad(self.one_hot[codes.long()], (0, 0, WIDTH // 2, TAPS - 1 - WIDTH // 2))
        return x.unfold(1, TAPS, 1).reshape(len(codes), LENGTH, 4 * TAPS)

    def reversed(self, codes: Tensor) -> Tensor:
        return self.complement[codes.long()].flip(1)

    def strands(self, codes: Tensor) -> Tensor:
        """Each sequence on a random strand."""
        return torch.where(self._random(len(codes), 1) < 0.5, self.reversed(codes), codes)

    def shifted(self, codes: Tensor, most: int) -> Tensor:
        """Each sequence moved by some bases, with N beyond its end."""
        at = self.at[None] + (self._random(len(codes), 1) * (2 * most + 1)).long() - most
        inside = (at >= 0) & (at < LENGTH)
        return torch.where(inside, codes.gather(1, at.clamp(0, LENGTH - 1)), torch.full_like(codes, N))

    def mutated(self, codes: Tensor, rate: Tensor | float) -> Tensor:
        """Random bases at a share of the positions."""
        other = (self._random(*codes.shape) * 4).to(torch.uint8).clamp(max=3)
        return torch.where(self._random(*codes.shape) < rate, other, codes)

    def drawn(self, n: int) -> Tensor:
        """Training rows at random."""
        return self.train[(self._random(n) * len(self.train)).long().clamp(max=len(self.train) - 1)]

    def invented(self, n: int) -> Tensor:
        """Sequences for the teachers: 40 % recombined of two, 10 % rotated, 40 % with many mutations, 10 % real; all shifted."""
        a, b = self.strands(self.codes[self.drawn(n)]), self.strands(self.codes[self.drawn(n)])
        kind, one, two = self._random(n, 1), self._random(n, 1) * LENGTH, self._random(n, 1) * LENGTH
        begin, end = torch.minimum(one, two), torch.maximum(one, two)
        second = (self.at[None] >= begin) & ((self.at[None] < end) | (self._random(n, 1) < 0.5))
        rotated = a.gather(1, (self.at[None] + (self._random(n, 1) * LENGTH).long()) % LENGTH)
        codes = torch.where(kind < 0.4, torch.where(second, b, a), torch.where(kind < 0.5, rotated, a))
        few, many = 0.06 * self._random(n, 1), 0.01 + 0.14 * self._random(n, 1)
        rate = torch.where(kind < 0.5, few, torch.where(kind < 0.9, many, torch.zeros_like(few)))
        return self.mutated(self.shifted(codes, 8), rate)

    def _random(self, *shape: int) -> Tensor:
        return torch.rand(*shape, device=self.device)


def packed(codes: np.ndarray) -> np.ndarray:
    """Four bases a byte."""
    return np.bitwise_or.reduce([codes[:, i::4] << (2 * i) for i in range(4)]).astype(np.uint8)


def unpacked(bytes_: np.ndarray) -> np.ndarray:
    return np.stack([(bytes_ >> (2 * i)) & 3 for i in range(4)], axis=2).reshape(len(bytes_), -1)


class Graph:
    """A function captured as a CUDA graph, which replays without the time that launching its kernels takes."""

    def __init__(self, call: Callable[[], None], before: Callable[[], None], *, capture: bool) -> None:
        self.call, self.before = call, before
        self.graph: torch.cuda.CUDAGraph | None = None
        if not capture:
            return
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                before()
                call()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        before()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                call()
        except RuntimeError as error:  # slower, but the same numbers
            print("not captured as a graph:", error, flush=True)
            torch.cuda.synchronize()
        else:
            self.graph = graph

    def __call__(self) -> None:
        if self.graph is not None:
            self.graph.replay()
        else:
            self.before()
            self.call()


class Training:
    """Models in training on the same batches: AdamW, one cycle of the learning rate by the clock, averages of the weights."""

    def __init__(
        self,
        models: list[nn.Module],
        batch: Callable[[], tuple[Tensor, Tensor]],
        rate: float,
        decay: float,
        average: float,
        device: torch.device,
        *,
        warmup: float,
    ) -> None:
        self.models, self.batch, self.rate, self.average, self.warmup = models, batch, rate, average, warmup
        self.cuda, self.steps = device.type == "cuda", 0
        parameters = [p for model in models for p in model.parameters()]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        for group in groups:  # a tensor, which a graph reads anew
            group["lr"] = torch.tensor(rate / 10, device=device) if self.cuda else rate / 10
        self.optimizer = torch.optim.AdamW(
            groups, lr=rate / 10, betas=(0.9, 0.99), capturable=self.cuda, fused=self.cuda
        )
        self.averages = [copy.deepcopy(model).eval() for model in models]
        pairs = [
            (mean, value)
            for averaged, model in zip(self.averages, models, strict=True)
            for mean, value in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True)
            if mean.is_floating_point()
        ]
        self.means, self.values = [mean for mean, _ in pairs], [value for _, value in pairs]
        self.losses = torch.zeros(len(models), device=device)
        for model in models:
            model.train()
        self.step = Graph(self._step, lambda: self.optimizer.zero_grad(set_to_none=True), capture=self.cuda)

    def _step(self) -> None:
        x, y = self.batch()
        with lower_precision(self.cuda):
            outputs = [model(x) for model in self.models]
        losses = torch.stack([functional.mse_loss(output.float(), y) for output in outputs])
        losses.sum().backward()
        for model in self.models:
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        self.optimizer.step()
        self.losses.lerp_(losses.detach(), 0.05)

    def advance(self, share: float) -> None:
        """One step, when ``share`` of the time has passed."""
        if self.steps % 5 == 0:
            rise = 0.1 + 0.45 * (1 - math.cos(math.pi * min(share / self.warmup, 1)))
            late = min(max(share - self.warmup, 0) / (1 - self.warmup), 1)
            rate = self.rate * rise * (0.005 + 0.4975 * (1 + math.cos(math.pi * late)))
            for group in self.optimizer.param_groups:
                if self.cuda:
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate
        self.step()
        self.steps += 1
        if self.steps % 5 == 0:
            kept = min(self.average, (1 + self.steps) / (10 + self.steps)) ** 5
            with torch.no_grad():
                torch._foreach_lerp_(self.means, self.values, 1 - kept)


def lower_precision(cuda: bool) -> torch.autocast:
    return torch.autocast("cuda" if cuda else "cpu", torch.bfloat16, enabled=cuda, cache_enabled=False)


@torch.no_grad()
def predictions(data: Data, models: Sequence[nn.Module], rows: Tensor, size: int = 2048) -> np.ndarray:
    """Mean over both strands (models × rows × outputs)."""
    cuda, out = data.device.type == "cuda", []
    for part in rows.split(size):
        codes = data.codes[part]
        if len(part) < size and cuda:  # one shape only, for which algorithms are chosen once
            codes = torch.cat([codes, codes[:1].expand(size - len(part), -1)])
        total: Any = 0
        for strand in (codes, data.reversed(codes)):
            x = data.windows(strand)
            with lower_precision(cuda):
                total = total + torch.stack([model(x).float() for model in models])
        out.append((total[:, : len(part)] / 2).cpu().numpy())
    return np.concatenate(out, axis=1)


def mean_r(predicted: np.ndarray, true: np.ndarray) -> float:
    """Mean of Pearson's r of the columns."""
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(predicted.T, true.T, strict=True)]))


class Distillation:
    """The training of teachers and students, and its files."""

    def __init__(self, options: argparse.Namespace, clock: Clock) -> None:
        self.options, self.clock, self.out = options, clock, options.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.device = torch.device(options.device)
        self.cuda = self.device.type == "cuda"
        self.data = Data(options.data, self.device, 3000 if options.tiny else None)
        name = torch.cuda.get_device_name() if self.cuda else "cpu"
        self.log: dict[str, Any] = {"device": name, "torch": torch.__version__, "teachers": [], "students": []}
        self.teachers: list[nn.Module] = []
        self.predicted: list[np.ndarray] = []
        n_train, n_held_out = len(self.data.train), len(self.data.validation)
        clock.say(f"{n_train:,} sequences to train on, {n_held_out:,} to validate; {name}, torch {torch.__version__}")

    def teach(self, until: float) -> None:
        """Train teachers for the time given."""
        seconds, tried, failed = until - self.clock(), 0, list[str]()
        families = list(FAMILIES)
        while tried < MAX_TEACHERS and len(failed) <= len(families):
            left, notes = until - self.clock(), self.log["teachers"]
            enough = tried >= len(families) or not self.options.smoke
            if notes and enough and left < 0.6 * np.mean([note["seconds"] for note in notes]):
                break
            if tried < len(families):
                family = families[tried]
            else:  # mostly the two best families in turn
                best = {name: max([n["r"] for n in notes if n["family"] == name], default=-1.0) for name in families}
                ranked = sorted((name for name in families if failed.count(name) < 2), key=lambda name: -best[name])
                family = ranked[(0, 1, 0, 1, 2)[tried % 5] % len(ranked)]
            try:
                least, most = seconds / MAX_TEACHERS, seconds / self.options.fewest
                self.teacher(family, tried, min(least, left), min(most, max(left - 1.5, 1.0)))
            except RuntimeError as error:  # out of memory, say: others may still fit
                self.clock.say(f"{family} failed: {error}")
                failed.append(family)
            tried += 1

    def teacher(self, family: str, number: int, least: float, most: float) -> None:
        kind, rate, decay = FAMILIES[family]
        data, n, size = self.data, len(self.data.train), 64 if self.options.tiny else 512
        again = number // len(FAMILIES)
        decay, mutations = decay * (1, 2, 3)[again % 3], 0.02 * (again % 2)
        torch.manual_seed(100 + number)
        scale = (lambda width: max(8, width // 8)) if self.options.tiny else (lambda width: width)
        model = kind(scale, data.motifs, 100 + number).to(self.device, memory_format=torch.channels_last)
        rows = data.drawn(size)

        def batch() -> tuple[Tensor, Tensor]:
            codes = data.shifted(data.strands(data.codes[rows]), 6)
            if mutations:
                codes = data.mutated(codes, mutations)
            return data.windows(codes), data.y[rows]

        begun = self.clock()
        training = Training([model], batch, rate, decay, 0.997, self.device, warmup=0.15)
        self._wait()
        ready, total, order = self.clock(), most, data.drawn(0)
        while (spent := self.clock() - ready) < total:
            if len(order) < size:
                order = data.train[torch.randperm(n, device=self.device)]
            rows.copy_(order[:size])
            order = order[size:]
            training.advance(spent / total)
            if training.steps % 10 == 0:
                self._wait()
            if training.steps == 40:
                total = min(max(self.options.epochs * n / size * (self.clock() - ready) / 40, least), most)
        self._wait()
        predicted = predictions(data, training.averages, torch.arange(len(data.codes), device=self.device))[0]
        self.teachers += training.averages
        self.predicted.append(predicted.astype(np.float16))
        ensemble = np.mean([p[data.held_out].astype(np.float32) for p in self.predicted], axis=0)
        note = {
            "family": family,
            "number": number,
            "weight_decay": decay,
            "mutations": mutations,
            "seconds": round(self.clock() - begun, 1),
            "before the first step": round(ready - begun, 1),
            "steps": training.steps,
            "epochs": round(training.steps * size / n, 1),
            "loss": round(float(training.losses[0]), 4),
            "r": round(mean_r(predicted[data.held_out], data.true), 4),
            "r of the mean": round(mean_r(ensemble, data.true), 4),
        }
        if self.cuda:
            note["GB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
        self.log["teachers"].append(note)
        self.clock.say(note)
        self._store("predictions", predictions=np.stack(self.predicted))
        del training, model
        if self.cuda:
            torch.cuda.empty_cache()

    def learn(self, until: float) -> None:
        """Train the students on the teachers for the time given."""
        data, options, device = self.data, self.options, self.device
        r = [note["r"] for note in self.log["teachers"]]
        kept = [i for i in np.argsort(r)[::-1].tolist() if r[i] > max(r) - WITHIN][:MAX_KEPT]
        mean = np.mean([self.predicted[i].astype(np.float32) for i in kept], axis=0)
        self.log["mean"] = {"teachers": kept, "r": round(mean_r(mean[data.held_out], data.true), 4)}
        self.clock.say("teachers", self.log["mean"])
        taught = MEASURED * data.y + (1 - MEASURED) * torch.from_numpy(mean).to(device)
        students = []
        for seed, sizes in enumerate(STUDENTS.values()):
            small = {"stem": 16, "widths": (8, 16, 24, 32)[: len(sizes["widths"])]} if options.tiny else {}
            torch.manual_seed(seed)
            students.append(Student(**sizes | small, motifs=data.motifs, seed=seed).to(device))
        lessons = Lessons(data, [self.teachers[i] for i in kept], tiny=options.tiny)
        size = 128 if options.tiny else 1024
        n_real = int(REAL * size)

        def batch() -> tuple[Tensor, Tensor]:
            real = data.drawn(n_real)
            codes, y = lessons.drawn(size - n_real)
            codes = torch.cat([data.codes[real], codes])
            return data.windows(data.shifted(data.strands(codes), 3)), torch.cat([taught[real], y])

        for _ in range(4 if options.smoke or options.tiny else 60):
            lessons.more()
        self._wait()
        begun = self.clock()
        for _ in range(3):
            lessons.more()
        self._wait()
        per_lesson = (self.clock() - begun) / 3
        training = Training(students, batch, options.rate, 0.02, 0.999, device, warmup=0.08)
        self._wait()
        ready, ratio = self.clock(), 3
        total, said, stored = until - ready, ready, ready
        self.clock.say(
            f"students: {total:.0f} s; {1000 * per_lesson:.1f} ms for {lessons.size} sequences of the teachers"
        )
        while (spent := self.clock() - ready) < total:
            if training.steps % ratio == 0:
                lessons.more()
            training.advance(spent / total)
            if training.steps % 12 == 0:
                self._wait()
            if training.steps == 60:  # about half of the time for the teachers
                per_step = max((self.clock() - ready - per_lesson * 60 / ratio) / 60, 1e-4)
                ratio = min(max(round(per_lesson / per_step), 1), 12)
                self.clock.say(f"{1000 * per_step:.1f} ms a step; {ratio} steps for {lessons.size} new sequences")
            if self.clock() - said > (5 if options.smoke else 20):
                said = self.clock()
                self._report(training, lessons)
                if said - stored > (8 if options.smoke else 45):
                    stored = said
                    self._keep(training)
        self._wait()
        self._report(training, lessons)
        self._keep(training)

    def _report(self, training: Training, lessons: Lessons) -> None:
        predicted = predictions(self.data, training.averages, self.data.validation)
        note = {
            "at": round(self.clock(), 1),
            "steps": training.steps,
            "by teachers": lessons.n,
            "loss": [round(loss, 4) for loss in training.losses.tolist()],
            "r": {name: round(mean_r(p, self.data.true), 4) for name, p in zip(STUDENTS, predicted, strict=True)},
        }
        self.log["students"].append(note)
        self.clock.say(note)

    def _keep(self, training: Training) -> None:
        arrays = {}
        for name, model in zip(STUDENTS, training.averages, strict=True):
            for key, tensor in model.state_dict().items():
                value = tensor.cpu().numpy()
                arrays[f"{name}.{key}"] = value.astype(np.float16) if value.ndim > 1 else value
        self._store("students", **arrays)

    def _store(self, name: str, **arrays: Any) -> None:
        self.log["seconds"] = round(self.clock(), 1)
        part = self.out / "part"
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(self.out / f"{name}.npz")
        part.write_text(json.dumps(self.log, indent=1))
        part.replace(self.out / "log.json")

    def _wait(self) -> None:
        if self.cuda:
            torch.cuda.synchronize()


class Lessons:
    """Sequences with the mean predictions of the teachers, the latest ones of which are kept."""

    def __init__(self, data: Data, teachers: list[nn.Module], *, tiny: bool) -> None:
        self.data, self.teachers, self.n = data, teachers, 0
        self.cuda = data.device.type == "cuda"
        self.size, n_batches = (128, 20) if tiny else (2048, 1500)
        capacity = self.size * n_batches
        self.codes = torch.zeros(capacity, LENGTH, dtype=torch.uint8, device=data.device)
        self.y = torch.zeros(capacity, 3, device=data.device)
        self.filled = torch.zeros(1, device=data.device)
        self.new_codes, self.new_y = self.codes[: self.size].clone(), self.y[: self.size].clone()
        self.ask = Graph(self._ask, lambda: None, capture=self.cuda)

    @torch.no_grad()
    def _ask(self) -> None:
        codes = self.data.invented(self.size)
        x = [self.data.windows(codes), self.data.windows(self.data.reversed(codes))]
        with lower_precision(self.cuda):  # one strand each
            y = torch.stack([teacher(x[i % 2]).float() for i, teacher in enumerate(self.teachers)])
        self.new_codes.copy_(codes)
        self.new_y.copy_(y.mean(0))

    def more(self) -> None:
        """Ask the teachers about new sequences."""
        self.ask()
        at = self.n % len(self.codes)
        self.codes[at : at + self.size], self.y[at : at + self.size] = self.new_codes, self.new_y
        self.n += self.size
        self.filled.fill_(float(min(self.n, len(self.codes))))

    def drawn(self, n: int) -> tuple[Tensor, Tensor]:
        rows = (torch.rand(n, device=self.data.device) * self.filled).long().clamp(max=len(self.codes) - 1)
        return self.codes[rows], self.y[rows]


def main(begun: float | None = None, arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).with_name("data.npz"))
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seconds", type=float, default=520, help="time for everything (%(default)s)")
    parser.add_argument("--teachers", type=float, default=0.6, help="share of the time for teachers (%(default)s)")
    parser.add_argument("--fewest", type=int, default=10, help="least number of teachers (%(default)s)")
    parser.add_argument("--epochs", type=float, default=40, help="of a teacher, if the time suffices (%(default)s)")
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate of the students (%(default)s)")
    parser.add_argument("--tiny", action="store_true", help="few sequences and small networks")
    parser.add_argument("--smoke", action="store_true", help="a trial of every part within 55 seconds")
    options = parser.parse_args(arguments)
    clock = Clock(begun)
    if options.smoke:
        options.seconds, options.fewest = min(options.seconds, 55), 12
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    run = Distillation(options, clock)
    start = clock()
    usable = options.seconds - start - (2 if options.smoke else 8)
    run.teach(start + options.teachers * usable)
    run.learn(start + usable)
    clock.say("finished")


if __name__ == "__main__":
    main()
