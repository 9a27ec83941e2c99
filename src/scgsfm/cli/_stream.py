"""Scoring a file into a zarr store block by block, in a way that a run that was stopped goes on."""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

    from scgsfm import GeneSets
    from scgsfm.scoring import Plan, Task

SETS_PER_CHUNK = 64
"""Columns of a chunk of the output: a plot of one set reads one of these."""


def stream(
    source: Path, output: Path, gene_sets: GeneSets, *, method: list[str], layer: str | None, gene_symbols: str | None
) -> int:
    """Score and write; the number of cells."""
    from scgsfm._adata import open_store, read_with_matrix_on_disk
    from scgsfm.completion import Completer
    from scgsfm.models import as_model
    from scgsfm.scoring import Result, plan, run_into

    if output.exists():
        raise FileExistsError(f"--output: {output} exists already. Delete it, or name another.")
    completer = Completer.of(partial(as_model, "gsfm-base"), expand=False)
    with open_store(source) as store:
        adata = read_with_matrix_on_disk(store, layer)
        planned = plan(adata, gene_sets, method=method, layer=layer, gene_symbols=gene_symbols, complete=completer)
        part = Part(output, fingerprint(adata, planned))
        if part.n_done is None:
            part.begin(adata, store, planned)
        arrays = part.arrays()
        results = [Result(arrays[task.key], arrays.get(task.padj_key)) for task in planned.tasks]
        try:
            run_into(results, planned.rows, planned.jobs, first=part.n_done or 0, tell=part.tell, delay=0)
        except KeyboardInterrupt:
            message = f"Stopped after {part.n_done:,} of {adata.n_obs:,} cells. The same command goes on from there."
            raise SystemExit(message) from None
        part.finish()
    return adata.n_obs


class Part:
    """The folder in which an output grows until it is complete, and how far it has come."""

    def __init__(self, output: Path, made_of: dict[str, str]) -> None:
        self.output = output
        self.folder = output.with_name(f"{output.name}.part")
        self.store = self.folder / "cells.zarr"
        self.state = self.folder / "progress.json"
        self.made_of = made_of
        self.n_done: int | None = None
        if self.state.exists():
            state = json.loads(self.state.read_text(encoding="utf-8"))
            others = [name for name, value in made_of.items() if state["made_of"].get(name) != value]
            if others:
                raise ValueError(
                    f"{self.folder} is the beginning of another run, which differs in: {', '.join(others)}. "
                    "Delete it to begin anew, or name another output."
                )
            self.n_done = state["n_done"]

    def begin(self, adata: AnnData, store: Any, planned: Plan) -> None:
        """Write all but the scores: the cells with their embeddings, and arrays to be filled."""
        import anndata as ad

        from scgsfm._adata import write_record

        shutil.rmtree(self.folder, ignore_errors=True)  # a run that didn't come this far
        self.folder.mkdir()
        kept = ad.AnnData(obs=adata.obs, var=adata.var, uns=adata.uns)
        for task in planned.tasks:
            write_record(kept, task.key, task.record)
        group = _new_group(self.store)
        ad.io.write_elem(group, "/", kept)
        keys = {key: task for task in planned.tasks for key in _keys_of(task)}
        for key in store.get("obsm", ()):
            if key not in keys:
                ad.io.write_elem(group["obsm"], key, ad.io.read_elem(store["obsm"][key]))
        for key, task in keys.items():
            _new_array(group["obsm"], key, (adata.n_obs, len(task.job.sets)), planned.rows.block_size)
        self.tell(0)

    def arrays(self) -> Any:
        """The arrays by their keys in ``obsm``."""
        import zarr

        return zarr.open_group(str(self.store), mode="r+")["obsm"]

    def tell(self, n_done: int) -> None:
        """Note how many cells are written; at any time there is one complete note."""
        self.n_done = n_done
        new = self.state.with_suffix(".new")
        new.write_text(json.dumps({"n_done": n_done, "made_of": self.made_of}), encoding="utf-8")
        os.replace(new, self.state)

    def finish(self) -> None:
        """Give the output its name."""
        import zarr

        zarr.consolidate_metadata(str(self.store))
        self.store.rename(self.output)
        shutil.rmtree(self.folder)


def fingerprint(adata: AnnData, planned: Plan) -> dict[str, str]:
    """What tells one run from another; of the values, the first and the last block and where the others stand."""
    from scgsfm import __version__

    rows = planned.rows
    layout = [np.asarray(rows.matrix.group["indptr"])] if hasattr(rows.matrix, "group") else []
    last = (rows.n_cells - 1) // rows.block_size * rows.block_size
    for first in (0, last):
        block = rows.prepare(next(rows.read(first))[1])
        layout += [block.data, block.indices, block.indptr]
    sets = [(task.job.sets.names, task.job.sets.membership) for task in planned.tasks]
    methods = [(task.key, task.job.params) for task in planned.tasks]
    return {
        "cells": _hash(*adata.obs_names),
        "genes": _hash(*planned.genes),
        "values": _hash(rows.n_cells, rows.n_genes, rows.block_size, str(rows.matrix.dtype), *layout),
        "sets": _hash(*(part for names, m in sets for part in (*names, m.indptr, m.indices, m.data))),
        "methods": _hash(json.dumps(methods)),
        "version of scgsfm": __version__,
    }


def _hash(*parts: Any) -> str:
    found = sha256()
    for part in parts:
        found.update(part.tobytes() if isinstance(part, np.ndarray) else str(part).encode() + b"\0")
    return found.hexdigest()


def _keys_of(task: Task) -> list[str]:
    return [task.key, task.padj_key] if task.job.method.test else [task.key]


def _new_array(group: Any, name: str, shape: tuple[int, int], n_rows: int) -> None:
    """Scores to be filled in, a block of cells a time."""
    create = getattr(group, "create_array", None) or group.create_dataset  # zarr 3, zarr 2
    chunks = min(n_rows, shape[0]), min(SETS_PER_CHUNK, shape[1])
    array = create(name=name, shape=shape, chunks=chunks, dtype="float32", fill_value=np.nan)
    array.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def _new_group(path: Path) -> Any:
    """A group in the zarr format that anndata writes."""
    import anndata as ad
    import zarr

    options = {} if zarr.__version__.startswith("2.") else {"zarr_format": ad.settings.zarr_write_format}
    return zarr.open_group(str(path), mode="w", **options)
