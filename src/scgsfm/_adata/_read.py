from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anndata import AnnData


def read_any(path: Path) -> AnnData:
    """Read all of an ``.h5ad`` file or ``.zarr`` store."""
    import anndata

    return anndata.read_zarr(path) if path.suffix == ".zarr" else anndata.read_h5ad(path)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The root group of an h5ad file or a zarr store, to read from."""
    if path.suffix == ".zarr":
        import zarr

        yield zarr.open_group(str(path), mode="r")
    else:
        import h5py

        with h5py.File(path, "r") as file:
            yield file


def read_but_matrix(store: Any, layer: str | None) -> AnnData:
    """``obs``, ``var`` and ``uns`` in memory, and the one matrix that is to be scored where it is."""
    import anndata as ad

    obs, var = (ad.io.read_elem(store[key]) for key in ("obs", "var"))
    adata = ad.AnnData(obs=obs, var=var, uns=ad.io.read_elem(store["uns"]) if "uns" in store else {})
    if layer is not None and layer not in store.get("layers", ()):
        raise ValueError(
            f"--layer: {layer!r} is not in the file; it has: {', '.join(store.get('layers', ())) or 'none'}."
        )
    element = store.get("X" if layer is None else f"layers/{layer}")
    if element is None:
        raise ValueError(f"The file has no X. Name a --layer: {', '.join(store.get('layers', ())) or 'it has none'}.")
    matrix = ad.io.sparse_dataset(element) if hasattr(element, "keys") else element
    if layer is None:
        adata.X = matrix
    else:
        adata.layers[layer] = matrix
    return adata
