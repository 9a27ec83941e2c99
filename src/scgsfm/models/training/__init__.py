"""Training code shared by all models: the loop, the modules for Lightning, the learning rate, the settings."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._data_module import DataModule
    from ._loop import checkpoints, fit, make_trainer, quiet
    from ._progress_report import ProgressReport
    from ._training_module import TrainingModule, decay_groups

__all__ = [
    "DataModule",
    "ProgressReport",
    "TrainingModule",
    "checkpoints",
    "decay_groups",
    "fit",
    "make_trainer",
    "quiet",
]

_MODULES = {
    "DataModule": "_data_module",
    "ProgressReport": "_progress_report",
    "TrainingModule": "_training_module",
    "decay_groups": "_training_module",
}
"""Names outside ``_loop``, by module; all are loaded when used, because Lightning takes seconds."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f".{_MODULES.get(name, '_loop')}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
