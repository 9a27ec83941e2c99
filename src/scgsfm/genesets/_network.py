"""Signed, weighted networks by name: pathway responses and targets of transcription factors."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from scgsfm._messages import similar_names, suggestion

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from ._normalize import GeneSetArrays

_DATA = files("scgsfm") / "data" / "networks"

DOWNLOADED: Final[dict[str, dict[str, Any]]] = {
    "collectri": {
        "title": "Signed targets of transcription factors, collected from 12 resources (Müller-Dott et al., 2023)",
        "source": "CollecTRI",
        "version": "Zenodo 8192729",
        "licence": "freely available (authors); each of its resources has its own terms",
        "url": "https://zenodo.org/records/8192729/files/CollecTRI_regulons.csv?download=1",
        "signed": True,
    }
}
"""Networks that are downloaded when they are first used."""
_COLUMNS: Final = ("source", "target", "weight")


@cache
def networks_catalogue() -> dict[str, dict[str, Any]]:
    """Networks by name: title, source, version, license, counts; the embedded ones first."""
    embedded: dict[str, dict[str, Any]] = json.loads((_DATA / "networks.json").read_text(encoding="utf-8"))
    return {
        **{name: about | {"embedded": True} for name, about in embedded.items()},
        **{name: about | {"embedded": False} for name, about in DOWNLOADED.items()},
    }


def is_network(name: str) -> bool:
    """Whether ``name`` is a network; case does not matter."""
    return plain_name(name) in networks_catalogue()


def read_network(name: str) -> pd.DataFrame:
    """Edges of a network: ``source``, ``target``, ``weight`` and, if known, ``pvalue``."""
    if not isinstance(name, str):
        msg = (
            f"`name` is a {type(name).__name__}, but must be the name of a network: {', '.join(networks_catalogue())}."
        )
        raise TypeError(msg)
    key = plain_name(name)
    if key in DOWNLOADED:
        return _download(key)
    if key not in networks_catalogue():
        close = suggestion([repr(other) for other in similar_names(key, networks_catalogue(), cutoff=0.5)])
        msg = f"There is no network {name!r}.{close} Networks: {', '.join(networks_catalogue())}."
        raise ValueError(msg)
    import pandas as pd

    with (_DATA / f"{key}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        sources = np.array(stored["sources"].tobytes().decode().split("\n"), dtype=object)
        genes = np.array(stored["genes"].tobytes().decode().split("\n"), dtype=object)
        columns = {
            "source": np.repeat(sources, stored["sizes"]),
            "target": genes[stored["targets"]],
            "weight": stored["weights"].astype(np.float64),
        }
        if "pvalues" in stored.files:
            columns["pvalue"] = stored["pvalues"].astype(np.float64)
    return pd.DataFrame(columns)


def network_sets(name: str) -> tuple[GeneSetArrays, dict[str, str]]:
    """A network as weighted gene sets, a set per source, and information about it."""
    from ._from_frame import parse_frame
    from ._normalize import normalize

    key = plain_name(name)
    arrays = normalize(parse_frame(read_network(key)[list(_COLUMNS)]))
    return arrays, {"name": key} | {k: v for k, v in networks_catalogue()[key].items() if isinstance(v, str)}


def plain_name(name: str) -> str:
    """The name of a library or network without differences in case, spaces and hyphens."""
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def _download(name: str) -> pd.DataFrame:
    from scgsfm._fetch import fetch
    from scgsfm._logging import logger

    about = DOWNLOADED[name]
    logger.info("%s: license: %s", about["source"], about["licence"])
    file = fetch([about["url"]], f"networks/{name}.csv")
    return _read_table(file, about["url"])


def _read_table(file: Path, url: str) -> pd.DataFrame:
    """A downloaded table of edges, each once."""
    import pandas as pd

    try:
        table = pd.read_csv(file)
        table = table[list(_COLUMNS)].dropna()
        table["weight"] = pd.to_numeric(table["weight"])
    except (ValueError, KeyError) as error:
        msg = f"{file} is not a table with {', '.join(_COLUMNS)}: {error}. Delete it to download it again from {url}."
        raise ValueError(msg) from error
    return table.drop_duplicates(["source", "target"]).reset_index(drop=True)
