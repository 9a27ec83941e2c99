"""The models on a GPU compared with the CPU of the same machine: equal results, bfloat16, and throughput.

    python benchmarks/gpu.py --csv gpu.csv

Trains a GSFM for some steps, encodes gene sets, predicts the activity of DNA with R3LM, and trains low-rank adapters of a
small Llama with random weights for one step; each on the CPU and on the GPU, from the same weights and the same batches.
`difference` is the largest absolute difference of the two results, `relative` is that divided by the largest absolute value;
`bfloat16` is the difference of the results of the GPU under autocast from those of the CPU in single precision.
The script exits with code 1 if a difference exceeds 1e-3, except in rows of bfloat16 or TF32. It takes about a minute.

Without a GPU, it prints a message and exits with code 0; `--device cpu` runs it anyway, CPU against CPU.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

LARGEST = 1e-3
"""The largest difference from the CPU, in single precision."""
SECONDS = 1.0
"""How long a throughput is measured."""


class Comparison:
    """One row for each task: the CPU, the device, and the device with bfloat16."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        task: str,
        size: int,
        unit: str,
        results: dict[str, np.ndarray],
        runs: dict[str, Callable[[], object]],
        *,
        bound: float = LARGEST,
    ) -> None:
        """A row from the results on ``cpu``, ``device`` and ``bfloat16``, and from functions that do ``size`` units of work."""
        cpu, other = results["cpu"], results["device"]
        row: dict[str, Any] = {"task": task, "difference": largest(cpu, other)}
        row["relative"] = row["difference"] / max(float(np.abs(cpu).max()), 1e-30)
        row["bfloat16"] = largest(cpu, results["bfloat16"]) if "bfloat16" in results else np.nan
        row["unit"] = unit
        for name, run in runs.items():
            row[f"{name}_per_second"] = size / seconds(run, "cpu" if name == "cpu" else self.device)
        if {"cpu_per_second", "device_per_second"} <= row.keys():
            row["speedup"] = row["device_per_second"] / row["cpu_per_second"]
        row["equal"] = "yes" if row["difference"] <= bound else ("not required" if bound == np.inf else "NO")
        self.rows.append(row)
        print(f"{time.process_time():6.1f} s CPU  {task}: {row['difference']:.3g} ({row['equal']})", flush=True)


def largest(a: np.ndarray, b: np.ndarray) -> float:
    """The largest absolute difference; infinite if one of the two has values that are not finite."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    return float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max())


def seconds(run: Callable[[], object], device: str) -> float:
    """Seconds of a call, the mean over about a second after one call to warm up."""
    run()
    wait(device)
    begun, n = time.perf_counter(), 0
    while n == 0 or time.perf_counter() - begun < SECONDS:
        run()
        wait(device)
        n += 1
    return (time.perf_counter() - begun) / n


def wait(device: str) -> None:
    """Until the device has done what it was given."""
    if device != "cpu":
        import torch

        torch.cuda.synchronize()


def in_bfloat16(device: str, run: Callable[..., np.ndarray], *arguments: Any) -> dict[str, np.ndarray]:
    """A result under autocast to bfloat16; none if an operation does not support it, such as the kernels of the CPU."""
    import torch

    try:
        with torch.autocast(device, dtype=torch.bfloat16):
            return {"bfloat16": run(*arguments)}
    except (RuntimeError, TypeError) as error:
        print(f"bfloat16: {type(error).__name__}: {error}", flush=True)
        return {}


def gene_sets(n: int, size: int, n_genes: int) -> tuple[np.ndarray, np.ndarray]:
    """Index pointers and genes of random sets; the two specials are in none."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(size // 2, size * 2, n)
    genes = np.concatenate([rng.choice(n_genes - 2, k, replace=False) + 2 for k in sizes])
    return np.append(0, np.cumsum(sizes)), genes


def encoding(compare: Comparison, *, small: bool) -> None:
    """GSFM: latent vectors and logits of sets."""
    import torch
    from scipy.sparse import csr_array

    import scgsfm

    models = {"cpu": scgsfm.models.load("gsfm-base"), "device": scgsfm.models.load("gsfm-base", device=compare.device)}
    n, n_logits = (512, 64) if small else (8192, 512)
    indptr, indices = gene_sets(n, 100, len(models["cpu"].genes))
    sets = csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(n, len(models["cpu"].genes)))
    few = sets[:n_logits]

    def network(function: str) -> np.ndarray:
        model = models["device"]
        parts = [torch.from_numpy(a.astype(np.int64)).to(compare.device) for a in (few.indptr, few.indices)]
        with torch.inference_mode():
            result: np.ndarray = getattr(model.module, function)(*parts).float().cpu().numpy()
        return result

    latent = {name: model.encode(few) for name, model in models.items()} | in_bfloat16(
        compare.device, network, "encode_sets"
    )
    runs = {name: (lambda model=model: model.encode(sets)) for name, model in models.items()}
    compare.add(f"GSFM: encode {n:,} sets", n, "sets", latent, runs)
    logits = {name: model.logits(few) for name, model in models.items()} | in_bfloat16(
        compare.device, network, "forward"
    )
    runs = {name: (lambda model=model: model.logits(few)) for name, model in models.items()}
    compare.add(f"GSFM: logits of all genes for {n_logits:,} sets", n_logits, "sets", logits, runs)


def batches(n: int, size: int, n_genes: int) -> list[Any]:
    """Training batches of random sets, half of each visible."""
    import torch

    from scgsfm.models.gsfm.training._dataset import SetBatch

    made = []
    for seed in range(n):
        rng = np.random.default_rng([1, seed])
        indptr, genes = gene_sets(size, 60, n_genes)
        genes = (genes - 2 + rng.integers(n_genes - 2)) % (n_genes - 2) + 2
        ends = np.append(0, np.cumsum(np.diff(indptr) // 2))
        visible = np.concatenate([genes[a : a + k] for a, k in zip(indptr[:-1], np.diff(ends), strict=True)])
        negatives = rng.choice(n_genes - 2, min(2048, n_genes - 2), replace=False) + 2
        made.append(
            SetBatch(*(torch.from_numpy(a.astype(np.int64)) for a in (ends, visible, indptr, genes, negatives)))
        )
    return made


def gsfm_training(compare: Comparison, *, small: bool) -> None:
    """GSFM: losses and weights after steps of the default recipe, which starts from the weights of gsfm-base."""
    import torch

    import scgsfm
    from scgsfm.models.gsfm import TrainConfig, build_module
    from scgsfm.models.gsfm.training._lightning import GSFMTraining

    base = scgsfm.models.load("gsfm-base")
    config = TrainConfig(batch_size=64 if small else 512)
    given = batches(3 if small else 10, config.batch_size, len(base.genes))
    weights = {k: v for k, v in base.module.state_dict().items() if not k.startswith("neighbours.")}

    def start(device: str) -> tuple[Any, Any, Any]:
        module = GSFMTraining(config, base.genes, held_out=None)
        module.network = build_module(base.module.config | {"neighbours": 0, "recall": 0})
        module.network.load_state_dict(weights)
        module.network.to(device).train()
        optimizer = module.optimizer()
        return module, optimizer, module.schedule(optimizer)

    def train(device: str) -> np.ndarray:
        module, optimizer, schedule = start(device)
        moved = (type(batch)(*(t.to(device) for t in batch)) for batch in given)
        losses = [step(module, optimizer, schedule, batch) for batch in moved]
        flat = torch.cat([p.detach().cpu().flatten() for p in module.network.parameters()])
        return np.append(torch.stack(losses).cpu().numpy(), flat.numpy())

    def step(module: Any, optimizer: Any, schedule: Any, batch: Any) -> torch.Tensor:
        loss = module.loss(batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss.detach()

    found = {"cpu": train("cpu"), "device": train(compare.device)}
    found |= in_bfloat16(compare.device, train, compare.device)
    runs = {}
    for name, device in {"cpu": "cpu", "device": compare.device}.items():
        state, batch = start(device), type(given[0])(*(t.to(device) for t in given[0]))
        runs[name] = lambda state=state, batch=batch: step(*state, batch)
    task = f"GSFM: {len(given)} training steps of {config.batch_size} sets, "
    compare.add(task + "losses", config.batch_size, "sets", {k: v[: len(given)] for k, v in found.items()}, runs)
    compare.add(task + "weights", config.batch_size, "sets", {k: v[len(given) :] for k, v in found.items()}, {})


def whole_training(compare: Comparison, *, small: bool) -> None:
    """GSFM: the public function, with its corpus, sampling, validation and model directory."""
    import logging
    import tempfile

    import scgsfm
    from scgsfm.models.gsfm import TrainConfig, train

    logging.getLogger("scgsfm").setLevel("WARNING")
    indptr, genes = gene_sets(400, 40, 1002)
    lines = [f"set{i}\t\t" + "\t".join(f"G{g}" for g in genes[a:b]) for i, (a, b) in enumerate(pairwise(indptr))]
    config = TrainConfig(
        steps=4 if small else 20, batch_size=64, d_model=64, negatives=256, n_validation=20, neighbours=16, recall=10
    )
    logits = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "sets.gmt"
        source.write_text("\n".join(lines), encoding="utf-8")
        for name, device in {"cpu": "cpu", "device": compare.device}.items():
            accelerator = "cpu" if device == "cpu" else "gpu"
            out = train(source, Path(folder) / name, config=config, min_count=2, accelerator=accelerator)
            logits[name] = scgsfm.models.load(out).logits(
                [[f"G{g}" for g in genes[a:b]] for a, b in pairwise(indptr[:51])]
            )
    compare.add(f"GSFM: `train` for {config.steps} steps, logits of the model", 0, "", logits, {})


def activity(compare: Comparison, *, small: bool) -> None:
    """R3LM: activity by the convolutional networks and by the features of cards."""
    import torch

    import scgsfm
    from scgsfm.models.r3lm._network import one_hot

    models = {"cpu": scgsfm.models.load("r3lm-mini"), "device": scgsfm.models.load("r3lm-mini", device=compare.device)}
    n = 32 if small else 512
    rng = np.random.default_rng(0)
    sequences = ["".join(row) for row in rng.choice(list("ACGT"), (n, models["cpu"].length))]
    predict = {name: (lambda model=model: model.predict(sequences, mode="sequence")) for name, model in models.items()}
    results = {name: run() for name, run in predict.items()}

    codes = torch.from_numpy(np.array([["ACGT".index(base) for base in text] for text in sequences[:256]]))
    x = one_hot(codes.to(compare.device))

    def networks() -> np.ndarray:
        with torch.inference_mode():
            values: np.ndarray = models["device"].module.activity(x, None, "sequence").float().cpu().numpy()
        return values

    some = {name: values[:256] for name, values in results.items()} | in_bfloat16(compare.device, networks)
    compare.add(f"R3LM: predict {n:,} sequences", n, "sequences", some, predict)

    for name, allowed in {"without TF32": False, "with TF32": True}.items():
        torch.backends.cudnn.allow_tf32 = allowed
        bound = np.inf if allowed else LARGEST
        compare.add(
            f"R3LM: networks, {name}", len(x), "sequences", {"cpu": some["cpu"], "device": networks()}, {}, bound=bound
        )

    features = torch.from_numpy(
        rng.normal(size=(n, models["cpu"].module.activity.card.mean.numel())).astype(np.float32)
    )
    results, runs = {}, {}
    for name, model in models.items():
        card, given = model.module.activity.card, features.to(model.device)
        given = given / card.scale.clamp_min(1e-6) + card.mean  # standardized by the network

        def run(card: Any = card, given: torch.Tensor = given) -> np.ndarray:
            with torch.inference_mode():
                values: np.ndarray = card(given).cpu().numpy()
            return values

        results[name], runs[name] = run(), run
    compare.add(f"R3LM: networks of {n:,} cards", n, "cards", results, runs)


def low_rank(compare: Comparison, *, small: bool) -> None:
    """GP-GPT: one step of low-rank adapters on a small Llama with random weights."""
    import torch

    from scgsfm.models.gpgpt import TrainConfig
    from scgsfm.models.gpgpt.training._adapters import new_llama, with_adapters
    from scgsfm.models.gpgpt.training._dataset import TokenBatch
    from scgsfm.models.gpgpt.training._lightning import GPGPTTraining

    class Tokenizer:
        """As much of a tokenizer as the network is built from."""

        bos_token_id, eos_token_id, pad_token_id = 2, 3, 1

        def __len__(self) -> int:
            return 4096

    size = {"hidden_size": 64, "layers": 2, "heads": 2} if small else {"hidden_size": 512, "layers": 8, "heads": 8}
    config = TrainConfig(
        feed_forward=4 * size["hidden_size"], adapters="lora", batch_size=4 if small else 8, warmup=0, **size
    )
    rng = np.random.default_rng(0)
    tokens = torch.from_numpy(rng.integers(4, 4096, (config.batch_size, 256)))
    rows = TokenBatch(tokens, torch.roll(tokens, -1, 1))
    base = {k: v.clone() for k, v in with_adapters(new_llama(config, Tokenizer()), config).state_dict().items()}

    def start(device: str) -> tuple[Any, Any, Any]:
        network = with_adapters(new_llama(config, Tokenizer()), config)
        network.load_state_dict(base)
        module = GPGPTTraining(network.to(device).train(), config)
        return module, module.optimizer(), TokenBatch(*(t.to(device) for t in rows))

    def step(module: Any, optimizer: Any, batch: Any) -> float:
        loss = module.loss(batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        module.configure_gradient_clipping(optimizer)
        optimizer.step()
        return float(loss.detach())

    def trained(device: str) -> np.ndarray:
        """The loss before, and the logits of the first row after the step."""
        module, optimizer, batch = start(device)
        loss = step(module, optimizer, batch)
        with torch.inference_mode():
            logits = module.network(input_ids=batch.tokens[:1], use_cache=False).logits.float().cpu().numpy()
        return np.append(logits.ravel(), loss)

    results = {"cpu": trained("cpu"), "device": trained(compare.device)}
    results |= in_bfloat16(compare.device, trained, compare.device)
    runs = {}
    for name, device in {"cpu": "cpu", "device": compare.device}.items():
        state = start(device)
        runs[name] = lambda state=state: step(*state)
    n = sum(p.numel() for p in state[0].parameters())
    task = f"GP-GPT: one step of adapters, a Llama of {n / 1e6:.1f} million parameters"
    compare.add(task, rows.tokens.numel(), "tokens", results, runs)


def about(device: str) -> str:
    """The device, its software, and the CPU."""
    import torch

    name = "CPU against CPU"
    if device != "cpu":
        most = torch.cuda.get_device_properties(0).total_memory / 2**30
        name = f"{torch.cuda.get_device_name(0)}, {most:.0f} GiB, CUDA {torch.version.cuda}"
    packages = ("scgsfm", "torch", "transformers", "peft", "numpy", "numba")
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} from a directory")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}; Python {platform.python_version()}, {', '.join(found)}, {cores} cores, {torch.get_num_threads()} threads"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--csv", type=Path, help="file to write the table to")
    options.add_argument("--device", default="cuda", help="device to compare with the CPU (cuda); cpu for a dry run")
    options.add_argument("--small", action="store_true", help="small sizes, for a dry run")
    args = options.parse_args()
    import torch

    if args.device != "cpu" and not torch.cuda.is_available():
        print("No CUDA GPU found: nothing is compared. `--device cpu --small` runs the script on the CPU alone.")
        return 0
    begun = time.perf_counter()
    compare = Comparison(args.device)
    failed = []
    for task in (encoding, gsfm_training, activity, low_rank, whole_training):
        try:
            task(compare, small=args.small)
        except Exception as error:  # noqa: BLE001  one task does not cost the others
            traceback.print_exc()
            failed.append(f"{task.__name__} ({type(error).__name__}: {error})")
        gc.collect()
        table = pd.DataFrame(compare.rows)
        made = f"{about(args.device)}; python benchmarks/gpu.py; {time.perf_counter() - begun:.0f} s"
        if args.csv:  # after each task, so that an interrupted run keeps what it has
            args.csv.parent.mkdir(parents=True, exist_ok=True)
            args.csv.write_text(f"# {made}\n{table.to_csv(index=False, float_format='%.4g')}", encoding="utf-8")
    with pd.option_context("display.width", 250, "display.max_columns", None, "display.max_colwidth", 80):
        print(f"\n{table.to_string(index=False, float_format=lambda v: f'{v:.4g}')}\n\n{made}")
    for message in failed:
        print(f"failed: {message}", file=sys.stderr)
    return int(bool(failed) or (table["equal"] == "NO").any())


if __name__ == "__main__":
    sys.exit(main())
