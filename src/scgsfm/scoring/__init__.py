"""Gene-set scores of cells: the methods, the engine that reads cells in blocks, and the plan of a run."""

from ._contributions import Contributions, contributions, n_detected, n_detected_genes
from ._gene_value_index import INDEXED, GeneValueIndex
from ._plan import Plan, Task, plan
from ._run import Job, Result, run, run_into, run_lazily
from ._score_threshold import score_threshold
from ._set_index import SetIndex
from ._smooth import Smoothing
from .engine import BlockReader, ValueScale, value_scale
from .methods import Method, get_method

__all__ = [
    "INDEXED",
    "BlockReader",
    "Contributions",
    "GeneValueIndex",
    "Job",
    "Method",
    "Plan",
    "Result",
    "SetIndex",
    "Smoothing",
    "Task",
    "ValueScale",
    "contributions",
    "get_method",
    "n_detected",
    "n_detected_genes",
    "plan",
    "run",
    "run_into",
    "run_lazily",
    "score_threshold",
    "value_scale",
]
