"""A causal language model of the Qwen3 architecture in plain torch, so that a small one needs no further library.

The keys of a state dictionary are those of ``transformers``' ``Qwen3Model``, whose weights it takes over as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of a decoder, named as in the configuration of ``transformers``' Qwen3."""

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
    """Keys and values of one layer: rows × heads × places × width."""

    def __init__(self, keys: Tensor, values: Tensor, room: int) -> None:
        self.keys, self.values = (F.pad(part, (0, 0, 0, room)) for part in (keys, values))

    def put(self, keys: Tensor, values: Tensor, places: Tensor) -> None:
        """Write one token a row."""
        rows = torch.arange(len(places), device=places.device)
        self.keys[rows, :, places] = keys[:, :, 0]
        self.values[rows, :, places] = values[:, :, 0]


class RMSNorm(nn.Module):
    """Divides by the root mean square."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        """The normalised rows."""
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps))


class Attention(nn.Module):
    """Grouped-query attention with normalised queries and keys and rotary places."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        width, head = config.hidden_size, config.head_dim
        self.head, self.theta = head, config.rope_theta
        self.q_proj = nn.Linear(width, config.num_attention_heads * head, bias=False)
        self.k_proj = nn.Linear(width, config.num_key_value_heads * head, bias=False)
        self.v_proj = nn.Linear(width, config.num_key_value_heads * head, bias=False)
        self.o_proj = nn.Linear(config.num_attention_heads * head, width, bias=False)
        self.q_norm, self.k_norm = RMSNorm(head, config.rms_norm_eps), RMSNorm(head, config.rms_norm_eps)

    def forward(self, x: Tensor, places: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor, Tensor]:
        """The output, and the keys and values of the tokens given; with a cache these are one token a row."""
        query, key, value = (
            layer(x).unflatten(-1, (-1, self.head)).transpose(1, 2) for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = self._turned(self.q_norm(query), places), self._turned(self.k_norm(key), places)
        if cache is None:
            y = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        else:
            cache.put(key, value, places[:, 0])
            seen = torch.arange(cache.keys.shape[2], device=x.device) <= places
            y = F.scaled_dot_product_attention(
                query, cache.keys, cache.values, attn_mask=seen[:, None, None], enable_gqa=True
            )
        return self.o_proj(y.transpose(1, 2).flatten(2)), key, value

    def _turned(self, x: Tensor, places: Tensor) -> Tensor:
        """Rotary embedding: the halves of a head are turned by angles that grow with the place."""
        half = self.head // 2
        frequency = self.theta ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
        angle = (places[..., None] * frequency)[:, None]
        cos, sin = angle.cos(), angle.sin()
        first, second = x[..., :half], x[..., half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class FeedForward(nn.Module):
    """A gated layer."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The layer on each token."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Attention and feed-forward, each added to what came in."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(config), FeedForward(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, places: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor, Tensor]:
        """The output, and the keys and values of the tokens given."""
        y, key, value = self.self_attn(self.input_layernorm(x), places, cache)
        x = x + y
        return x + self.mlp(self.post_attention_layernorm(x)), key, value


class Decoder(nn.Module):
    """Token ids (rows × tokens, padded at the right) to hidden states; the output layer shares the embedding."""

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

    def _states(self, ids: Tensor, places: Tensor, caches: list[Cache] | None = None) -> tuple[Tensor, list]:
        x, pairs = self.embed_tokens(ids), []
        for i, layer in enumerate(self.layers):
            x, *pair = layer(x, places, caches[i] if caches else None)
            pairs.append(pair)
        return self.norm(x), pairs

    @torch.inference_mode()
    def generate(
        self, ids: Tensor, lengths: Tensor, *, end: int, max_new: int, allowed: Tensor | None = None
    ) -> Tensor:
        """The most likely continuation of each row, token by token: rows × ``max_new``, filled up with ``end``.

        Parameters
        ----------
        ids
            Prompts, padded at the right.
        lengths
            Tokens of each prompt.
        end
            The token that ends a text.
        max_new
            At most so many tokens.
        allowed
            Rows × vocabulary: tokens that a row may hold.
        """
        places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        states, pairs = self._states(ids, places)
        caches = [Cache(key, value, max_new) for key, value in pairs]
        states = states[torch.arange(len(ids), device=ids.device), lengths - 1]
        done = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        out = torch.full((len(ids), max_new), end, device=ids.device)
        for step in range(max_new):
            logits = self.logits(states)
            if allowed is not None:
                logits = logits.masked_fill(~allowed, -torch.inf)
            token = logits.argmax(-1).masked_fill(done, end)
            out[:, step] = token
            done |= token == end
            if done.all():
                break
            found, _ = self._states(token[:, None], (lengths + step)[:, None], caches)
            states = found[:, 0]
        return out


class Regressor(nn.Module):
    """A decoder with a head: the last token that is no padding → LayerNorm → linear → a number."""

    def __init__(self, decoder: nn.Module, width: int) -> None:
        super().__init__()
        self.text_model, self.reg_norm, self.reg_head = decoder, nn.LayerNorm(width), nn.Linear(width, 1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One number a row."""
        return self.read(self.text_model(ids), lengths)

    def read(self, states: Tensor, lengths: Tensor) -> Tensor:
        """The head on the last token of each row."""
        last = states[torch.arange(len(states), device=states.device), lengths - 1]
        return self.reg_head(self.reg_norm(last.float()))[:, 0]
