"""The decoder in plain torch beside that of transformers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
import torch

from scgsfm.models.r3lm._decoder import Decoder, DecoderConfig, Regressor

if TYPE_CHECKING:
    from typing import Any

CONFIG = DecoderConfig(19, hidden_size=16, intermediate_size=24, num_hidden_layers=2, head_dim=6)
END = 2


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    made = Decoder(CONFIG)
    for weights in made.parameters():
        torch.nn.init.normal_(weights, std=0.5)
    return made.eval()


@pytest.fixture
def prompts() -> tuple[torch.Tensor, torch.Tensor]:
    """Ids padded at the right, and their lengths."""
    ids = torch.randint(3, 19, (4, 7), generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([7, 3, 5, 1])
    return ids.masked_fill(torch.arange(7) >= lengths[:, None], 1), lengths


@torch.inference_mode()
def slow_continuation(decoder: Decoder, prompt: list[int], n: int, allowed: torch.Tensor) -> list[int]:
    """Token by token, the whole text read anew each time."""
    out: list[Any] = []
    for _ in range(n):
        states = decoder(torch.tensor([prompt + out]))
        out.append(int(decoder.logits(states)[0, -1].masked_fill(~allowed, -torch.inf).argmax()))
        if out[-1] == END:
            break
    return out + [END] * (n - len(out))


def test_states_are_those_of_transformers(decoder: Decoder, prompts: tuple[torch.Tensor, torch.Tensor]) -> None:
    transformers = pytest.importorskip("transformers")
    settings = asdict(CONFIG)
    theta = settings.pop("rope_theta")
    rope = {"rope_theta": theta, "rope_parameters": {"rope_type": "default", "rope_theta": theta}}
    peer = transformers.Qwen3Model(transformers.Qwen3Config(**settings, **rope)).eval()
    peer.load_state_dict(decoder.state_dict())
    ids, lengths = prompts
    with torch.inference_mode():
        found = decoder(ids)
        expected = peer(input_ids=ids, attention_mask=(torch.arange(7) < lengths[:, None]).long()).last_hidden_state
    for row, n in enumerate(lengths):
        torch.testing.assert_close(found[row, :n], expected[row, :n], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("free", [True, False])
def test_generation_with_a_cache(decoder: Decoder, prompts: tuple[torch.Tensor, torch.Tensor], free: bool) -> None:
    ids, lengths = prompts
    allowed = torch.ones(4, 19, dtype=torch.bool)
    if not free:
        allowed[:, 5:] = False
        allowed[1, 2:4] = False
    found = decoder.generate(ids, lengths, end=END, max_new=9, allowed=None if free else allowed)
    for row, n in enumerate(lengths.tolist()):
        assert found[row].tolist() == slow_continuation(decoder, ids[row, :n].tolist(), 9, allowed[row])
    assert free or (found < 5).all()


def test_regressor_reads_the_last_token_that_is_no_padding(
    decoder: Decoder, prompts: tuple[torch.Tensor, torch.Tensor]
) -> None:
    torch.manual_seed(0)
    regressor = Regressor(decoder, CONFIG.hidden_size).eval()
    ids, lengths = prompts
    with torch.inference_mode():
        together = regressor(ids, lengths)
        alone = torch.cat([regressor(ids[i : i + 1, :n], lengths[i : i + 1]) for i, n in enumerate(lengths)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    assert together.std() > 0
