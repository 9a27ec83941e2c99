"""Checks that the settings of all trainings share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from scgsfm.models.training._config_checks import check_settings


@dataclass(frozen=True)
class Settings:
    kind: Literal["a", "b"] = "a"
    steps: int = 3
    dropout: float = 0.0
    rate: float = 0.1

    def __post_init__(self) -> None:
        check_settings(self, least={"steps": 1, "dropout": 0}, below={"dropout": 1}, positive=("rate",))


def test_settings_within_their_ranges() -> None:
    assert Settings("b", steps=1, dropout=0.99, rate=1e-9).kind == "b"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "c"}, r"^kind='c' must be one of 'a', 'b'\.$"),
        ({"steps": 2.5}, r"^steps=2\.5 must be an integer\.$"),
        ({"steps": 0}, r"^steps=0 must be at least 1\.$"),
        ({"dropout": 1.0}, r"^dropout=1\.0 must be below 1\.$"),
        ({"dropout": float("nan")}, "must be at least 0"),
        ({"rate": 0}, r"^rate=0 must be above 0\.$"),
    ],
)
def test_refused(given: dict[str, float | str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**given)
