from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scgsfm.models.gsfm import TrainConfig, build_module

if TYPE_CHECKING:
    from typing import Any


def test_settings_make_a_model() -> None:
    config = TrainConfig(d_model=8, depth=3, neighbours=4, recall=7, recall_weight=0.3)
    module = build_module(config.model(20))
    assert module.encoder.layers[0].weight.shape == (20, 32)
    assert module.neighbours.indices.shape == (20, 4)
    assert module.input_norm == "l2"
    assert (module.recall, module.recall_weight) == (7, 0.3)
    assert "neighbours" not in TrainConfig(neighbours=0).model(20)


def test_settings_are_json() -> None:
    config = TrainConfig(visible=(0.2, 0.5), group_weights={"a": 0.5})
    settings = json.loads(json.dumps(config.as_dict()))
    assert settings == config.as_dict()
    assert TrainConfig(**settings | {"visible": tuple(settings["visible"])}) == config


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"variant": "AE"}, "variant='AE' must be one of 'DAE', 'VAE'"),
        ({"objective": "softmax"}, "objective='softmax' must be one of 'multinomial', 'bernoulli'"),
        ({"input_norm": "l1"}, "input_norm='l1' must be one of"),
        ({"weighted_loss": None}, "weighted_loss=None must be one of"),
        ({"depth": 0}, "depth=0 must be at least 1"),
        ({"steps": 10.5}, "steps=10.5 must be an integer"),
        ({"dropout": 1.0}, "dropout=1.0 must be below 1"),
        ({"dropout": -0.1}, "dropout=-0.1 must be at least 0"),
        ({"temper": float("nan")}, "temper=nan must be at least 0"),
        ({"learning_rate": 0}, "learning_rate=0 must be above 0"),
        ({"visible": (0.0, 0.5)}, "visible=.* must be two shares"),
        ({"visible": (0.6, 0.5)}, "visible=.* must be two shares"),
        ({"partition": 0.2}, "partition=0.2 requires objective='bernoulli'"),
        ({"objective": "bernoulli", "weighted_loss": "unseen"}, "weighted_loss='unseen' requires a partition above 0"),
        ({"variant": "VAE"}, "input_norm='l2' is for the DAE; give 'none' for the VAE"),
        ({"variant": "EDAE", "input_norm": "none"}, "neighbours=128 is for the DAE; give 0 for the EDAE"),
        ({"variant": "VAE", "input_norm": "none", "neighbours": 0}, "recall=100 is for the DAE; give 0 for the VAE"),
        ({"group_weights": {"a": -1.0}}, "group_weights=.* must contain weights of at least 0"),
        ({"neighbour_groups": {"a": float("nan")}}, "neighbour_groups=.* must contain weights of at least 0"),
    ],
)
def test_bad_settings(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        TrainConfig(**settings)
