"""Speed and memory of a model compared with the published dense implementation with the same weights.

    python benchmarks/model_speed.py --model gsfm-base

The published implementation multiplies a multi-hot matrix, sets × vocabulary, by the first layer; scgsfm sums the rows
of the genes that are present. Each measurement runs in its own process: the median of several runs after a warm-up,
and the peak memory of the process (``none`` is a process that only loads the model and the sets).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import parser, report, say
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from scgsfm.models.gsfm import GSFM

BATCH = 1024
RUNS = {
    "load": ["none"],
    "encode": ["sparse", "dense"],
    "network": ["sparse", "dense"],
    "full": ["sparse"],
    "names": ["sparse"],
}
"""The implementations measured for each task."""
TITLES = {
    "load": "load the model and {n_encode:,} sets of {size} genes",
    "encode": "encode {n_encode:,} sets of {size} genes",
    "network": "logits of the network for {n_logits:,} sets",
    "full": "logits of the whole model for {n_logits:,} sets",
    "names": "encode {n_encode:,} sets, given as lists of names",
}
FORMS = {"none": "", "sparse": "scgsfm", "dense": "published, dense"}


def dense_layers(state: dict[str, Tensor], part: str) -> nn.Sequential:
    """An encoder or decoder as plain linear layers with ReLU in between, and residual blocks, from a checkpoint."""
    from torch import nn

    from scgsfm.models.gsfm._modules import ResidualBlock

    def linear(key: str) -> nn.Linear:
        weight, bias = state[f"{key}.weight"], state[f"{key}.bias"]
        layer = nn.Linear(*reversed(weight.shape))
        layer.weight.data, layer.bias.data = weight, bias
        return layer

    layers: list[nn.Module] = []
    for i in sorted({int(key.split(".")[2]) for key in state if key.startswith(part)}):
        key = f"{part}.layers.{i}"
        if f"{key}.up.weight" in state:
            block = ResidualBlock(state[f"{key}.down.bias"].shape[0])
            block.up, block.down = linear(f"{key}.up"), linear(f"{key}.down")
            layers.append(block)
        else:
            layers += [linear(key), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def dense_form(model: GSFM, *, decode: bool) -> Callable[[csr_array], np.ndarray]:
    """Latent vectors, or logits, from the multi-hot matrix of each batch."""
    import torch

    state = model.module.state_dict()
    network = dense_layers(state, "encoder")
    if decode:
        network = torch.nn.Sequential(network, dense_layers(state, "decoder"))

    def run(sets: csr_array) -> np.ndarray:
        found = []
        with torch.inference_mode():
            for start in range(0, sets.shape[0], BATCH):
                rows = torch.from_numpy(sets[start : start + BATCH].toarray())
                rows[:, 1] = 0  # <pad>
                if model.module.input_norm == "l2":
                    rows /= rows.norm(dim=1, keepdim=True)
                found.append(network(rows).numpy())
        return np.concatenate(found)

    return run


def sparse_form(model: GSFM, task: str) -> Callable[[Any], np.ndarray]:
    """The same by the package."""
    return {
        "load": lambda sets: np.empty(0, np.float32),
        "encode": model.encode,
        "names": model.encode,
        "network": lambda sets: model.decode(model.encode(sets)),
        "full": model.logits,
    }[task]


def draw(n: int, size: int, n_genes: int) -> csr_array:
    """Random sets: ones, sets × vocabulary."""
    rng = np.random.default_rng(0)
    indices = np.concatenate([np.sort(rng.choice(n_genes - 2, size, replace=False)) + 2 for _ in range(n)])
    return csr_array((np.ones(n * size, np.float32), indices, np.arange(n + 1) * size), shape=(n, n_genes))


def measure(args: argparse.Namespace) -> None:
    """In a separate process: print seconds and peak memory, store the result."""
    import resource

    import scgsfm

    model = scgsfm.models.load(args.model)
    logits = args.task in ("network", "full")
    sets: Any = draw(args.n_logits if logits else args.n_encode, args.size, len(model.genes))
    if args.task == "names":
        names = np.array(model.genes, dtype=object)
        sets = [names[row].tolist() for row in sets.indices.reshape(-1, args.size)]
    run = dense_form(model, decode=logits) if args.form == "dense" else sparse_form(model, args.task)
    run(sets[:BATCH])
    seconds = []
    for _ in range(args.repeats):
        begun = time.perf_counter()
        result = run(sets)
        seconds.append(time.perf_counter() - begun)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    np.save(args.keep, result)
    print(json.dumps({"seconds": float(np.median(seconds)), "peak": peak}))


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--n-encode", type=int, default=100_000, help="sets to encode")
    options.add_argument("--n-logits", type=int, default=2_000, help="sets to complete")
    options.add_argument("--size", type=int, default=100, help="genes per set")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--task", help=argparse.SUPPRESS)
    options.add_argument("--form", help=argparse.SUPPRESS)
    options.add_argument("--keep", help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.task:
        measure(args)
        return

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for task, forms in RUNS.items():
            files = [Path(folder) / f"{task}_{form}.npy" for form in forms]
            for form, file in zip(forms, files, strict=True):
                part = ["--task", task, "--form", form, "--keep", str(file)]
                command = [sys.executable, __file__, *sys.argv[1:], *part]
                found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                row = {"task": TITLES[task].format(**vars(args)), "form": FORMS[form]}
                row["seconds"] = "" if task == "load" else f"{found['seconds']:.2f}"
                row["peak memory (MB)"] = f"{found['peak'] / 1e6:,.0f}"
                rows.append(row | {"largest difference": ""})
                say(f"{row['task']}, {form}: {found['seconds']:.2f} s")
            if len(files) == 2:
                first, second = (np.load(file, mmap_mode="r") for file in files)
                rows[-1]["largest difference"] = f"{largest_difference(first, second):.1e}"
    report("model_speed", pd.DataFrame(rows), args.out)


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Over all entries, one block of rows at a time."""
    return max(float(np.abs(a[i : i + BATCH] - b[i : i + BATCH]).max()) for i in range(0, len(a), BATCH))


if __name__ == "__main__":
    main()
