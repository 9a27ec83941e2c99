from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


@pytest.fixture
def array_type(few_array_types: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
    """Three types of arrays: methods see blocks of the reader, which is tested on all types."""
    return few_array_types
