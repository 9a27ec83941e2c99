"""What the trainings by Lightning share."""

import logging
import warnings
from itertools import islice

import pytest

pytest.importorskip("torch")

from typing import Never

from scgsfm.models.training._loop import InfiniteBatches, quiet


class Squares(InfiniteBatches[int]):
    def __init__(self, start: int) -> None:
        self.start = start

    def batch(self, step: int) -> int:
        return step**2


def test_batches_without_end_go_on_from_any_step() -> None:
    assert list(islice(Squares(0), 5)) == [0, 1, 4, 9, 16]
    assert list(islice(Squares(3), 2)) == [9, 16]


def test_lightning_is_quiet_inside_alone() -> Never:
    logger = logging.getLogger("pytorch_lightning")
    before = logger.level
    with pytest.raises(RuntimeError, match="broken"), quiet():
        assert logger.level == logging.WARNING
        with warnings.catch_warnings(record=True) as told:
            warnings.warn("The 'train_dataloader' does not have many workers", stacklevel=1)
            warnings.warn("another", stacklevel=1)
        raise RuntimeError("broken")
    assert logger.level == before
    assert [str(each.message) for each in told] == ["another"]
