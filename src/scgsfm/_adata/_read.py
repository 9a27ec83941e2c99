from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anndata import AnnData


def read_any(path: Path) -> AnnData:
    """Read an ``.h5ad`` file or ``.zarr`` store into memory."""
    import anndata

    return anndata.read_zarr(path) if path.suffix == ".zarr" else anndata.read_h5ad(path)


@contextmanager
def open_store(path: Path) -> Iterator[Any]:
    """Open the root group of an h5ad file or zarr store for reading."""
    if path.suffix == ".zarr":
        import zarr

        yield zarr.open_group(str(path), mode="r")
    else:
        import h5py

        with h5py.File(path, "r") as file:
            yield file


def read_with_matrix_on_disk(store: Any, layer: str | None) -> AnnData:
    """Read ``obs``, ``var`` and ``uns`` into memory; ``X`` or the layer stays on disk."""
    import anndata as ad

    obs, var = (ad.io.read_elem(store[key]) for key in ("obs", "var"))
    adata = ad.AnnData(obs=obs, var=var, uns=ad.io.read_elem(store["uns"]) if "uns" in store else {})
    if layer is not None and layer not in store.get("layers", ()):
        msg = f"`layer` {layer!r} is not in the file, which has: {', '.join(store.get('layers', ())) or 'none'}."
        raise ValueError(msg)
    element = store.get("X" if layer is None else f"layers/{layer}")
    if element is None:
        msg = f"The file has no X. Choose a `layer` from: {', '.join(store.get('layers', ())) or 'none'}."
        raise ValueError(msg)
    matrix = ad.io.sparse_dataset(element) if hasattr(element, "keys") else element
    if layer is None:
        adata.X = matrix
    else:
        adata.layers[layer] = matrix
    return adata
