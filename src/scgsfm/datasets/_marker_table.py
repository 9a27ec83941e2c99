from __future__ import annotations

import re

import pandas as pd

from scgsfm._messages import check_choice
from scgsfm.genesets import GeneSets, catalogue

STUDIES = {
    "AIZARANI_LIVER": "liver",
    "BUSSLINGER_DUODENAL": "intestine",
    "BUSSLINGER_ESOPHAGEAL": "oesophagus",
    "BUSSLINGER_GASTRIC": "stomach",
    "CUI_DEVELOPING_HEART": "heart",
    "DESCARTES_FETAL_CEREBELLUM": "brain",
    "DESCARTES_FETAL_CEREBRUM": "brain",
    "DESCARTES_FETAL_": "",
    "DESCARTES_MAIN_FETAL": "several",
    "DURANTE_ADULT_OLFACTORY_NEUROEPITHELIUM": "nose",
    "FAN_EMBRYONIC_CTX": "brain",
    "FAN_OVARY": "ovary",
    "GAO_ESOPHAGUS": "oesophagus",
    "GAO_LARGE_INTESTINE": "intestine",
    "GAO_SMALL_INTESTINE": "intestine",
    "GAO_STOMACH": "stomach",
    "GAUTAM_EYE": "eye",
    "HAY_BONE_MARROW": "bone marrow",
    "HE_LIM_SUN_FETAL_LUNG": "lung",
    "HU_FETAL_RETINA": "eye",
    "JONES_OVARY": "ovary",
    "LAKE_ADULT_KIDNEY": "kidney",
    "MANNO_MIDBRAIN_NEUROTYPES": "brain",
    "MENON_FETAL_KIDNEY": "kidney",
    "MURARO_PANCREAS": "pancreas",
    "RUBENSTEIN_SKELETAL_MUSCLE": "muscle",
    "TRAVAGLINI_LUNG": "lung",
    "VANGURP_PANCREATIC": "pancreas",
    "ZHENG_CORD_BLOOD": "blood",
    "ZHONG_PFC": "brain",
}
"""Prefixes of C8 set names, and their tissue. ``""`` means that the next word is the tissue."""

CLUSTER = re.compile(r"^(?:\d+W_)?(?:CL?\d+_|\d+_){0,2}|_\d+$")
"""Week and cluster numbers in set names."""


def marker_table(library: str = "tissue_markers") -> pd.DataFrame:
    """Cell type, tissue and organism of each set of a marker library, used by :func:`~scgsfm.tl.annotate`.

    Parameters
    ----------
    library
        ``"tissue_markers"`` (67 cell types of 14 tissues with 12 genes each, compiled for this package from
        textbook knowledge), ``"pbmc_markers"`` (blood cells), or ``"cell_types"`` (840 signatures of published studies, MSigDB C8).

    Returns
    -------
    One row per set, indexed by its name. Columns: ``cell_type``, ``tissue``, ``organism``, ``n_genes``. The type and
    tissue of ``"cell_types"`` are parsed from the set names; several sets may have the same type.

    Raises
    ------
    ValueError
        If the library is not one of these.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.datasets.marker_table()
    >>> table.loc["Beta cell", "tissue"]
    'pancreas'
    """
    check_choice("library", library, TABLES)
    sets = GeneSets(library)
    types, tissues = zip(*map(TABLES[library], sets), strict=True)
    columns = {"cell_type": types, "tissue": tissues, "organism": "human", "n_genes": sets.sizes}
    return pd.DataFrame(columns, index=pd.Index(sets.names, name="set"))


def _of_c8(name: str) -> tuple[str, str]:
    prefix = max((study for study in STUDIES if name.startswith(study)), key=len)
    rest, tissue = name.removeprefix(prefix).lstrip("_"), STUDIES[prefix]
    if not tissue:
        first, _, rest = rest.partition("_")
        tissue = first.lower()
    words = re.sub("_CELLS$", "_CELL", CLUSTER.sub("", rest)).replace("_POS_", "+ ").replace("_NEG_", "- ")
    return words.replace("_", " ").lower(), tissue


def _of_textbook(name: str) -> tuple[str, str]:
    return name, catalogue()["tissue_markers"]["tissues"][name]


TABLES = {
    "tissue_markers": _of_textbook,
    "pbmc_markers": lambda name: (name, "blood"),
    "cell_types": _of_c8,
}
"""Functions that parse cell type and tissue from a set name."""
