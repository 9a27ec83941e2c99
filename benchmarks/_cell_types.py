"""Labeled cells with marker sets of their types, for the benchmarks of annotation and of other species."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from _common import data_file
from cell_embedding import DATA, read

import scgsfm

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

SUBTYPES = {
    "Naive CD4 T": ["Naive CD4 T", "T_CD4"],
    "Memory CD4 T": ["Memory CD4 T", "T_CD4"],
    "Regulatory T": ["T_CD4"],
    "CD8 T": ["CD8 T", "T_CD8"],
    "NK": ["NK"],
    "B": ["B"],
    "Plasma cell": ["B"],
    "CD14+ Mono": ["CD14+ Mono", "Mono_CD14"],
    "FCGR3A+ Mono": ["FCGR3A+ Mono", "Mono_CD16"],
    "DC": ["DC"],
    "Plasmacytoid DC": ["DC"],
    "Platelet": ["Platelet", "MK"],
}
"""Labels of the PBMC data sets for which each set of ``pbmc_markers`` is correct."""

BLOOD = {
    "CD4 T cell": ["Naive CD4 T", "Memory CD4 T", "T_CD4"],
    "Regulatory T cell": ["Naive CD4 T", "Memory CD4 T", "T_CD4"],
    "CD8 T cell": ["CD8 T", "T_CD8"],
    "NK cell": ["NK"],
    "B cell": ["B"],
    "Monocyte": ["CD14+ Mono", "FCGR3A+ Mono", "Mono_CD14", "Mono_CD16"],
    "Conventional DC 2": ["DC"],
    "Conventional DC 1": ["DC"],
    "Plasmacytoid DC": ["DC"],
    "Platelet": ["Platelet", "MK"],
}

PANCREAS = {
    "Alpha cell": ["alpha"],
    "Beta cell": ["beta"],
    "Delta cell": ["delta"],
    "Gamma cell": ["gamma"],
    "Pancreatic ductal cell": ["ductal"],
    "Pancreatic stellate cell": ["quiescent_stellate", "activated_stellate"],
    "Endothelial cell": ["endothelial"],
    "Macrophage": ["macrophage"],
}

PANCREAS_C8 = {
    "alpha cell": ["alpha"],
    "beta cell": ["beta"],
    "delta cell": ["delta"],
    "gamma cell": ["gamma"],
    "pancreatic polypeptide cell": ["gamma"],
    "ductal cell": ["ductal"],
    "mesenchymal stromal cell": ["quiescent_stellate", "activated_stellate"],
    "stromal cell": ["quiescent_stellate", "activated_stellate"],
    "endothelial cell": ["endothelial"],
    "vascular endothelial cell": ["endothelial"],
    "myeloid cell": ["macrophage"],
}

GUT = {
    "Germinal centre B cell": ["B cells AICDA"],
    "B cell": ["B cells"],
    "Plasma cell": ["Plasma"],
    "CD4 T cell": ["T cells CD4", "T cells Naive CD4"],
    "CD8 T cell": ["T cells CD8"],
    "Regulatory T cell": ["Tregs"],
    "NK cell": ["NK cells"],
    "Innate lymphoid cell": ["ILCs"],
    "Macrophage": ["Macrophages"],
    "Monocyte": ["Monocytes"],
    "Neutrophil": ["Neutrophils"],
    "Mast cell": ["Mast"],
    "Conventional DC 1": ["DC1"],
    "Conventional DC 2": ["DC2"],
    "Mature DC": ["Mature DCs"],
    "Endothelial cell": ["Endothelial"],
    "Lymphatic endothelial cell": ["Lymphatics"],
    "Fibroblast": ["Activated fibroblasts", "Fibroblasts", "Inflammatory fibroblasts"],
    "Smooth muscle cell": ["Myofibroblasts"],
    "Pericyte": ["Pericytes"],
    "Enteric glial cell": ["Glial"],
    "BEST4 enterocyte": ["Enterocytes BEST4"],
    "Enterocyte": ["Enterocytes"],
    "Goblet cell": ["Goblet"],
    "Paneth cell": ["Paneth"],
    "Tuft cell": ["Tuft"],
    "Enteroendocrine cell": ["Enterochromaffin", "Enteroendocrine", "L cells"],
    "Intestinal stem cell": ["Stem cells"],
}
"""Prefixes of the labels for which each type is correct; the first match applies."""


@dataclass
class Case:
    """Cells, marker sets to test on them, and the correct types of each cell."""

    name: str
    adata: AnnData
    sets: dict[str, list[str]]
    labels: np.ndarray
    right: dict[str, list[str]]

    def is_right(self, found: np.ndarray) -> np.ndarray:
        """Whether the label of each cell is one of the correct ones."""
        return np.array([label in self.right.get(name, ()) for name, label in zip(found, self.labels, strict=True)])

    @property
    def known(self) -> np.ndarray:
        """Cells for which any type is correct."""
        return np.isin(self.labels, [label for labels in self.right.values() for label in labels])


def textbook(*tissues: str) -> dict[str, list[str]]:
    """Sets of ``tissue_markers``."""
    table = scgsfm.datasets.marker_table()
    sets = scgsfm.datasets.library("tissue_markers")
    return {name: sets[name] for name in table.index[table["tissue"].isin(tissues)]}


def studies(tissue: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Signatures of a tissue in MSigDB C8, and the type of each."""
    table, sets = scgsfm.datasets.marker_table("cell_types"), scgsfm.datasets.library("cell_types")
    types = table.loc[table["tissue"] == tissue, "cell_type"].to_dict()
    return {name: sets[name] for name in types}, types


def cases(data: Path | None, *, max_cells: int | None = None) -> list[Case]:
    """All data sets with labeled types, each with markers from other sources.

    ``"all tissues"`` are the markers that ``tl.annotate`` uses by default. With ``max_cells``, larger data are subsampled.
    """
    cells = {name: read(data_file(data, f"scrna/{file}"), label) for name, (file, label) in DATA.items()}
    cells["pbmc of the package"] = embedded()
    rng = np.random.default_rng(0)
    for name, adata in cells.items():
        if max_cells and adata.n_obs > max_cells:
            cells[name] = adata[np.sort(rng.choice(adata.n_obs, max_cells, replace=False))].copy()
    blood = scgsfm.datasets.library("pbmc_markers").to_dict()
    everything = scgsfm.datasets.library("tissue_markers").to_dict()
    made = []
    for name in ("PBMC 3k", "PBMC, three chemistries", "pbmc of the package"):
        made += [(name, "pbmc_markers", blood, SUBTYPES), (name, "textbook", textbook("immune", "blood"), BLOOD)]
        made += [(name, "all tissues", everything, BLOOD)]
    pancreas = textbook("pancreas", "immune", "stroma", "nerve")
    made += [
        ("mouse pancreas", "textbook", pancreas, PANCREAS),
        ("mouse pancreas", "all tissues", everything, PANCREAS),
    ]
    of_studies, types = studies("pancreas")
    right_sets = {name: PANCREAS_C8[kind] for name, kind in types.items() if kind in PANCREAS_C8}
    made += [("mouse pancreas", "C8", of_studies, right_sets)]
    made += [
        ("gut", "textbook", textbook("intestine", "immune", "stroma"), GUT),
        ("gut", "all tissues", everything, GUT),
    ]
    out = []
    for name, markers, sets, answers in made:
        labels, right = cells[name].obs["label"].to_numpy(dtype=object), answers
        if answers is GUT:
            labels = np.array([_type_of(label, answers) for label in labels], dtype=object)
            right = {kind: [kind] for kind in answers}
        out.append(Case(f"{name}, {markers}", cells[name], sets, labels, right))
    return out


def embedded() -> AnnData:
    """Log-normalized cells of the package, as in its tutorial."""
    import scanpy as sc

    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    adata.obs["label"] = adata.obs["cell_type"].astype(str)
    return adata


def _type_of(label: str, starts: dict[str, list[str]]) -> str:
    return next((kind for kind, names in starts.items() if label.startswith(tuple(names))), label)
