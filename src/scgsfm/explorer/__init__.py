"""A local page to explore cells, gene sets and genes in a browser. The page needs the extra ``explore``."""

from ._cell_image import CellImage
from ._explore import Explorer, explore
from ._guard import Guard
from ._own_data import OwnData
from ._query import Query, read_query, split_names
from ._state import State
from ._workspace import Workspace

__all__ = [
    "CellImage",
    "Explorer",
    "Guard",
    "OwnData",
    "Query",
    "State",
    "Workspace",
    "explore",
    "read_query",
    "split_names",
]
