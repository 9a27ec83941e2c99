"""A view of the user's data on which the explorer works, so that nothing is written to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._adata import check_anndata, data_matrix, data_var, gene_names
from scgsfm._messages import did_you_mean, listing
from scgsfm._scanpy import import_scanpy

if TYPE_CHECKING:
    from anndata import AnnData

MAX_GROUPS = 100
"""Columns of ``obs`` with more values are identifiers, not groups."""
MAX_CELLS_TO_EMBED = 50_000
"""Cells for which a missing UMAP is computed."""
PREFERRED_BASES = ("X_umap", "X_tsne", "X_draw_graph_fa", "spatial", "X_spatial", "X_pca")
PREFERRED_GROUPS = ("cell_type", "celltype", "annotation", "louvain", "leiden", "cluster", "clusters")
CONTROLS = frozenset(
    [
        "control",
        "controls",
        "ctrl",
        "untreated",
        "vehicle",
        "dmso",
        "pbs",
        "mock",
        "healthy",
        "normal",
        "wt",
        "wildtype",
        "naive",
    ]
)
"""Usual names of the condition that others are compared with."""
COMPUTED = "UMAP (computed here)"


@dataclass(eq=False)
class OwnData:
    """AnnData that shares the matrix and coordinates with the user's, and has tables of its own."""

    adata: AnnData
    title: str
    bases: dict[str, np.ndarray]
    """Coordinates by key in ``obsm``, two columns each."""
    groups: dict[str, pd.Categorical]
    """Columns of ``obs`` with 2 to 100 groups."""
    _embedded: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        adata: AnnData,
        *,
        layer: str | None = None,
        use_raw: bool = False,
        gene_symbols: str | None = None,
        title: str = "",
    ) -> OwnData:
        """Share the matrix, copy ``obs`` and ``var``. Data on disk are read into memory.

        Nothing of ``uns`` is taken but colors and the base of logarithms.
        """
        from anndata import AnnData

        check_anndata(adata, writes=False)
        if adata.isbacked:
            adata = adata.to_memory()
        matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
        names = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
        var = pd.DataFrame(index=pd.Index(names.astype(str)))
        table = data_var(adata, use_raw=use_raw)
        if "feature_types" in table:
            var["feature_types"] = table["feature_types"].to_numpy()
        own = AnnData(matrix, obs=adata.obs.copy(), var=var)
        if (names == "").any():  # antibodies, peaks and the like
            own = own[:, names != ""].copy()
        for key, value in adata.uns.items():
            if isinstance(key, str) and key.endswith("_colors"):
                own.uns[key] = list(value)
        if "log1p" in adata.uns:
            own.uns["log1p"] = dict(adata.uns["log1p"])
        groups = {str(name): found for name in own.obs if (found := _categorical(own.obs[name])) is not None}
        for name, found in groups.items():
            own.obs[name] = found
        shown = title or f"{adata.n_obs:,} cells × {matrix.shape[1]:,} genes"
        return cls(own, shown, _bases(adata), groups)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self.adata.n_obs)

    @property
    def basis_names(self) -> list[str]:
        """Embeddings to choose from, the preferred one first."""
        first = [name for name in PREFERRED_BASES if name in self.bases]
        names = list(dict.fromkeys([*first, *self.bases]))
        return names or ([COMPUTED] if self.n_cells <= MAX_CELLS_TO_EMBED else [])

    @property
    def group_names(self) -> list[str]:
        """Columns with groups, the preferred one first."""
        first = [name for name in self.groups for known in PREFERRED_GROUPS if name.casefold() == known]
        return list(dict.fromkeys([*first, *self.groups]))

    def coordinates(self, basis: str) -> np.ndarray:
        """Coordinates of the cells (cells × 2), with NaN for cells without."""
        names = self.basis_names
        if not names:
            msg = (
                "There is no embedding in `obsm`. Compute one, for instance by `scanpy.pp.neighbors` and "
                "`scanpy.tl.umap`, and open the explorer again."
            )
            raise ValueError(msg)
        basis = basis or names[0]
        if basis not in names:
            msg = f"`obsm` has no embedding {basis!r}; it has {listing(names)}.{did_you_mean(basis, names)}"
            raise ValueError(msg)
        if basis == COMPUTED and basis not in self._embedded:
            self._embedded[basis] = _umap(self.adata)
        return self._embedded[basis] if basis == COMPUTED else self.bases[basis]

    def grouping(self, name: str) -> pd.Categorical:
        """The groups in a column of ``obs``, by default the preferred one."""
        names = self.group_names
        if not names:
            msg = f"No column of `obs` has 2 to {MAX_GROUPS} groups. Cluster the cells, or assign cell types."
            raise ValueError(msg)
        name = name or names[0]
        if name not in self.groups:
            msg = f"`obs` has no groups {name!r}; it has {listing(names)}.{did_you_mean(name, names)}"
            raise ValueError(msg)
        return self.groups[name]

    def column(self, name: str) -> str:
        """The name of a column with groups, by default the preferred one."""
        self.grouping(name)
        return name or self.group_names[0]

    def reference(self, condition: str, chosen: str = "") -> str:
        """The condition that others are compared with: the chosen one, or one that sounds like a control, or the first."""
        if condition not in self.groups:
            return ""
        names = [str(name) for name in self.groups[condition].categories]
        controls = [name for name in names if name.casefold() in CONTROLS]
        return chosen if chosen in names else [*controls, *names][0]

    def colors(self, name: str) -> list[str]:
        """The color of each group: those that scanpy stored, or its palettes."""
        from matplotlib.colors import is_color_like

        n = len(self.grouping(name).categories)
        stored = list(map(str, self.adata.uns.get(f"{name}_colors", [])))
        if len(stored) >= n and all(map(is_color_like, stored)):
            return stored[:n]
        palettes = import_scanpy().plotting.palettes
        colors = next(p for p in (palettes.default_20, palettes.default_28, palettes.default_102) if n <= len(p))
        return list(colors[:n])


def _bases(adata: AnnData) -> dict[str, np.ndarray]:
    found = {}
    for key in adata.obsm:
        value = adata.obsm[key]
        if str(key).startswith(("score_", "padj_")) or getattr(value, "ndim", 0) != 2 or value.shape[1] < 2:
            continue
        try:
            values = np.asarray(value[:, :2] if not isinstance(value, pd.DataFrame) else value.iloc[:, :2], np.float32)
        except (TypeError, ValueError):
            continue
        if np.isfinite(values).all(axis=1).any():
            found[str(key)] = values
    return found


def _categorical(column: pd.Series) -> pd.Categorical | None:
    """A column as groups with names as strings, or None if it does not have 2 to 100 values."""
    if pd.api.types.is_float_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return None
    if not 2 <= column.nunique() <= MAX_GROUPS:
        return None
    values = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    values = values.cat.remove_unused_categories()
    names = [str(name) for name in values.cat.categories]
    if len(set(names)) < len(names):
        return None
    return pd.Categorical.from_codes(values.cat.codes, categories=names)


def _umap(adata: AnnData) -> np.ndarray:
    """A UMAP with scanpy's defaults, on log-normalized values of variable genes."""
    sc = import_scanpy()
    work = adata.copy()
    work.obs = work.obs[[]]
    if _are_counts(work):
        sc.pp.normalize_total(work, target_sum=1e4)
        sc.pp.log1p(work)
    if work.n_vars > 2_000:
        sc.pp.highly_variable_genes(work, n_top_genes=2_000)
    # of few cells, later components are mostly noise
    sc.pp.pca(work, n_comps=min(10 if work.n_obs < 2_000 else 30, min(work.shape) - 1))
    sc.pp.neighbors(work, n_neighbors=min(15, work.n_obs - 1))
    sc.tl.umap(work)
    return np.asarray(work.obsm["X_umap"], np.float32)


def _are_counts(adata: AnnData) -> bool:
    """Whether the first cells have whole numbers only."""
    first = adata.X[:200]
    values = first.data if hasattr(first, "tocsr") else np.asarray(first)
    return bool((values == np.round(values)).all() and (values >= 0).all())
