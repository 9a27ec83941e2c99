"""A causal language model of the Qwen3 architecture, with the state dictionary of ``transformers``' ``Qwen3Model``."""

# In plain torch, because it generates traces faster than transformers' Qwen3 with the same weights (same traces; 1 card: 9
# against 18 ms of CPU time, 256 cards: 1.1 against 1.8 s), and models with a small one need no further library.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention, silu


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of a decoder, named as in ``transformers``' ``Qwen3Config``."""

    vocab_size: int
    hidden_size: int = 128
    intermediate_size: int = 384
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 32
    rope_theta: float = 10_000.0
    rms_norm_eps: float = 1e-6


class Cache:
    """Keys and values of one layer: rows × heads × positions × width."""

    def __init__(self, keys: Tensor, values: Tensor, room: int) -> None:
        self.keys, self.values = (pad(part, (0, 0, 0, room)) for part in (keys, values))

    def put(self, keys: Tensor, values: Tensor, positions: Tensor) -> None:
        """Write one token of each row."""
        rows = torch.arange(len(positions), device=positions.device)
        self.keys[rows, :, positions] = keys[:, :, 0]
        self.values[rows, :, positions] = values[:, :, 0]


class RMSNorm(nn.Module):
    """Normalization by the root mean square."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        """The normalized rows."""
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps))


class Attention(nn.Module):
    """Grouped-query attention with normalized queries and keys and rotary position embedding."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        width, head = config.hidden_size, config.head_dim
        self.head, self.theta = head, config.rope_theta
        self.q_proj = nn.Linear(width, config.num_attention_heads * head, bias=False)
        self.k_proj = nn.Linear(width, config.num_key_value_heads * head, bias=False)
        self.v_proj = nn.Linear(width, config.num_key_value_heads * head, bias=False)
        self.o_proj = nn.Linear(config.num_attention_heads * head, width, bias=False)
        self.q_norm, self.k_norm = RMSNorm(head, config.rms_norm_eps), RMSNorm(head, config.rms_norm_eps)

    def forward(self, x: Tensor, positions: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor, Tensor]:
        """The output, and the keys and values of the given tokens; with a cache, one token of each row."""
        query, key, value = (
            layer(x).unflatten(-1, (-1, self.head)).transpose(1, 2) for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = self._rotate(self.q_norm(query), positions), self._rotate(self.k_norm(key), positions)
        if cache is None:
            y = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        else:
            cache.put(key, value, positions[:, 0])
            mask = torch.arange(cache.keys.shape[2], device=x.device) <= positions
            y = scaled_dot_product_attention(
                query, cache.keys, cache.values, attn_mask=mask[:, None, None], enable_gqa=True
            )
        return self.o_proj(y.transpose(1, 2).flatten(2)), key, value

    def _rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """Rotary position embedding: the halves of a head are rotated by angles proportional to the position."""
        half = self.head // 2
        frequency = self.theta ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
        angle = (positions[..., None] * frequency)[:, None]
        cos, sin = angle.cos(), angle.sin()
        first, second = x[..., :half], x[..., half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class FeedForward(nn.Module):
    """A SwiGLU layer."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer to each token."""
        out: Tensor = self.down_proj(silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Layer(nn.Module):
    """Attention and feed-forward layer, each with a residual connection."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(config), FeedForward(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, positions: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor, Tensor]:
        """The output, and the keys and values of the given tokens."""
        y, key, value = self.self_attn(self.input_layernorm(x), positions, cache)
        x = x + y
        return x + self.mlp(self.post_attention_layernorm(x)), key, value


class Decoder(nn.Module):
    """Hidden states from right-padded token ids (rows × tokens); the output layer shares the embedding."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, ids: Tensor) -> Tensor:
        """Hidden states, rows × tokens × width."""
        return self._states(ids, torch.arange(ids.shape[1], device=ids.device).expand_as(ids))[0]

    def logits(self, states: Tensor) -> Tensor:
        """Logits of the next token."""
        return states @ self.embed_tokens.weight.T

    def _states(self, ids: Tensor, positions: Tensor, caches: list[Cache] | None = None) -> tuple[Tensor, list[Any]]:
        x, pairs = self.embed_tokens(ids), []
        for i, layer in enumerate(self.layers):
            x, *pair = layer(x, positions, caches[i] if caches else None)
            pairs.append(pair)
        return self.norm(x), pairs

    @torch.inference_mode()
    def generate(
        self,
        ids: Tensor,
        lengths: Tensor,
        *,
        end: int,
        max_new: int,
        allowed: Tensor | None = None,
        temperature: float = 0,
        top_p: float = 1,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Continuation of each row, greedy or sampled: rows × ``max_new``, padded with ``end``.

        Parameters
        ----------
        ids
            Prompts, padded at the right.
        lengths
            Number of tokens of each prompt.
        end
            The token that ends a text.
        max_new
            Maximal number of tokens.
        allowed
            Rows × vocabulary: tokens that a row may contain.
        temperature, top_p, generator
            Sample from the most likely tokens, whose probabilities sum to ``top_p``; greedy at temperature 0.
        """
        positions = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        states, pairs = self._states(ids, positions)
        caches = [Cache(key, value, max_new) for key, value in pairs]
        states = states[torch.arange(len(ids), device=ids.device), lengths - 1]
        done = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        out = torch.full((len(ids), max_new), end, device=ids.device)
        for step in range(max_new):
            logits = self.logits(states)
            if allowed is not None:
                logits = logits.masked_fill(~allowed, -torch.inf)
            token = _drawn(logits / temperature, top_p, generator) if temperature else logits.argmax(-1)
            token = token.masked_fill(done, end)
            out[:, step] = token
            done |= token == end
            if done.all():
                break
            found, _ = self._states(token[:, None], (lengths + step)[:, None], caches)
            states = found[:, 0]
        return out


def _drawn(logits: Tensor, top_p: float, generator: torch.Generator | None) -> Tensor:
    p, order = logits.softmax(-1).sort(-1, descending=True)
    p = p.masked_fill(p.cumsum(-1) - p >= top_p, 0)
    return order.gather(-1, torch.multinomial(p, 1, generator=generator))[:, 0]


class Regressor(nn.Module):
    """A decoder with a regression head: LayerNorm and a linear layer on the last token before the padding."""

    def __init__(self, decoder: nn.Module, width: int) -> None:
        super().__init__()
        self.text_model, self.reg_norm, self.reg_head = decoder, nn.LayerNorm(width), nn.Linear(width, 1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One number for each row."""
        return self.read(self.text_model(ids), lengths)

    def read(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Apply the head to the last token of each row."""
        last = states[torch.arange(len(states), device=states.device), lengths - 1]
        out: Tensor = self.reg_head(self.reg_norm(last.float()))[:, 0]
        return out
