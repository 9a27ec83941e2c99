"""Gene sets with modules: 300 sets in three directories, each from one of six modules of 20 genes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numba
import numpy as np
import pytest
import torch

from scgsfm.models.gsfm import TrainConfig
from scgsfm.models.gsfm.training._corpus import Corpus, build_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = {"large": 200, "medium": 80, "small": 20}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Use one thread: more threads are slower on such small data."""
    before = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    numba.set_num_threads(before[1])


@pytest.fixture(scope="session")
def gmt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("gmt")
    for name, n_sets in FOLDERS.items():
        lines = []
        for i in range(n_sets):
            genes = 20 * rng.integers(6) + rng.choice(20, rng.integers(8, 18), replace=False)
            lines.append("\t".join([f"set {i}", "", *(f"G{gene:03}" for gene in genes)]) + "\n")
        (folder / name).mkdir()
        with gzip.open(folder / name / "sets.gmt.gz", "wt") as file:
            file.writelines(lines)
    return folder


@pytest.fixture(scope="session")
def corpus(gmt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_corpus([gmt_folder], tmp_path_factory.mktemp("corpus"), min_count=2)


@pytest.fixture
def tiny() -> TrainConfig:
    """A recipe that learns the modules in 40 steps."""
    size = {"d_model": 16, "batch_size": 64, "negatives": 40, "neighbours": 0, "recall": 0, "n_validation": 20}
    return TrainConfig(**size, steps=40, learning_rate=0.02, warmup=5)
