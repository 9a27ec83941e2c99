"""What `faults.py` interrupts: for each kind of work, its input, the work, and what counts as a whole result.

`prepare(inputs)` writes the input. `run(inputs, out)` does the work in a process of its own, and the same call resumes it.
`result(inputs, out)` is None if there is nothing, REFUSED if there is an incomplete result that scgsfm does not accept, and
otherwise what the result contains.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = "refused"
CELL_TYPES = ["HepG2", "K562"]
RELEASES = Path(__file__).parents[1] / "tests/phenotypes/releases"


@dataclass(frozen=True)
class Task:
    """Work that can be interrupted."""

    prepare: Callable[[Path], None]
    run: Callable[[Path, Path], None]
    result: Callable[[Path, Path], str | None]


def digest(*parts: Any) -> str:
    """A checksum of arrays and bytes."""
    found = hashlib.sha256()
    for part in parts:
        found.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else bytes(part))
    return found.hexdigest()


def digest_of_state(module: Any) -> str:
    """A checksum of the weights of a network."""
    return digest(*(value.detach().numpy() for _, value in sorted(module.state_dict().items())))


# -- training


def prepare_gsfm(inputs: Path) -> None:
    rng = np.random.default_rng(0)
    lines = []
    for i in range(300):
        genes = 20 * rng.integers(6) + rng.choice(20, rng.integers(8, 18), replace=False)
        lines.append("\t".join([f"set {i}", "", *(f"G{gene:03}" for gene in genes)]) + "\n")
    (inputs / "sets.gmt").write_text("".join(lines))


def run_gsfm(inputs: Path, out: Path) -> None:
    from scgsfm.models.gsfm import TrainConfig, train

    size = {"d_model": 16, "batch_size": 64, "negatives": 40, "neighbours": 4, "recall": 2, "n_validation": 20}
    config = TrainConfig(**size, steps=40, learning_rate=0.02, warmup=5)
    train(inputs / "sets.gmt", out, config=config, min_count=2, validate_every=10)


def result_gsfm(inputs: Path, out: Path) -> str | None:
    from scgsfm import models

    if not (out / "model").exists():
        return None
    try:
        return digest_of_state(models.load(out / "model").module)
    except (ValueError, FileNotFoundError):
        return REFUSED


def prepare_gpgpt(inputs: Path) -> None:
    from scgsfm.models.gpgpt import Corpus, Prose, build_corpus
    from scgsfm.phenotypes import load_annotations

    prose = [Prose("gene", "FBN1", "This gene encodes a member of the fibrillin family of proteins.")]
    functions = {"takes part in": {"signalling": ["SCN1A", "FBN1"]}}
    corpus = build_corpus(load_annotations(), prose, functions, inputs / "whole", n_instructions=400)
    kinds = dict.fromkeys(document.kind for document in corpus.documents)
    some = [d for kind in kinds for d in [d for d in corpus.documents if d.kind == kind][:60]]
    documents = [document._replace(held_out=i % 10 == 0) for i, document in enumerate(some)]
    Corpus(documents, corpus.info | {"sha256": "small"}).write(inputs)


def run_gpgpt(inputs: Path, out: Path) -> None:
    from scgsfm.models.gpgpt import TrainConfig, train

    sizes = {"vocab_size": 400, "hidden_size": 32, "layers": 2, "heads": 2, "feed_forward": 48, "context": 48}
    config = TrainConfig(**sizes, batch_size=4, steps=20, warmup=2, learning_rate=0.01)
    train(inputs, out, stage=1, config=config, validate_every=5)


def result_gpgpt(inputs: Path, out: Path) -> str | None:
    from scgsfm.models.gpgpt import GPGPT

    if not (out / "model").exists():
        return None
    try:
        model = GPGPT.from_pretrained(out / "model")
    except (ValueError, OSError):
        return REFUSED
    return digest(digest_of_state(model.module).encode(), model.generate("Which genes?", max_new_tokens=5).encode())


def prepare_r3lm(inputs: Path) -> None:
    import torch

    from scgsfm.models.r3lm._backbone import new_small, save_text
    from scgsfm.models.r3lm._decoder import DecoderConfig
    from scgsfm.models.r3lm._tokenizer import Tokens
    from scgsfm.motifs import Motifs

    rng = np.random.default_rng(0)
    rows = ["sequence\tHepG2\tK562\tfold"]
    for i, letters in enumerate(rng.choice(list("ACGT"), (40, 200))):
        rows.append(f"{''.join(letters)}\t{rng.normal():.3f}\t{rng.normal():.3f}\t{i % 6}")
    (inputs / "table.tsv").write_text("\n".join(rows) + "\n")
    tokens = Tokens(CELL_TYPES, Motifs.embedded().names)
    size = DecoderConfig(len(tokens), hidden_size=16, intermediate_size=24, num_hidden_layers=1, head_dim=8)
    torch.manual_seed(0)
    new_small(tokens, size).save_pretrained(inputs / "base")
    save_text(tokens, inputs / "base")


def run_r3lm(inputs: Path, out: Path) -> None:
    """Both stages; the second is trained only if the first is whole."""
    from scgsfm.models.r3lm import StageConfig, train

    sizes = {"batch_size": 4, "accumulate": 1, "max_length": 64, "max_new": 6, "lora_rank": 2}
    config = StageConfig(epochs=2, learning_rate=1e-2, **sizes)
    common = {"cell_types": CELL_TYPES, "held_out": [5], "config": config, "limit": 12}
    if result_r3lm(inputs, out, stages=1) in (None, REFUSED):
        train(inputs / "table.tsv", out / "first", stage=1, base=inputs / "base", **common)
    train(inputs / "table.tsv", out / "second", stage=2, base=out / "first", **common)


def result_r3lm(inputs: Path, out: Path, *, stages: int = 2) -> str | None:
    from scgsfm.errors import ModelFormatError
    from scgsfm.models.r3lm import AdaptedR3LM

    folder = out / ("second" if stages == 2 else "first")
    if not folder.exists():
        return None
    try:
        model = AdaptedR3LM(folder)
    except (ValueError, OSError, ModelFormatError):
        return REFUSED
    return digest_of_state(model.reader if stages == 2 else model._reasoner)


# -- indexes


def use_cache(folder: Path) -> None:
    """A cache directory in this process."""
    import scgsfm

    scgsfm.settings.cache_dir = folder


def prepare_phenotypes(inputs: Path) -> None:
    """The server of the release files belongs to the parent: see `stub`."""


def run_phenotypes(inputs: Path, out: Path) -> None:
    from scgsfm.phenotypes import _update_annotations

    use_cache(out)
    server = os.environ["FAULTS_STUB"]
    _update_annotations.HPO_URLS = {
        key: f"{server}/{url.rpartition('/')[2]}" for key, url in _update_annotations.HPO_URLS.items()
    }
    _update_annotations.update_annotations(download=True, allow_small=True)


def result_phenotypes(inputs: Path, out: Path) -> str | None:
    from scgsfm.phenotypes import installed_indexes, read_annotations

    use_cache(out)
    found = installed_indexes()
    for path in found.values():
        read_annotations(path)
    return digest(*(path.read_bytes() for path in found.values())) if found else None


def prepare_drugs(inputs: Path) -> None:
    rng = np.random.default_rng(0)
    for side in ("up", "down"):
        lines = []
        for i in range(3000):
            genes = "\t".join(f"GENE{g}" for g in rng.choice(3000, 60, replace=False))
            lines.append(f"drug{i}@MCF7#1e-05M_{i}\tna\t{genes}\n")
        (inputs / f"{side}.gmt").write_text("".join(lines))


def run_drugs(inputs: Path, out: Path) -> None:
    from scgsfm.drugs import update_signatures

    use_cache(out)
    update_signatures([inputs / "up.gmt"], [inputs / "down.gmt"], name="mine", version="1")


def result_drugs(inputs: Path, out: Path) -> str | None:
    from scgsfm.drugs._read_signatures import read_signatures

    use_cache(out)
    files = list((out / "drugs").glob("[!.]*.npz")) if (out / "drugs").is_dir() else []
    for path in files:
        read_signatures(path)
    return digest(*(path.read_bytes() for path in files)) if files else None


# -- downloads


def prepare_download(inputs: Path) -> None:
    """The server belongs to the parent: see `stub`."""


def run_download(inputs: Path, out: Path) -> None:
    from scgsfm._fetch import fetch

    use_cache(out)
    fetch([f"{os.environ['FAULTS_STUB']}/large.bin"], "models/large.bin")


def result_download(inputs: Path, out: Path) -> str | None:
    path = out / "models/large.bin"
    return digest(path.read_bytes()) if path.exists() else None


# -- streamed scores


def prepare_stream(inputs: Path) -> None:
    import anndata as ad
    import pandas as pd
    from scipy import sparse

    rng = np.random.default_rng(0)
    counts = sparse.random(6000, 2000, 0.05, "csr", np.float32, rng=rng)
    var = pd.DataFrame(index=[f"GENE{i}" for i in range(2000)])
    obs = pd.DataFrame(index=[f"cell{i}" for i in range(6000)])
    ad.AnnData(counts, obs, var).write_h5ad(inputs / "cells.h5ad")
    sets = [rng.choice(2000, 50, replace=False) for _ in range(200)]
    lines = [f"set {i}\t\t" + "\t".join(f"GENE{g}" for g in genes) + "\n" for i, genes in enumerate(sets)]
    (inputs / "sets.gmt").write_text("".join(lines))


def run_stream(inputs: Path, out: Path) -> None:
    from scgsfm.cli import main

    out.mkdir(exist_ok=True)
    if (out / "scores.zarr").exists():  # the run before was killed after its work
        return
    arguments = ["--sets", inputs / "sets.gmt", "--method", "zscore", "--block-size", "200"]
    shell = ["score", inputs / "cells.h5ad", *arguments, "-o", out / "scores.zarr"]
    if main([str(word) for word in shell]):
        raise RuntimeError("scgsfm score failed")


def result_stream(inputs: Path, out: Path) -> str | None:
    import zarr

    if not (out / "scores.zarr").exists():
        return None
    scores = zarr.open_group(str(out / "scores.zarr"), mode="r")["obsm"]
    return digest(*(np.asarray(scores[key]) for key in sorted(scores)))


TASKS = {
    "training of GSFM": Task(prepare_gsfm, run_gsfm, result_gsfm),
    "training of GP-GPT": Task(prepare_gpgpt, run_gpgpt, result_gpgpt),
    "training of R3LM, both stages": Task(prepare_r3lm, run_r3lm, result_r3lm),
    "update phenotypes, with downloads": Task(prepare_phenotypes, run_phenotypes, result_phenotypes),
    "update drugs": Task(prepare_drugs, run_drugs, result_drugs),
    "download of 4 MB": Task(prepare_download, run_download, result_download),
    "streamed scores": Task(prepare_stream, run_stream, result_stream),
}


def work(name: str, inputs: Path, out: Path) -> None:
    """Do the work in this process, quietly."""
    import scgsfm

    scgsfm.settings.verbosity = 0
    sys.stderr = inputs.with_name("log.txt").open("w")
    with redirect_stdout(sys.stderr):
        TASKS[name].run(inputs, out)
    os._exit(0)  # a kill while the interpreter ends would not be one of the work


def stub() -> str:
    """Address of a server of the release files and of a large file, which it sends slowly, in threads of this process."""
    large = np.random.default_rng(0).bytes(2**22)
    files = {f"/{path.name}": path.read_bytes() for path in RELEASES.iterdir()} | {"/large.bin": large}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            step = max(len(body) // 20, 1)
            with suppress(OSError):  # the client was killed
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    time.sleep(0.02)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def left_over(out: Path) -> list[str]:
    """Temporary files in a directory."""
    names = [path.name for path in out.rglob("*")] if out.exists() else []
    return [name for name in names if name.startswith(("tmp", ".")) and not name.startswith(".z")]  # those of zarr
