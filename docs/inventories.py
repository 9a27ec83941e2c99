"""Write ``docs/_inventories``: the names of other projects that the pages link to, for builds without network.

    python docs/inventories.py

With network, Sphinx reads the inventories of the projects themselves. A name that the build reports as "reference target
not found" is either wrong or is missing here.
"""

from __future__ import annotations

import zlib
from pathlib import Path

OUT = Path(__file__).parent / "_inventories"

PAGES = {
    "anndata": {
        "generated/{name}.html#{name}": [
            "class anndata.AnnData",
            "class anndata.Raw",
            "function anndata.concat",
            "function anndata.io.read_h5ad",
            "function anndata.io.read_zarr",
            "function anndata.read_h5ad",
            "function anndata.read_zarr",
        ],
    },
    "dask": {
        "generated/{name}.html#{name}": ["class dask.array.Array", "function dask.array.from_zarr"],
    },
    "decoupler": {
        "api/generated/{name}.html#{name}": [
            *[f"function decoupler.mt.{m}" for m in ("aucell", "gsea", "gsva", "mlm", "ora", "ulm", "viper", "zscore")],
            "function decoupler.pp.get_obsm",
        ],
    },
    "matplotlib": {
        "api/_as_gen/{name}.html#{name}": [
            "class matplotlib.figure.Figure",
            "class matplotlib.colors.Colormap",
            "class matplotlib.colors.Normalize",
            *[f"method matplotlib.axes.Axes.{m}" for m in ("bar", "imshow", "plot", "scatter", "text", "violinplot")],
        ],
        "api/axes_api.html#{name}": ["class matplotlib.axes.Axes"],
    },
    "numpy": {
        "reference/generated/{name}.html#{name}": ["class numpy.ndarray", "class numpy.dtype"],
        "reference/arrays.scalars.html#{name}": [
            *[f"class numpy.{n}" for n in ("bool_", "float32", "float64", "int32", "int64", "object_")],
        ],
        "reference/random/generator.html#{name}": ["class numpy.random.Generator"],
    },
    "pandas": {
        "reference/api/{name}.html#{name}": [
            *[f"class pandas.{n}" for n in ("Categorical", "DataFrame", "Index", "Series")],
        ],
    },
    "python": {
        "library/collections.abc.html#{name}": [
            *[
                f"class collections.abc.{n}"
                for n in ("Callable", "Collection", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence")
            ],
        ],
        "library/constants.html#{name}": ["data Ellipsis", "data False", "data None", "data True"],
        "library/exceptions.html#{name}": [
            *[
                f"exception {n}"
                for n in (
                    *("FileExistsError", "FileNotFoundError", "ImportError", "KeyError", "NotImplementedError"),
                    *("OSError", "PermissionError", "RuntimeError", "TypeError", "UserWarning", "ValueError"),
                )
            ],
        ],
        "library/functions.html#{name}": ["class bool", "class float", "class int", "class object"],
        "library/functions.html#func-{name}": ["class dict", "class list", "class set", "class tuple"],
        "library/os.html#{name}": ["class os.PathLike"],
        "library/pathlib.html#{name}": ["class pathlib.Path"],
        "library/stdtypes.html#{name}": ["class bytes", "class frozenset", "class str"],
        "library/typing.html#{name}": [
            *[f"data typing.{n}" for n in ("Any", "Literal", "Optional", "Union")],
            *[f"class typing.{n}" for n in ("NamedTuple", "Protocol")],
        ],
    },
    "scanpy": {
        "api/generated/{name}.html#{name}": [
            *[f"class scanpy.pl.{n}" for n in ("DotPlot", "MatrixPlot", "StackedViolin")],
            *[
                f"function scanpy.{n}"
                for n in (
                    *("get.obs_df", "get.rank_genes_groups_df", "get.aggregate"),
                    *("pl.dotplot", "pl.embedding", "pl.heatmap", "pl.matrixplot", "pl.stacked_violin", "pl.umap"),
                    *(
                        "pl.violin",
                        "pp.log1p",
                        "pp.neighbors",
                        "pp.normalize_total",
                        "pp.pca",
                        "read_h5ad",
                        "set_figure_params",
                    ),
                    *(
                        "tl.dendrogram",
                        "tl.leiden",
                        "tl.rank_genes_groups",
                        "tl.score_genes",
                        "tl.score_genes_cell_cycle",
                    ),
                    *("tl.umap",),
                )
            ],
        ],
    },
    "scipy": {
        "reference/generated/{name}.html#{name}": [
            *[f"class scipy.sparse.{n}" for n in ("csc_array", "csc_matrix", "csr_array", "csr_matrix")],
            "function scipy.stats.false_discovery_control",
        ],
    },
    "torch": {
        "generated/{name}.html#{name}": ["class torch.nn.Module"],
        "tensor_attributes.html#{name}": ["class torch.device", "class torch.dtype"],
        "tensors.html#{name}": ["class torch.Tensor"],
    },
}
"""Project, pattern of the address, and the kinds and names of its objects."""


def write(project: str, pages: dict[str, list[str]]) -> None:
    """Write an inventory of version 2: four lines of text, then the compressed entries."""
    entries = []
    for address, names in pages.items():
        for kind, name in map(str.split, names):
            entries.append(f"{name} py:{kind} 1 {address.format(name=name)} -\n")
    header = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n# The remainder of this file is compressed using zlib.\n"
    OUT.mkdir(exist_ok=True)
    (OUT / f"{project}.inv").write_bytes(header.encode() + zlib.compress("".join(sorted(entries)).encode(), 9))


if __name__ == "__main__":
    for project, pages in PAGES.items():
        write(project, pages)
