"""Language models in the layouts of the hub: small random ones of Llama and Qwen3, saved by ``transformers`` and ``peft``."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm import models
from scgsfm.errors import DownloadError, ModelFormatError
from scgsfm.models.r3lm import AdaptedR3LM, Card, Hit, StageConfig, majority_level, train
from scgsfm.models.r3lm._generation import reader_inputs
from scgsfm.regulatory import PublishedText, read_published_trace

from .conftest import random_dna

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.conftest import Server

    from scgsfm.models.r3lm import R3LM
    from scgsfm.settings import Settings

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
CARD = Card("K562", 0.5, (), (Hit("GATA1", "C4-GATA-related", 12.0, "+", 10, 21),), "ACGT" * 10)
ANSWER = "<think>\n" + "\n".join(f"{i}. GATA1 at 11-21 acts." for i in range(1, 6)) + "\n</think>\nlevel {}"
SYSTEM = (
    "You are a computational regulatory genomics expert specializing in K562 cell line biology. Your task is to analyze the "
    "provided DNA sequence features{} to predict the gene expression level (0-3).\nProvide a step-by-step reasoning chain "
    "explaining the biological mechanism."
)
CHAT = f"<|im_start|>system\n{SYSTEM.format(' and transcription factor (TF) motifs')}<|im_end|>\n<|im_start|>user\n"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """Bytes, with the marks of ChatML and of reasoning as Qwen3 has them."""
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(BPE({letter: i for i, letter in enumerate(letters)}, []))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(text, special=True) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    raw.add_tokens([AddedToken("<think>", special=False), AddedToken("</think>", special=False)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def random_model(kind: str, size: int) -> Any:
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "head_dim": 8, "vocab_size": size}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 4096}
    torch.manual_seed(0)
    model = getattr(transformers, f"{kind}ForCausalLM")(
        getattr(transformers, f"{kind}Config")(**sizes, **heads, pad_token_id=256, eos_token_id=258)
    )
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    return model


@pytest.fixture(scope="module", params=["Llama", "Qwen3"])
def folder(request: pytest.FixtureRequest, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full model in one file."""
    path = tmp_path_factory.mktemp("full") / request.param
    random_model(request.param, len(tokenizer)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def adapter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of stage 1 that names its base."""
    path = tmp_path_factory.mktemp("lora") / "adapter-only"
    base = transformers.AutoModelForCausalLM.from_pretrained(folder)
    config = peft.LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    peft.get_peft_model(base, config).save_pretrained(path)
    about = json.loads((path / "adapter_config.json").read_text())
    assert about["base_model_name_or_path"] == str(folder)
    return path


@pytest.fixture
def with_head(folder: Path, tmp_path: Path) -> Path:
    import safetensors.torch

    path = tmp_path / "with-head"
    shutil.copytree(folder, path)
    head = {"reg_head.weight": torch.ones(1, 16) / 4, "reg_head.bias": torch.zeros(1)}
    norm = {"reg_norm.weight": torch.arange(16.0), "reg_norm.bias": torch.ones(16)}
    safetensors.torch.save_file(head | norm, path / "regression_head.safetensors")
    return path


@pytest.mark.parametrize("n_bytes", [0, 4, 60, 200])
def test_truncated_heads(with_head: Path, n_bytes: int) -> None:
    """The head is checked as the weights of the package's own models are."""
    file = with_head / "regression_head.safetensors"
    file.write_bytes(file.read_bytes()[:n_bytes])
    with pytest.raises(ModelFormatError, match=r"regression_head.safetensors.*truncated or not a safetensors file"):
        models.load(with_head)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"cell_types": None}, "cell_types is None, but must be a list of texts"),
        (
            {"cell_types": ["K562"], "units": [[1.0]]},
            "units must be a mean and a deviation, at most a million, for each of the 1 cell_types",
        ),
        (
            {"cell_types": ["K562"], "units": [[0.0, 1e308]]},
            "units must be a mean and a deviation, at most a million, for each of the 1 cell_types",
        ),
        ({"config": {"mode": "dream"}}, "config.mode is 'dream', but must be one of"),
        ({"config": {"color": 1}}, "config.color is not known here"),
    ],
)
def test_unusable_notes_on_a_training(folder: Path, tmp_path: Path, about: dict[str, Any], reason: str) -> None:
    path = tmp_path / "noted"
    shutil.copytree(folder, path)
    (path / "r3lm.json").write_text(json.dumps(about))
    with pytest.raises(ModelFormatError, match=rf"r3lm.json: {reason}"):
        models.load(path)


def test_cards_of_other_cell_types(with_head: Path) -> None:
    """They gave `'K562' is not in list`."""
    about = {"cell_types": ["HepG2"], "units": [[0.0, 1.0]], "config": {"mode": "card", "style": "r3lm"}}
    (with_head / "r3lm.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match="`cards` are of K562, but .* predicts HepG2"):
        models.load(with_head).predict([CARD])


def test_truncated_adapters(adapter: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    shutil.copytree(adapter, path)
    weights = path / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-20])
    with pytest.raises(ModelFormatError, match=r"damaged.*does not fit the base model"):
        models.load(path)


def written(model: AdaptedR3LM, n: int = 12) -> list[int]:
    """Token ids that a model writes."""
    from scgsfm.models.r3lm._generation import generate

    found: list[int] = generate(model._reasoner, model.text, [model.text.card(CARD)], StageConfig(max_new=n))[0]
    return found


def expected(folder: Path, adapter: Path | None = None, n: int = 12) -> list[int]:
    """The same by ``transformers`` alone."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    if adapter:
        model = peft.PeftModel.from_pretrained(model, adapter)
    tokens = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokens(f"{CHAT}{CARD.text('r3lm')}<|im_end|>\n<|im_start|>assistant\n", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        for _ in range(n):
            ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], 1)
    new: list[int] = ids[0, -n:].tolist()
    return new[: new.index(258)] if 258 in new else new


def test_full(folder: Path) -> None:
    model = models.load(folder)
    assert isinstance(model, AdaptedR3LM)
    assert isinstance(model, models.Model)
    assert "writes reasoning (no regression head)" in repr(model)
    assert model.config.style == "r3lm"
    assert written(model) == expected(folder)
    assert model.reason([CARD]) == [None]
    with pytest.raises(ModelFormatError, match=r"regression_head\.safetensors is missing.*predicts no activity"):
        model.predict([CARD])


def test_sharded(folder: Path, tokenizer: Any, tmp_path: Path) -> None:
    transformers.AutoModelForCausalLM.from_pretrained(folder).save_pretrained(tmp_path, max_shard_size="8KB")
    tokenizer.save_pretrained(tmp_path)
    assert len(list(tmp_path.glob("model-0*.safetensors"))) > 1
    assert written(models.load(tmp_path)) == expected(folder)


def test_adapter(folder: Path, adapter: Path, tmp_path: Path) -> None:
    model = models.load(adapter)
    assert str(model.base) == str(folder)
    assert written(model) == expected(folder, adapter) != expected(folder)
    moved = tmp_path / "moved"
    shutil.copytree(adapter, moved)
    config = json.loads((moved / "adapter_config.json").read_text())
    (moved / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": None}))
    with pytest.raises(ModelFormatError, match="doesn't name its base model"):
        models.load(moved)
    assert written(models.load(moved, base=folder)) == expected(folder, adapter)


def test_adapter_of_another_model(folder: Path, adapter: Path, tokenizer: Any, tmp_path: Path) -> None:
    config = transformers.GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises((ModelFormatError, ValueError)):
        models.load(adapter, base=tmp_path)


def test_head(with_head: Path) -> None:
    """The head reads the last token of instruction, card and reasoning, as in the published stage 2."""
    model = models.load(with_head)
    rows = reader_inputs(None, model.text, [CARD], StageConfig(mode="card", style="r3lm"))
    text = f"{SYSTEM.format('')}\n\n{CARD.text('r3lm')}\n"
    assert model.text._text(rows[0]) == text
    body = transformers.AutoModel.from_pretrained(with_head)
    with torch.inference_mode():
        last = body(torch.tensor(rows)).last_hidden_state[0, -1]
        normed = torch.nn.functional.layer_norm(last, (16,), torch.arange(16.0), torch.ones(16), 1e-5)
    assert model.read(rows, [CARD])[0] == pytest.approx(float(normed.sum() / 4), rel=1e-4)
    assert np.isfinite(model.predict([CARD])).all()
    assert "predicts activity" in repr(model)
    ids = model.text._ids(f"{ANSWER.format(3)}\n")
    assert model.text._text(model.text.reasoning(ids)) == ANSWER.partition("\nlevel")[0] + "\n"
    assert model.text.reasoning(model.text._ids("no marks")) == []


def test_types_and_devices(with_head: Path) -> None:
    model = models.load(with_head, torch_dtype=torch.bfloat16)
    assert {weights.dtype for weights in model.reader.text_model.parameters()} == {torch.bfloat16}
    assert np.isfinite(model.predict([CARD])).all()
    pytest.importorskip("accelerate")
    placed = models.load(with_head, device_map="cpu")
    np.testing.assert_allclose(placed.predict([CARD]), models.load(with_head).predict([CARD]), rtol=1e-4)
    assert str(placed.device) == "cpu"


def test_no_pickles_and_no_code(folder: Path, adapter: Path, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(folder, pickled)
    (pickled / "model.safetensors").unlink()
    torch.save(transformers.AutoModelForCausalLM.from_pretrained(folder).state_dict(), pickled / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        models.load(pickled)
    shutil.copytree(adapter, tmp_path / "adapter")
    (tmp_path / "adapter" / "adapter_model.safetensors").rename(tmp_path / "adapter" / "adapter_model.bin")
    with pytest.raises(ModelFormatError, match=r"adapter_model\.safetensors is missing"):
        models.load(tmp_path / "adapter")
    remote = tmp_path / "remote"
    shutil.copytree(folder, remote)
    config = json.loads((remote / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": dict.fromkeys(("AutoConfig", "AutoModelForCausalLM"), "own.Own")}
    (remote / "config.json").write_text(json.dumps(config))
    (remote / "own.py").write_text("raise RuntimeError('executed')")
    with pytest.raises(ValueError, match="trust_remote_code"):
        models.load(remote)


def test_other_options_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="torch_dtype: only language models have these options"):
        models.load("gsfm-base", torch_dtype="auto")
    (tmp_path / "r3lm.json").write_text("{}")
    with pytest.raises(ModelFormatError, match="holds no language model"):
        models.load(tmp_path)


def test_hub(
    folder: Path, adapter: Path, server: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub id: all safetensors and JSON files are downloaded and nothing else; the adapter names its base by path."""
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    for name, path in (("owner/full", folder), ("owner/lora", adapter)):
        files = [file for file in path.iterdir() if file.is_file()]
        listed = [{"rfilename": file.name} for file in files] + [
            {"rfilename": "pytorch_model.bin"},
            {"rfilename": "x.py"},
        ]
        server.files[f"/api/models/{name}?blobs=true"] = json.dumps({"siblings": listed}).encode()
        for file in files:
            server.files[f"/{name}/resolve/main/{file.name}"] = file.read_bytes()
    assert written(models.load("owner/full")) == expected(folder)
    assert written(models.load("owner/lora")) == expected(folder, adapter)
    assert not any(path.endswith((".bin", ".py")) for path in server.requests)
    before = server.requests.total()
    own_settings.offline = True
    assert written(models.load("owner/full")) == expected(folder)
    assert server.requests.total() == before
    with pytest.raises(DownloadError, match="owner/none"):
        models.load("owner/none")


def test_prompts(tokenizer: Any) -> None:
    """ChatML without a template of the tokenizer, its template without the marks of ChatML, or plain text."""
    text = PublishedText(tokenizer, 2048)
    assert tokenizer.decode(text.card(CARD)) == f"{CHAT}{CARD.text('r3lm')}<|im_end|>\n<|im_start|>assistant\n"
    assert text.card(CARD).count(text.end) == 2
    trace = read_published_trace(ANSWER.format(2), CARD)
    ids = text.trace(trace, CARD)
    assert ids[-1] == text.end
    assert text.read_trace(ids, CARD) == trace
    assert text._text(text.trace(trace, CARD, conclusion=False)).endswith("</think>\n")


def test_sampled_traces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = models.load(folder), []

    def stand_in(_: Any, text: Any, rows: list[list[int]], config: StageConfig, **sampling: float) -> list[list[int]]:
        asked.append(sampling)
        answers = [ANSWER.format(3), "nonsense", ANSWER.format(1), ANSWER.format(3)]
        return [text._ids(answers[i % 4]) for i in range(len(rows))]

    monkeypatch.setattr("scgsfm.models.r3lm._pretrained.generate", stand_in)
    first, second = model.sample_traces([CARD, CARD], 4, temperature=0.5, top_p=0.9)
    assert [trace.level for trace in first] == [3, 1, 3]
    assert majority_level(second) == 3
    assert asked == [{"temperature": 0.5, "top_p": 0.9, "top_k": 50}]
    assert model.reason([CARD])[0] == first[0]
    assert asked[1] == {}


def test_sampling_is_seeded(folder: Path) -> None:
    from scgsfm.models.r3lm._generation import generate

    model = models.load(folder)
    rows, config = [model.text.card(CARD)] * 3, StageConfig(max_new=8)

    def sample(seed: int, **options: float) -> list[list[int]]:
        torch.manual_seed(seed)
        return generate(model._reasoner, model.text, rows, config, **options)

    greedy = generate(model._reasoner, model.text, rows, config)
    hot = {"temperature": 2.0, "top_p": 1.0, "top_k": 50}
    assert sample(0, **hot) == sample(0, **hot) != sample(1, **hot)
    assert sample(0, temperature=1e-4, top_p=1.0, top_k=50) == greedy == [greedy[0]] * 3


@pytest.mark.parametrize("options", [{"temperature": 0}, {"top_p": 0}, {"top_p": 1.5}, {"n": 0}])
def test_sampling_options(small: R3LM, options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        small.sample_traces([], **options)  # type: ignore[arg-type]


def test_sampled_traces_of_the_compact_model(small: R3LM) -> None:
    cards = small.cards(random_dna(3), "K562")
    sampled = small.sample_traces(cards, 6, temperature=2.0, top_p=0.95)
    assert [len(traces) for traces in sampled] == [6, 6, 6]
    assert sampled == small.sample_traces(cards, 6, temperature=2.0, top_p=0.95)
    assert len({str(trace) for trace in sampled[0]}) > 1
    coldest = small.sample_traces(cards, 2, temperature=1e-6)
    assert coldest == [[trace, trace] for trace in small.reason(cards)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.tsv"
    rows = [f"{sequence}\t{i % 3}" for i, sequence in enumerate(random_dna(12))]
    path.write_text("\n".join(["sequence\tK562", *rows]) + "\n")
    return path


@pytest.mark.parametrize("finetune", ["freeze", "full", "lora"])
def test_what_is_trained(folder: Path, table: Path, tmp_path: Path, finetune: Any) -> None:
    """The head alone, all weights, or an adapter; in the published style."""
    if folder.name != "Qwen3" and finetune != "lora":
        pytest.skip("one architecture is enough")
    config = StageConfig(
        mode="card",
        style="r3lm",
        finetune=finetune,
        epochs=1,
        batch_size=4,
        accumulate=1,
        learning_rate=1e-2,
        lora_rank=2,
    )
    out = train(table, tmp_path / "out", stage=2, base=folder, cell_types=["K562"], config=config, limit=6)
    assert (out / "model.safetensors").exists() == (finetune == "full")
    assert (out / "adapter").exists() == (finetune == "lora")
    model = models.load(out)
    cards = model.cards(random_dna(3), "K562")
    assert np.isfinite(model.predict(cards)).all()
    assert model.config == config
    base = transformers.AutoModel.from_pretrained(folder).state_dict()
    found = model.reader.text_model.model
    found = found.merge_and_unload() if finetune == "lora" else found
    same = all(torch.equal(base[key], value) for key, value in found.state_dict().items())
    assert same == (finetune == "freeze")


def test_stage_1_has_no_head_to_train(folder: Path, table: Path, tmp_path: Path) -> None:
    config = StageConfig(finetune="freeze")
    with pytest.raises(ValueError, match="trains the regression head only"):
        train(table, tmp_path / "out", stage=1, base=folder, cell_types=["K562"], config=config)


def test_published_cards(folder: Path) -> None:
    from scgsfm.models.r3lm import build_cards
    from scgsfm.motifs import Motifs

    sequences = random_dna(2)
    found = models.load(folder).cards(sequences, "K562")
    assert found == build_cards(sequences, "K562", Motifs.embedded(), fimo=True)


def test_not_a_model_of_tables(folder: Path) -> None:
    """Functions that predict the activity of sequences refuse a language model, which reads cards."""
    from scgsfm.errors import ModelKindError

    with pytest.raises(ModelKindError, match="AdaptedR3LM, but must be an R3LM model"):
        models.as_model(folder, "r3lm")
