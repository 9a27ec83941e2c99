"""Load models: embedded, from a directory, and from a hub, which is a local server."""

from __future__ import annotations

import json
import pickle
import re
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from scgsfm import models
from scgsfm._unfinished import check_finished, unfinished
from scgsfm.errors import ChecksumError, DownloadError, ModelFormatError
from scgsfm.models import _locate as _store
from scgsfm.models._serialization import check, check_language_model, read_folder, write_folder
from scgsfm.models.gsfm import build_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.conftest import Server

    from scgsfm.settings import Settings

GENES = ["A1BG", "STAT1", "HLA-DRA", "ISG15", "MT-CO1", "Ω-gene"]
VOCAB = ["<unk>", "<pad>", *GENES]
V, D = len(VOCAB), 4
CONFIG = {"vocab_size": V, "d_model": D, "depth": 2, "dropout": 0.2, "partition": 0, "weighted_loss": "none"}
SHAPES = {
    "encoder.layers.0.weight": (2 * D, V),
    "encoder.layers.0.bias": (2 * D,),
    "encoder.layers.3.weight": (D, 2 * D),
    "encoder.layers.3.bias": (D,),
    "decoder.layers.0.weight": (D, D),
    "decoder.layers.0.bias": (D,),
    "decoder.layers.3.weight": (V, D),
    "decoder.layers.3.bias": (V,),
}


@pytest.fixture
def tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {key: rng.normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}


@pytest.fixture
def official(tmp_path: Path, tensors: dict[str, np.ndarray]) -> Path:
    """A directory as the authors of GSFM publish it: no card, no checksums, bookkeeping keys."""
    folder = tmp_path / "official"
    folder.mkdir()
    bookkeeping = {"_instantiator": {"module": "lightning"}, "name": "GSFM_20250101", "file": "DAE.py"}
    (folder / "config.json").write_text(json.dumps(CONFIG | bookkeeping))
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.fixture
def ours(tmp_path: Path, tensors: dict[str, np.ndarray]) -> Path:
    """A directory as this package writes it."""
    folder = tmp_path / "ours"
    write_folder(folder, CONFIG, tensors, VOCAB, {"licence": "CC0", "seed": 7})
    return folder


def reference(tensors: dict[str, np.ndarray], genes: list[str]) -> np.ndarray:
    """Logits of one set by plain dense algebra."""
    x = np.zeros(V)
    x[[VOCAB.index(g) if g in VOCAB else 0 for g in genes]] = 1
    x[1] = 0
    for part in ("encoder", "decoder"):
        for layer in (0, 3):
            x = tensors[f"{part}.layers.{layer}.weight"] @ x + tensors[f"{part}.layers.{layer}.bias"]
            x = np.maximum(x, 0) if layer == 0 else x
    return x


@pytest.fixture
def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Serve a directory as a model of the hub."""
    monkeypatch.setattr(_store, "HUB", _store.HUB.replace("https://huggingface.co", server.url))

    def serve(folder: Path, name: str) -> None:
        for file in folder.iterdir():
            server.files[f"/{name}/resolve/main/{file.name}"] = file.read_bytes()

    return serve


@pytest.mark.parametrize("genes", [["STAT1", "ISG15"], ["unheard of", "A1BG"], []])
def test_official_folder(official: Path, tensors: dict[str, np.ndarray], genes: list[str]) -> None:
    model = models.load(official)
    assert model.genes == VOCAB
    assert model.dim == D
    assert model.name == str(official)
    np.testing.assert_allclose(model.logits([genes])[0], reference(tensors, genes), atol=1e-5)


def test_balanced_loss_keeps_its_counts(official: Path, tensors: dict[str, np.ndarray]) -> None:
    counts = np.arange(V, dtype=np.float32)
    (official / "config.json").write_text(json.dumps(CONFIG | {"weighted_loss": "balance"}))
    safetensors.numpy.save_file(tensors | {"bias": counts}, official / "model.safetensors")
    np.testing.assert_array_equal(models.load(official).module.state_dict()["bias"], counts)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read_as_float32(official: Path, tensors: dict[str, np.ndarray], dtype: Any) -> None:
    stored = {key: torch.from_numpy(value).to(dtype) for key, value in tensors.items()}
    safetensors.torch.save_file(stored, official / "model.safetensors")
    found = read_folder(official).tensors
    for key, value in stored.items():
        assert found[key].dtype == np.float32
        np.testing.assert_array_equal(found[key], value.float().numpy())


def test_vocabulary_written_on_windows(official: Path) -> None:
    (official / "vocab.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(VOCAB).encode() + b"\r\n\r\n")
    assert models.load(official).genes == VOCAB


def test_written_folder(ours: Path, tensors: dict[str, np.ndarray]) -> None:
    config, found, vocab, card = read_folder(ours)
    assert config == {"model_type": "gsfm"} | CONFIG
    assert vocab == VOCAB
    assert card == {"licence": "CC0", "seed": 7}
    assert models.load(ours).metadata == card
    for key, value in tensors.items():
        np.testing.assert_array_equal(found[key], value)
    assert sorted(p.name for p in ours.iterdir()) == [
        "card.json",
        "checksums.json",
        "config.json",
        "model.safetensors",
        "vocab.txt",
    ]
    assert (ours / "vocab.txt").read_text(encoding="utf-8").splitlines() == VOCAB


def test_writing_replaces(ours: Path, tensors: dict[str, np.ndarray]) -> None:
    write_folder(ours, CONFIG, {key: 2 * value for key, value in tensors.items()}, VOCAB, {})
    folder = read_folder(ours)
    np.testing.assert_array_equal(folder.tensors["decoder.layers.3.bias"], 2 * tensors["decoder.layers.3.bias"])
    assert folder.card == {}


def test_float16(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    tensors["encoder.layers.0.bias"][0] = 1e6
    write_folder(tmp_path / "m", CONFIG, tensors, VOCAB, {}, quantize="float16")
    found = read_folder(tmp_path / "m").tensors
    for key, value in tensors.items():
        np.testing.assert_allclose(found[key], value, rtol=2**-11 if value.ndim == 2 else 0)
    assert found["decoder.layers.3.weight"].dtype == np.float32


def test_float16_refuses_to_overflow(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    tensors["encoder.layers.0.weight"][0, 0] = 1e6
    with pytest.raises(ModelFormatError, match=r"encoder\.layers\.0\.weight contains values too large"):
        write_folder(tmp_path / "m", CONFIG, tensors, VOCAB, {}, quantize="float16")
    assert not (tmp_path / "m").exists()


def test_int8(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    tensors["encoder.layers.0.weight"][1] = 0
    write_folder(tmp_path / "m", CONFIG, tensors, VOCAB, {}, quantize="int8")
    stored = safetensors.numpy.load_file(tmp_path / "m" / "model.safetensors")
    assert stored["decoder.layers.3.weight"].dtype == np.int8
    found = read_folder(tmp_path / "m").tensors
    assert found.keys() == tensors.keys()
    for key, value in tensors.items():
        bound = np.abs(value).max(axis=1, keepdims=True) / 254 * (1 + 1e-5) if value.ndim == 2 else np.zeros(1)
        assert (np.abs(found[key] - value) <= bound).all()
    assert models.load(tmp_path / "m").logits([["STAT1"]])[0] == pytest.approx(reference(tensors, ["STAT1"]), abs=0.2)


def test_int8_by_hand(official: Path, tensors: dict[str, np.ndarray]) -> None:
    """``value = int8 × scale`` of the row; scales may be half precision."""
    key = "encoder.layers.3.weight"
    whole = np.arange(-16, 16, dtype=np.int8).reshape(D, 2 * D)
    scale = np.array([0.5, 1, 2, 0.25], dtype=np.float16)
    safetensors.numpy.save_file(tensors | {key: whole, f"{key}.scale": scale}, official / "model.safetensors")
    np.testing.assert_array_equal(read_folder(official).tensors[key], whole * scale[:, None].astype(float))
    safetensors.numpy.save_file(tensors | {key: whole}, official / "model.safetensors")
    with pytest.raises(ModelFormatError, match=r"encoder\.layers\.3\.weight\.scale is missing"):
        read_folder(official)
    safetensors.numpy.save_file(tensors | {key: whole, f"{key}.scale": scale[:1]}, official / "model.safetensors")
    with pytest.raises(ModelFormatError, match="one scale per row"):
        read_folder(official)


def test_unknown_quantization(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="quantize='int4' must be"):
        write_folder(tmp_path / "m", CONFIG, tensors, VOCAB, {}, quantize="int4")


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "model.safetensors"])
def test_missing_file(official: Path, name: str) -> None:
    (official / name).unlink()
    with pytest.raises(ModelFormatError, match=f"{name} is missing"):
        models.load(official)


def test_pickled_weights_are_refused(official: Path) -> None:
    (official / "model.safetensors").unlink()
    (official / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(ModelFormatError, match=r"pytorch_model\.bin is not read.*pickles.*safetensors"):
        models.load(official)


def edit(folder: Path, **changes: Any) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))


BROKEN = {
    "no JSON": (lambda f, t: (f / "config.json").write_text("<html>"), r"config\.json is not valid JSON"),
    "no object": (lambda f, t: (f / "config.json").write_text("[1]"), r"config\.json: must contain a JSON object"),
    "unknown kind": (
        lambda f, t: edit(f, model_type="bert"),
        r"config\.json: model_type is 'bert', expected one of gsfm",
    ),
    "unknown variant": (
        lambda f, t: edit(f, variant="XAE"),
        r"config\.json: it does not describe a valid model: .*XAE",
    ),
    "bad depth": (lambda f, t: edit(f, depth="two"), r"config\.json: depth is 'two', but the weights have"),
    "vocabulary": (
        lambda f, t: (f / "vocab.txt").write_text("\n".join(VOCAB[:-1])),
        r"vocab\.txt: found 7 tokens, but vocab_size in config\.json is 8",
    ),
    "no size": (lambda f, t: edit(f, vocab_size=None), "vocab_size in config.json is None"),
    "specials": (
        lambda f, t: (f / "vocab.txt").write_text("\n".join(VOCAB[::-1])),
        r"vocab\.txt: the first two tokens must be \('<unk>', '<pad>'\), found",
    ),
    "twice": (
        lambda f, t: (f / "vocab.txt").write_text("\n".join([*VOCAB[:-1], "STAT1"])),
        "duplicate tokens: STAT1",
    ),
    "missing key": (
        lambda f, t: t.pop("decoder.layers.3.bias"),
        r"model\.safetensors: decoder\.layers\.3\.bias is missing; found decoder\.layers\.0\.bias",
    ),
    "wrong shape": (
        lambda f, t: t.update({"encoder.layers.3.weight": np.zeros((3, 8), np.float32)}),
        r"model\.safetensors: encoder\.layers\.3\.weight has shape \(3, 8\), expected \(4, 8\)",
    ),
    "wrong width": (
        lambda f, t: edit(f, d_model=8),
        r"encoder\.layers\.0\.weight has shape \(8, 8\), expected \(16, 8",
    ),
    "extra key": (lambda f, t: t.update(mean=np.zeros(3, np.float32)), "tensors that the model .* does not have: mean"),
    "not finite": (
        lambda f, t: t["decoder.layers.0.bias"].fill(np.nan),
        r"decoder\.layers\.0\.bias contains infinite or NaN values",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_inconsistent_files_are_named(official: Path, tensors: dict[str, np.ndarray], case: str) -> None:
    change, message = BROKEN[case]
    change(official, tensors)
    safetensors.numpy.save_file(tensors, official / "model.safetensors")
    with pytest.raises(ModelFormatError, match=message) as error:
        models.load(official)
    assert str(official) in str(error.value)


@pytest.mark.parametrize("key", ["depth", "networks", "num_hidden_layers"])
@pytest.mark.parametrize("value", [10**6, 10**7, -1, 2.5, "3"])
def test_more_layers_than_tensors(official: Path, key: str, value: object) -> None:
    config = json.loads((official / "config.json").read_text())
    (official / "config.json").write_text(json.dumps(config | {"nested": {key: value}}))
    with pytest.raises(ModelFormatError, match=f"{key} is {value!r}, but the weights have"):
        models.load(official)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("d_model", 10**30, "a whole number from 1 to 16,777,216"),
        ("d_model", True, "a whole number"),
        ("recall", "many", "a whole number from 0"),
        ("dropout", float("nan"), "a number of at least 0 and below 1"),
        ("neighbour_floor", "low", "a number above 0"),
        ("input_norm", "l7", "one of 'none', 'l2'"),
    ],
)
def test_values_are_refused_by_name(official: Path, key: str, value: object, allowed: str) -> None:
    edit(official, **{key: value})
    with pytest.raises(ModelFormatError, match=rf"config\.json: .*{key} is {value!r}, but must be {allowed}"):
        models.load(official)


BAD_VALUES = {
    "gsfm-base": [
        ("blocks", 10**9, "but must be a whole number from 0"),
        ("width", -1, "but must be a whole number"),
    ],
    "gpgpt-mini": [
        ("llama.num_hidden_layers", 10**7, "but the weights have 56 tensors"),
        ("llama.rms_norm_eps", "x", "but must be a number above 0"),
        ("llama.rms_norm_eps", -1, "but must be a number above 0"),
        ("llama.rope_theta", "abc", "but must be a number above 0"),
        ("llama.num_attention_heads", 0, "but must be a whole number from 1"),
        ("llama.hidden_act", "zorg", "is not known here"),
        ("llama.dtype", "float99", "is not known here"),
        ("merges", "a b c", "but must be pairs of tokens, one a line"),
        ("llama", [1], "but must be an object"),
    ],
    "r3lm-mini": [
        ("activity.networks", 10**7, "but the weights have 175 tensors"),
        ("activity.repeats", [10**7, 1, 1], "but the weights have 175 tensors"),
        ("decoder.num_hidden_layers", 10**6, "but the weights have 175 tensors"),
        ("decoder.rope_theta", "x", "but must be a number above 0"),
        ("decoder.rms_norm_eps", float("inf"), "but must be a number above 0"),
        ("decoder.zebra", 1, "is not known here; the fields are hidden_size"),
        ("activity.pool", 0, "but must be a whole number from 1"),
        ("cell_types", ["a"], "has 1 entries, but activity.n_outputs is 3"),
        ("levels", 3, "but must be a list, each a list, each a number"),
    ],
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_values_of_other_models_are_refused_by_name(name: str) -> None:
    pytest.importorskip("transformers")
    content = read_folder(_store.EMBEDDED / name)
    for place, value, reason in BAD_VALUES[name]:
        config = json.loads(json.dumps(content.config))
        *parents, key = place.split(".")
        (config[parents[0]] if parents else config)[key] = value
        start = time.process_time()
        with pytest.raises(ModelFormatError, match=rf"{key} .*{re.escape(reason)}"):
            check(_store.EMBEDDED / name, content._replace(config=config))
        assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("rope_theta", "abc", "rope_theta is 'abc', but must be a number above 0"),
        ("rope_scaling", {"rope_type": "spiral"}, "rope_scaling.rope_type is 'spiral', but must be one of 'default'"),
        ("rms_norm_eps", float("nan"), "rms_norm_eps is nan, but must be a number above 0"),
        ("torch_dtype", "float99", "torch_dtype is 'float99', but must be one of 'auto', 'float32'"),
        ("hidden_act", "zorg", "hidden_act is 'zorg', but must be one of"),
        ("num_hidden_layers", 10**7, "num_hidden_layers is 10,000,000, but the weights have 3 tensors"),
        ("vocab_size", 10**12, "vocab_size is 1000000000000, but must be a whole number"),
    ],
)
def test_values_of_language_models_are_refused_by_name(tmp_path: Path, key: str, value: object, reason: str) -> None:
    """Of directories of transformers, whose errors would be a KeyError or no answer for hours."""
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"], key: value})
    )
    safetensors.numpy.save_file({name: np.zeros(1) for name in "abc"}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFormatError, match=re.escape(reason)) as error:
        check_language_model(tmp_path)
    assert str(tmp_path / "config.json") in str(error.value)
    with pytest.raises(ModelFormatError, match=re.escape(reason)):
        models.load(tmp_path)


@pytest.mark.parametrize(
    "given",
    [
        {"hidden_act": "gelu", "hidden_activation": None},  # Gemma
        {"rope_scaling": {"type": "su", "short_factor": [1.0]}},  # Phi-3
        {"rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}},  # Qwen2-VL
        {"max_position_embeddings": None},
    ],
)
def test_published_values_of_language_models_are_accepted(tmp_path: Path, given: dict[str, object]) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"], **given}))
    check_language_model(tmp_path)


def test_what_an_interrupted_run_left_is_refused(tmp_path: Path) -> None:
    """``scgsfm train`` marks a directory of transformers while it writes it."""
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(RuntimeError, match="killed"), unfinished(tmp_path):
        raise RuntimeError("killed")
    for read in (models.load, check_language_model):
        with pytest.raises(ValueError, match="is incomplete: the run that wrote it was interrupted"):
            read(tmp_path)
    with unfinished(tmp_path):
        pass
    check_finished(tmp_path)


@pytest.mark.parametrize("value", [-1, 2**31 - 1, 2**40, len(VOCAB)])
def test_neighbors_beyond_the_vocabulary(tmp_path: Path, value: int) -> None:
    config = CONFIG | {"neighbours": 2}
    module = build_module(config)
    tensors = {key: tensor.numpy() for key, tensor in module.state_dict().items()}
    write_folder(tmp_path / "m", config, tensors, VOCAB, {})
    assert models.load(tmp_path / "m").logits([["TP53"]]).shape == (1, V)
    tensors["neighbours.indices"] = tensors["neighbours.indices"].astype(np.int64).copy()
    tensors["neighbours.indices"][0, 0] = value
    safetensors.numpy.save_file(tensors, tmp_path / "m" / "model.safetensors")
    (tmp_path / "m" / "checksums.json").unlink()
    with pytest.raises(ModelFormatError, match="neighbours.indices contains"):
        models.load(tmp_path / "m")


@pytest.mark.parametrize("size", [0, 4, 100, -10])
def test_cut_weights(official: Path, size: int) -> None:
    weights = (official / "model.safetensors").read_bytes()
    (official / "model.safetensors").write_bytes(weights[:size])
    with pytest.raises(ModelFormatError, match=r"model\.safetensors: truncated"):
        models.load(official)


def test_writing_checks_too(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    del tensors["encoder.layers.0.bias"]
    with pytest.raises(ModelFormatError, match=r"encoder\.layers\.0\.bias is missing"):
        write_folder(tmp_path / "m", CONFIG, tensors, VOCAB, {})
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "card.json", "vocab.txt", "config.json"])
def test_damaged_file(ours: Path, name: str) -> None:
    content = bytearray((ours / name).read_bytes())
    content[-2] ^= 1
    (ours / name).write_bytes(content)
    with pytest.raises(ChecksumError, match=r"is damaged or was changed.*delete checksums\.json") as error:
        models.load(ours)
    assert str(ours / name) in str(error.value)


def test_missing_listed_file(ours: Path) -> None:
    (ours / "card.json").unlink()
    with pytest.raises(ChecksumError, match=r"card\.json is missing, expected the SHA-256"):
        models.load(ours)


def test_embedded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tensors: dict[str, np.ndarray], own_settings: Settings
) -> None:
    """The embedded model takes precedence over a directory of the same name and needs no cache."""
    own_settings.offline = True
    monkeypatch.setattr(_store, "EMBEDDED", tmp_path / "data")
    write_folder(tmp_path / "data" / "gsfm-base", CONFIG, tensors, VOCAB, {}, quantize="float16")
    (tmp_path / "gsfm-base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert models.load().name == models.load("gsfm-base").name == "gsfm-base"
    (tmp_path / "data" / "gsfm-base" / "vocab.txt").write_text("x")
    with pytest.raises(ChecksumError, match="pip install --force-reinstall"):
        models.load("gsfm-base")


def test_hub(
    hub: Callable[..., Any], server: Server, own_settings: Settings, official: Path, tensors: dict[str, np.ndarray]
) -> None:
    hub(official, "maayanlab/gsfm-rummagene")
    model = models.load("maayanlab/gsfm-rummagene")
    assert model.name == "maayanlab/gsfm-rummagene"
    np.testing.assert_allclose(model.logits([["ISG15"]])[0], reference(tensors, ["ISG15"]), atol=1e-5)
    cached = own_settings.cache_dir / "models" / "maayanlab" / "gsfm-rummagene"
    assert sorted(p.name for p in cached.iterdir()) == ["config.json", "model.safetensors", "vocab.txt"]
    before = server.requests.total()
    own_settings.offline = True
    models.load("maayanlab/gsfm-rummagene")
    assert server.requests.total() == before == 3


def test_mirror_of_the_hub(server: Server, own_settings: Settings, official: Path) -> None:
    own_settings.mirrors = [f"{server.url}/hf"]
    for file in official.iterdir():
        server.files[f"/hf/maayanlab/gsfm-rummage/resolve/main/{file.name}"] = file.read_bytes()
    assert models.load("maayanlab/gsfm-rummage").genes == VOCAB


def test_hub_directory_with_checksums_is_checked(
    hub: Callable[..., Any], server: Server, own_settings: Settings, ours: Path
) -> None:
    hub(ours, "me/mine")
    assert models.load("me/mine").metadata["seed"] == 7
    hub(ours, "me/other")
    server.files["/me/other/resolve/main/model.safetensors"] = (ours / "model.safetensors").read_bytes()[::-1]
    with pytest.raises(ChecksumError, match="wrong SHA-256"):
        models.load("me/other")
    assert not (own_settings.cache_dir / "models" / "me" / "other" / "model.safetensors").exists()


def test_damaged_hub_file_in_the_cache(hub: Callable[..., Any], own_settings: Settings, official: Path) -> None:
    hub(official, "me/mine")
    models.load("me/mine")
    file = own_settings.cache_dir / "models" / "me" / "mine" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(ModelFormatError, match="truncated"):
        models.load("me/mine")


def test_hub_files_placed_by_hand(own_settings: Settings, official: Path) -> None:
    own_settings.offline = True
    official.rename(own_settings.cache_dir.parent / "gsfm-rummage")
    target = own_settings.cache_dir / "models" / "maayanlab"
    target.mkdir(parents=True)
    (own_settings.cache_dir.parent / "gsfm-rummage").rename(target / "gsfm-rummage")
    assert models.load("maayanlab/gsfm-rummage").genes == VOCAB


def test_hub_offline(own_settings: Settings) -> None:
    own_settings.offline = True
    with pytest.raises(DownloadError, match="offline") as error:
        models.load("maayanlab/gsfm-rummageo")
    place = own_settings.cache_dir / "models" / "maayanlab" / "gsfm-rummageo" / "config.json"
    assert str(place) in str(error.value)
    assert "https://huggingface.co/maayanlab/gsfm-rummageo/resolve/main/config.json" in str(error.value)


def test_neither_folder_nor_hub(own_settings: Settings) -> None:
    own_settings.offline = True
    with pytest.raises(
        DownloadError, match="'runs/mine' is neither a local directory nor available from the Hugging Face hub"
    ):
        models.load("runs/mine")


def test_unknown_name(own_settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"'gsfm-bsae'. Did you mean 'gsfm-base'\?") as error:
        models.load("gsfm-bsae")
    for name in ("gsfm-base", "maayanlab/gsfm-rummagene", "maayanlab/gsfm-rummageo", "maayanlab/gsfm-rummage"):
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["./absent", "/absent/model", "~/absent/model", "a/b/c"])
def test_absent_folder(own_settings: Settings, name: str) -> None:
    with pytest.raises(FileNotFoundError, match="The directory .* does not exist"):
        models.load(name)


def test_file_instead_of_folder(official: Path) -> None:
    with pytest.raises(ValueError, match="is a file; give the directory"):
        models.load(official / "model.safetensors")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "nonsense"])
def test_device_that_cannot_be_used(official: Path, device: str) -> None:
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used"):
        models.load(official, device=device)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("encoder.layers.0.bias", np.arange(2 * D), "has the type int32, which it can't have"),
        ("decoder.layers.3.weight", np.full((V, D), 3e38, np.float32), r"contains 3e\+38, but weights of more than"),
    ],
)
def test_values_that_weights_cannot_have(
    official: Path, tensors: dict[str, np.ndarray], key: str, value: np.ndarray, reason: str
) -> None:
    """They gave an error of torch, and infinite logits."""
    safetensors.numpy.save_file(tensors | {key: value}, official / "model.safetensors")
    with pytest.raises(ModelFormatError, match=f"{re.escape(key)} {reason}"):
        models.load(official)


@pytest.mark.parametrize("kind", [{}, [1], {"a": 1}, None, 3])
def test_kinds_of_models_that_are_no_text(official: Path, kind: object) -> None:
    (official / "config.json").write_text(json.dumps(CONFIG | {"model_type": kind}))
    with pytest.raises(ModelFormatError, match="model_type is .*, expected one of"):
        models.load(official)


@pytest.mark.parametrize(
    ("calibration", "reason"),
    [
        (3, "calibration is 3, but must be an object, or null"),
        ({"slope": 1}, "calibration lacks intercept"),
        ({"slope": "a", "intercept": 1}, "calibration.slope is 'a', but must be a number"),
        ({"slope": float("nan"), "intercept": 1}, "NaN|calibration.slope is nan, but must be a number"),
        (
            {"slope": 1e30, "intercept": 1},
            "calibration.slope is 1e.30, but must be a number of at least -1e.06 and below",
        ),
        ({"slope": 1, "intercept": 1, "by_size": None}, "calibration.by_size is None, but must be an object"),
        (
            {"slope": 1, "intercept": 1, "by_size": {"slope": 1}},
            "calibration.by_size lacks entropy, intercept, log_size",
        ),
    ],
)
def test_unusable_calibrations(official: Path, calibration: object, reason: str) -> None:
    """They loaded, and gave errors without a message, or NaN, with the first probabilities."""
    (official / "card.json").write_text(json.dumps({"calibration": calibration}))
    with pytest.raises(ModelFormatError, match=rf"card\.json.*({reason})"):
        models.load(official)


@pytest.mark.parametrize("calibration", [None, {}])
def test_cards_without_a_calibration(official: Path, calibration: object) -> None:
    (official / "card.json").write_text(json.dumps({"calibration": calibration}))
    assert models.load(official).metadata["calibration"] == calibration
