"""Scoring a file into a zarr store in blocks, so that an interrupted run can be resumed."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from ._inputs import reading
from ._outputs import move

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

    from scgsfm import GeneSets
    from scgsfm.scoring import Plan, Task

SETS_PER_CHUNK = 64
"""Columns of an output chunk. A plot of one set reads one column of chunks."""


def stream(
    source: Path,
    output: Path,
    gene_sets: GeneSets,
    *,
    layer: str | None,
    expand: bool | dict[str, Any],
    model: str,
    **options: Any,
) -> int:
    """Score and write, with the options of ``plan``; returns the number of cells."""
    from scgsfm._adata import Result as Written
    from scgsfm._adata import log_results, open_store, read_with_matrix_on_disk
    from scgsfm.completion import Completer
    from scgsfm.models import as_model
    from scgsfm.scoring import Result, plan, run_into

    completer = Completer.of(partial(as_model, model), expand)
    with ExitStack() as stack:
        with reading(source):
            store = stack.enter_context(open_store(source))
            adata = read_with_matrix_on_disk(store, layer)
        planned = plan(adata, gene_sets, layer=layer, expand=bool(expand), complete=completer, **options)
        part = PartialOutput(output, fingerprint(adata, planned))
        if part.n_done is None:
            part.begin(adata, store, planned)
        arrays = part.arrays()
        results = [Result(arrays[task.key], arrays.get(task.padj_key)) for task in planned.tasks]
        try:
            run_into(
                results, planned.rows, planned.jobs, first=part.n_done or 0, on_progress=part.save_progress, delay=0
            )
        except KeyboardInterrupt:
            message = f"Stopped after {part.n_done:,} of {adata.n_obs:,} cells. Run the same command to resume."
            raise SystemExit(message) from None
        part.finish()
    written = [Written("tl.score", task.key, {"obsm": [task.key]}, replaced="") for task in planned.tasks]
    log_results(written, *planned.details)
    return int(adata.n_obs)


class PartialOutput:
    """Directory of an incomplete output, with the progress of the run."""

    def __init__(self, output: Path, made_of: dict[str, str]) -> None:
        self.output = output
        self.directory = output.with_name(f"{output.name}.part")
        self.store = self.directory / "cells.zarr"
        self.state = self.directory / "progress.json"
        self.made_of = made_of
        self.n_done: int | None = None
        if self.state.exists():
            state = json.loads(self.state.read_text(encoding="utf-8"))
            changed = [name for name, value in made_of.items() if state["made_of"].get(name) != value]
            if changed:
                raise ValueError(
                    f"{self.directory} belongs to another run, which differs in: {', '.join(changed)}. "
                    "Delete it to start again, or choose another output."
                )
            self.n_done = state["n_done"]

    def begin(self, adata: AnnData, store: Any, planned: Plan) -> None:
        """Write everything except the scores: cells, embeddings and empty arrays."""
        import anndata as ad

        from scgsfm._adata import write_record

        shutil.rmtree(self.directory, ignore_errors=True)  # of a run that was interrupted before
        self.directory.mkdir()
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
        self.save_progress(0)

    def arrays(self) -> Any:
        """The output arrays by their ``obsm`` keys."""
        import zarr

        return zarr.open_group(str(self.store), mode="r+")["obsm"]

    def save_progress(self, n_done: int) -> None:
        """Save the number of written cells. The state file is replaced atomically."""
        self.n_done = n_done
        new = self.state.with_suffix(".new")
        new.write_text(json.dumps({"n_done": n_done, "made_of": self.made_of}), encoding="utf-8")
        new.replace(self.state)

    def finish(self) -> None:
        """Move the complete output to its final path."""
        import zarr

        zarr.consolidate_metadata(str(self.store))
        move(self.store, self.output)
        shutil.rmtree(self.directory)


def fingerprint(adata: AnnData, planned: Plan) -> dict[str, str]:
    """Checksums that identify a run. Of the values, the first and last block and the row offsets are hashed."""
    from scgsfm import __version__

    rows = planned.rows
    layout = [np.asarray(rows.matrix.group["indptr"])] if hasattr(rows.matrix, "group") else []
    last = (rows.n_cells - 1) // rows.block_size * rows.block_size
    for first in (0, last):
        block = rows.prepare(next(rows.read(first))[1])
        layout += [block.data, block.indices, block.indptr]
    sets = [(task.job.sets.names, task.job.sets.membership) for task in planned.tasks]
    methods = [(task.key, task.job.params, task.job.null) for task in planned.tasks]
    return {
        "cells": _hash(*adata.obs_names),
        "genes": _hash(*planned.genes),
        "values": _hash(rows.n_cells, rows.n_genes, rows.block_size, str(rows.matrix.dtype), *layout),
        "sets": _hash(*(part for names, m in sets for part in (*names, m.indptr, m.indices, m.data))),
        "methods": _hash(json.dumps(methods)),
        "version of scgsfm": __version__,
    }


def _hash(*parts: Any) -> str:
    digest = sha256()
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else str(part).encode() + b"\0")
    return digest.hexdigest()


def _keys_of(task: Task) -> list[str]:
    return [task.key, task.padj_key] if task.job.has_test else [task.key]


def _new_array(group: Any, name: str, shape: tuple[int, int], n_rows: int) -> None:
    """Create an array of scores, which are written in blocks of cells."""
    create = getattr(group, "create_array", None) or group.create_dataset  # zarr 3, zarr 2
    chunks = min(n_rows, shape[0]), min(SETS_PER_CHUNK, shape[1])
    array = create(name=name, shape=shape, chunks=chunks, dtype="float32", fill_value=np.nan)
    array.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def _new_group(path: Path) -> Any:
    """Create a group in the zarr format of anndata."""
    import anndata as ad
    import zarr

    options = {} if zarr.__version__.startswith("2.") else {"zarr_format": ad.settings.zarr_write_format}
    return zarr.open_group(str(path), mode="w", **options)
