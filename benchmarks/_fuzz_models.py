"""Directories of models with random faults, for `fuzz.py`: those that load must work.

An input is a text that seeds the changes of one valid directory: of its configuration, the header and the values of its
weights, its vocabulary and its card. So inputs are short, and most directories differ in one place only.
"""

from __future__ import annotations

import json
import random
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


CONFIG, WEIGHTS, VOCAB, CARD = "config.json", "model.safetensors", "vocab.txt", "card.json"
VALUES: list[Any] = [
    *(0, 1, 2, 3, 4, 5, 8, 16, 63, 64, 65, -1, 2**24, 2**31, 2**63, 10**30, 0.5, 1e-320, 1e308, -0.0),
    *(True, False, None, "", "none", "l2", "gsfm", "gpgpt", "r3lm", "jaspar2024", "jaspar2026", "silu", [], {}),
    *([1], [1, 2], [[0.0, 1.0]], [None], "float16", "\x00", "a b"),
]
DTYPES = ["F32", "F16", "BF16", "F64", "I8", "U8", "I16", "I32", "I64", "BOOL", "F8_E4M3", "X"]
WEIGHT_VALUES = [0.0, -0.0, 1e-42, 1e3, -1e3, 1e10, 1e30, 3e38, float("inf"), float("nan")]


class Directories:
    """Valid directories of small models, written by the package once, and one that is changed by each input."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.path, self.kind = folder / kind, kind
        WRITERS[kind](self.path)
        # by name: an input changes the same file everywhere
        files = sorted(self.path.iterdir())
        self.files = {file.name: file.read_bytes() for file in files if file.name != "checksums.json"}
        (self.path / "checksums.json").unlink(missing_ok=True)
        self.changed: set[str] = set()

    def __call__(self, data: bytes) -> None:
        """Change the directory, load the model and use it."""
        from scgsfm import models

        rng = random.Random(data)  # noqa: S311
        for name in self.changed:
            (self.path / name).write_bytes(self.files[name])
        self.changed = set()
        for name in rng.choices([*self.files], k=rng.choice([0, 1, 1, 1, 1, 2, 3])):
            changed = self._changed(name, self.files[name], rng)
            (self.path / name).write_bytes(changed)
            self.changed.add(name)
        use(models.load(self.path))

    @staticmethod
    def _changed(name: str, content: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.1:
            return changed_bytes(content, rng)
        if name.endswith(".json"):
            return json.dumps(changed_json(json.loads(content), rng)).encode()
        if name.endswith(".safetensors"):
            return changed_weights(content, rng)
        lines = content.decode().split("\n")
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(4)
        if kind == 0:
            lines[i], lines[j] = lines[j], lines[i]
        elif kind == 1:
            lines[i] = lines[j]
        elif kind == 2:
            lines[i] = rng.choice(["", "x", "FBN1", "\u2028", "<pad>", " ", "a\tb", "é", "A" * 300])
        else:
            del lines[i]
        return "\n".join(lines).encode()


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    """Other bytes, or fewer."""
    data = bytearray(content)
    if rng.random() < 0.4:
        return bytes(data[: rng.randrange(len(data) + 1)])
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def changed_json(value: Any, rng: random.Random) -> Any:
    """One value of a JSON document replaced, left out or added, at any depth."""
    if isinstance(value, dict) and value:
        key = rng.choice([*value])
        kind = rng.randrange(8)
        if kind == 0:
            return {name: each for name, each in value.items() if name != key}
        if kind == 1:
            return value | {rng.choice(["new", key + "_", "depth", "architectures"]): rng.choice(VALUES)}
        return value | {key: changed_json(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        i = rng.randrange(len(value))
        return [*value[:i], changed_json(value[i], rng), *value[i + 1 :]]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.5:
        return rng.choice([value + 1, value - 1, value * 2, -value, float(value), value / 2])
    return rng.choice(VALUES)


def changed_weights(content: bytes, rng: random.Random) -> bytes:
    """Another header, or another value of a tensor."""
    n = struct.unpack("<Q", content[:8])[0]
    header, values = json.loads(content[8 : 8 + n]), bytearray(content[8 + n :])
    if rng.random() < 0.5:
        # the last weights are those of the last tensor, which may be of any type
        i = 4 * rng.randrange(len(values) // 4)
        values[i : i + 4] = struct.pack("<f", rng.choice(WEIGHT_VALUES))
        return content[: 8 + n] + bytes(values)
    name = rng.choice([key for key in header if key != "__metadata__"])
    kind = rng.randrange(6)
    if kind == 0:
        header[name]["dtype"] = rng.choice(DTYPES)
    elif kind == 1:
        header[name]["shape"] = header[name]["shape"][::-1]
    elif kind == 2:
        header[name]["shape"] = changed_json(header[name]["shape"], rng)
    elif kind == 3:
        header[name]["data_offsets"] = changed_json(header[name]["data_offsets"], rng)
    elif kind == 4:
        header[rng.choice(["new", name + ".scale", "bias"])] = header.pop(name)
    else:
        del header[name]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(values)


def use(model: Any) -> None:
    """Raise AssertionError unless the results of a model are finite."""
    import numpy as np

    if model.kind == "gsfm":
        genes = model.genes[2:4]
        found = [model.logits([genes, []]), model.encode([genes]), model.gene_embeddings("combined")]
        found += [model.probabilities(found[0]), model.probabilities(found[0], [2, 0])]
    elif model.kind == "gpgpt":
        found = [model.score("Which?", ["genes", "phenotypes"]), model.embed_entities(["FBN1", "x"])]
    elif model.kind == "r3lm":
        found = [model.predict(["ACGTTGCA" * 25])]
    else:
        from scgsfm.regulatory import build_cards

        found = [model.predict(build_cards(["ACGTTGCA" * 5], "K562", model._motifs, fimo=False))]
    for each in found:
        assert np.isfinite(each).all(), f"{model.kind}: not finite"


def _random(module: Any, std: float = 0.3) -> dict[str, Any]:
    import torch

    torch.manual_seed(0)
    for weights in module.parameters():
        torch.nn.init.normal_(weights, std=std)
    return {key: value.numpy() for key, value in module.state_dict().items()}


def write_gsfm(path: Path) -> None:
    """A GSFM of seven genes, with all that a configuration can name."""
    from scgsfm.models._serialization import write_folder
    from scgsfm.models.gsfm import build_module

    vocab = ["<unk>", "<pad>", "CD3D", "CD3E", "CD79A", "MS4A1", "LYZ"]
    config = {"vocab_size": len(vocab), "d_model": 4, "depth": 2, "dropout": 0.2, "weighted_loss": "none"}
    by_size = {"slope": 0.3, "log_size": 2.3, "slope_log_size": 0.1, "entropy": -0.6, "intercept": -2.8}
    calibration = {"slope": 0.9, "intercept": 3.8, "by_size": by_size}
    write_folder(path, config, _random(build_module(config)), vocab, {"license": "CC0", "calibration": calibration})


def write_gpgpt(path: Path) -> None:
    """A GP-GPT of one layer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from scgsfm.models._serialization import write_folder
    from scgsfm.models.gpgpt import pack
    from scgsfm.models.gpgpt._tokenizer import train_tokenizer

    tokenizer = train_tokenizer(["Which genes cause it? genes phenotypes fibrillin"] * 3, vocab_size=290)
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    module = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes, tie_word_embeddings=True))
    _random(module)
    write_folder(path, *pack(module, tokenizer), {"license": "CC0"})


def write_r3lm(path: Path) -> None:
    """An R3LM of two networks and two layers."""
    from scgsfm.models._serialization import write_folder
    from scgsfm.models.r3lm import build_module
    from scgsfm.models.r3lm._tokenizer import Tokens
    from scgsfm.motifs import Motifs
    from scgsfm.regulatory import N_COMPOSITION

    motifs, cells, scored = Motifs.embedded("jaspar2026"), ["HepG2", "K562"], ["MA0114.5", "MA0035.5"]
    tokens = Tokens(cells, motifs.names)
    activity: dict[str, Any] = {"n_outputs": 2, "n_features": len(scored) + len(motifs) + N_COMPOSITION}
    activity |= {"networks": 2, "stem": 4, "widths": [4], "kernels": [3], "repeats": [1], "hidden": 4}
    decoder = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = {
        "model_type": "r3lm",
        "vocab_size": len(tokens),
        "cell_types": cells,
        "motifs": "jaspar2026",
        "scored": scored,
        "units": [[-0.2, 0.7], [0.1, 1.5]],
        "levels": [[-0.7, -0.3, 0.2], [-0.5, 0.0, 0.5]],
        "activity": activity | {"card_hidden": [4, 4]},
        "decoder": decoder | {"num_key_value_heads": 1, "head_dim": 4},
    }
    write_folder(path, config, _random(build_module(config)), tokens.vocab, {"license": "CC0"})


def write_language_model(path: Path) -> None:
    """A Qwen3 with the vocabulary of R3LM and a regression head, in the layout of transformers."""
    import safetensors.torch
    import torch

    from scgsfm.models.r3lm import DecoderConfig
    from scgsfm.models.r3lm._backbone import new_small
    from scgsfm.models.r3lm._tokenizer import Tokens

    tokens = Tokens(["HepG2", "K562"], ["GATA1", "HNF4A"])
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    module = new_small(tokens, DecoderConfig(len(tokens), **sizes, num_key_value_heads=1, head_dim=4))
    _random(module)
    module.save_pretrained(path)
    (path / VOCAB).write_text("".join(f"{token}\n" for token in tokens.vocab), encoding="utf-8")
    (path / "r3lm.json").write_text(
        json.dumps(
            {
                "cell_types": ["HepG2", "K562"],
                "units": [[0.0, 1.0], [0.5, 2.0]],
                "config": {"style": "scgsfm", "mode": "card"},
            }
        )
    )
    head = {"reg_head.weight": torch.ones(1, 8) / 4, "reg_head.bias": torch.zeros(1)}
    norm = {"reg_norm.weight": torch.ones(8), "reg_norm.bias": torch.ones(8)}
    safetensors.torch.save_file(head | norm, path / "regression_head.safetensors")


WRITERS: dict[str, Callable[[Path], None]] = {
    "gsfm": write_gsfm,
    "gpgpt": write_gpgpt,
    "r3lm": write_r3lm,
    "language_model": write_language_model,
}


def parsers(folder: Path) -> dict[str, Callable[[bytes], object]]:
    """A parser for each kind of directory, which writes it when it is first called."""
    made: dict[str, Directories] = {}

    def parser(kind: str) -> Callable[[bytes], object]:
        def parse(data: bytes) -> None:
            if kind not in made:
                made[kind] = Directories(folder, kind)
            made[kind](data)

        return parse

    return {f"{kind}_directory": parser(kind) for kind in WRITERS}
