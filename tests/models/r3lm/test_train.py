"""Both stages, on a small random Qwen3 with plain text and on compact tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm.errors import ModelFormatError
from scgsfm.models.r3lm import AdaptedR3LM, StageConfig, train
from scgsfm.models.r3lm._backbone import load_base, new_small
from scgsfm.models.r3lm._decoder import Decoder, DecoderConfig, Regressor
from scgsfm.models.r3lm._generation import generate, reader_inputs
from scgsfm.models.r3lm._tokenizer import Tokens, padded
from scgsfm.models.r3lm.training._finetune import train_stage1, train_stage2
from scgsfm.motifs import Motifs
from scgsfm.regulatory import Examples, fit_measured, make_examples, read_measured, units_of

from .conftest import random_dna

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scgsfm.models.r3lm import Card

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
CELL_TYPES = ["HepG2", "K562"]
QUICK = StageConfig(epochs=1, learning_rate=1e-2, batch_size=4, accumulate=1, max_length=600, max_new=6, lora_rank=2)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measured sequences: half of them hold a site of GATA1 and are active in K562."""
    rng = np.random.default_rng(0)
    rows = ["sequence\tHepG2\tK562\tfold"]
    for i, sequence in enumerate(random_dna(60)):
        site = i % 2
        own = sequence[:90] + "TTCTTATCTGT" + sequence[101:] if site else sequence
        rows.append(f"{own}\t{rng.normal():.3f}\t{2 * site + 0.1 * rng.normal():.3f}\t{i % 6}")
    path = tmp_path_factory.mktemp("r3lm") / "table.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``transformers`` writes it: a small random Qwen3, whose tokens are bytes."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_ = Tokenizer(BPE({letter: i for i, letter in enumerate([*letters, "<end>", "<pad>"])}, []))
    bytes_.pre_tokenizer, bytes_.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=bytes_, eos_token="<end>", pad_token="<pad>")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "head_dim": 8}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 4096}
    model = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(vocab_size=258, **sizes, **heads))
    folder = tmp_path_factory.mktemp("qwen")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def staged(table: Path, qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of stage 1 and stage 2."""
    parent = tmp_path_factory.mktemp("stages")
    common = {"cell_types": CELL_TYPES, "held_out": [5], "config": QUICK, "limit": 6}
    first = train(table, parent / "first", stage=1, base=qwen, **common)
    return first, train(table, parent / "second", stage=2, base=first, **common)


@pytest.fixture
def cards(table: Path) -> list[Card]:
    from scgsfm.models.r3lm import build_cards

    return build_cards(read_measured(table, CELL_TYPES).sequences[:3], "K562", Motifs.embedded())


def test_layout(staged: tuple[Path, Path]) -> None:
    first, second = staged
    assert {"config.json", "model.safetensors", "tokenizer_config.json", "r3lm.json"} <= {
        f.name for f in first.iterdir()
    }
    assert {"adapter", "regression_head.safetensors", "r3lm.json"} <= {f.name for f in second.iterdir()}
    assert (second / "adapter" / "adapter_model.safetensors").is_file()
    about = json.loads((second / "r3lm.json").read_text())
    assert about["stage"] == 2
    assert about["cell_types"] == CELL_TYPES
    assert about["config"] == QUICK.as_dict()
    assert about["held_out"]["K562"]["n"] == 10
    assert np.isfinite([cell["r"] for cell in about["held_out"].values()]).all()


def test_stage_1_changes_the_base(qwen: Path, staged: tuple[Path, Path]) -> None:
    before, after = (transformers.AutoModelForCausalLM.from_pretrained(f).state_dict() for f in (qwen, staged[0]))
    assert before.keys() == after.keys()
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert any("q_proj" in key for key in moved)
    assert not any("norm" in key for key in moved)


def test_reloaded_and_merged_models_predict_the_same(staged: tuple[Path, Path], cards: list[Card]) -> None:
    adapted = AdaptedR3LM(staged[1])
    found = adapted.predict(cards)
    assert found.dtype == np.float32
    assert found.std() > 0
    np.testing.assert_allclose(adapted.predict(cards, batch_size=1), found, atol=1e-5)
    assert any("lora" in key for key in adapted.reader.state_dict())
    adapted.merge()
    assert not any("lora" in key for key in adapted.reader.state_dict())
    np.testing.assert_allclose(adapted.predict(cards), found, atol=1e-5)


def test_the_adapter_matters(staged: tuple[Path, Path], cards: list[Card], tmp_path: Path) -> None:
    """Without its adapter the same head gives other numbers: it was trained, kept and loaded."""
    import shutil

    first, second = staged
    plain = tmp_path / "plain"
    shutil.copytree(first, plain)
    for name in ("regression_head.safetensors", "r3lm.json"):
        shutil.copy(second / name, plain / name)
    assert np.abs(AdaptedR3LM(plain).predict(cards) - AdaptedR3LM(second).predict(cards)).max() > 1e-4


def test_layout_of_the_authors(staged: tuple[Path, Path], cards: list[Card], tmp_path: Path) -> None:
    """Base, adapter and head in one folder, without anything that this package adds."""
    import shutil

    first, second = staged
    theirs = tmp_path / "theirs"
    shutil.copytree(first, theirs)
    (theirs / "r3lm.json").unlink()
    shutil.copytree(second / "adapter", theirs / "adapter")
    shutil.copy(second / "regression_head.safetensors", theirs)
    adapted, own = AdaptedR3LM(theirs), AdaptedR3LM(second)
    rows = reader_inputs(own._reasoner, own.text, cards, QUICK)
    units = np.array(own.about["units"])[CELL_TYPES.index("K562")]
    np.testing.assert_allclose(units[0] + units[1] * adapted.read(rows, cards), own.predict(cards), atol=1e-5)
    assert adapted.cell_types == []


def test_missing_or_invalid_head(staged: tuple[Path, Path], tmp_path: Path, qwen: Path) -> None:
    import safetensors.torch

    with pytest.raises(ModelFormatError, match=r"regression_head\.safetensors is missing.*stage=2"):
        AdaptedR3LM(staged[0]).predict([])
    safetensors.torch.save_file({"reg_head.weight": torch.zeros(1, 3)}, tmp_path / "regression_head.safetensors")
    with pytest.raises(ModelFormatError, match=r"expected reg_head\.bias \(1,\).*found reg_head\.weight \(1, 3\)"):
        AdaptedR3LM(tmp_path, base=qwen)


def test_generated_text_that_is_not_a_trace(staged: tuple[Path, Path], cards: list[Card]) -> None:
    """A model that was trained for six steps writes nonsense, which stage 2 reads nevertheless."""
    assert AdaptedR3LM(staged[1]).reason(cards) == [None, None, None]


def test_generation_does_not_depend_on_batches(qwen: Path, cards: list[Card]) -> None:
    model, text = load_base(qwen, QUICK)
    rows = [text.card(card)[: 40 + 11 * i] for i, card in enumerate(cards)]
    assert generate(model, text, rows, QUICK) == [generate(model, text, [row], QUICK)[0] for row in rows]


def test_gold_reasoning_is_not_for_prediction(table: Path, qwen: Path, tmp_path: Path, cards: list[Card]) -> None:
    config = StageConfig(**QUICK.as_dict() | {"mode": "gold", "lora_rank": 0})
    folder = train(table, tmp_path / "gold", stage=2, base=qwen, cell_types=CELL_TYPES, config=config, limit=3)
    assert not (folder / "adapter").exists()
    with pytest.raises(ValueError, match="trained on gold reasoning"):
        AdaptedR3LM(folder).predict(cards)


@pytest.fixture(scope="module")
def compact(table: Path) -> tuple[Tokens, Examples]:
    measured, motifs = read_measured(table, CELL_TYPES), Motifs.embedded()
    units = units_of(measured)
    return Tokens(CELL_TYPES, motifs.names), make_examples(measured, motifs, fit_measured(measured, motifs), units)


def test_examples(compact: tuple[Tokens, Examples], table: Path) -> None:
    _, examples = compact
    assert len(examples.cards) == len(examples.traces) == 120
    of = {(card.sequence, card.cell_type): y for card, y in zip(examples.cards, examples.activity, strict=True)}
    measured = read_measured(table, CELL_TYPES)
    scaled = (measured.activity - measured.activity.mean(0)) / measured.activity.std(0)
    for i, sequence in enumerate(measured.sequences):
        assert [of[sequence, cell] for cell in CELL_TYPES] == pytest.approx(scaled[i].tolist(), abs=1e-5)


def test_compact_stages_learn(compact: tuple[Tokens, Examples]) -> None:
    """The small model learns to cite, and to read activity; its plain torch twin says the same."""
    tokens, examples = compact
    some = Examples(*(part[:40] for part in (examples.cards, examples.activity, examples.traces)))
    size = DecoderConfig(len(tokens), hidden_size=32, intermediate_size=48, num_hidden_layers=1, head_dim=8)
    config = StageConfig(
        epochs=16, learning_rate=1e-2, batch_size=20, accumulate=1, clip=1.0, lora_rank=0, max_length=64, max_new=24
    )
    torch.manual_seed(0)
    writer = train_stage1(new_small(tokens, size), tokens, examples, config)
    rows = [tokens.card(card) for card in some.cards]
    written = generate(writer, tokens, rows, config)
    ends = [tokens.vocab[row[-1]].startswith("level:") for row in written if row]
    assert sum(ends) > 0.8 * len(written)

    twin = Decoder(size).eval()
    twin.load_state_dict(writer.model.state_dict())
    ids, lengths = map(torch.from_numpy, padded(rows))
    found = twin.generate(ids, lengths, end=tokens.end, max_new=24).tolist()
    assert [row[: row.index(tokens.end)] if tokens.end in row else row for row in found] == written

    reader = train_stage2(writer, tokens, examples, StageConfig(**config.as_dict() | {"mode": "card"}))
    with torch.inference_mode():
        says = reader(ids, lengths)
    assert np.corrcoef(says.numpy(), some.activity)[0, 1] > 0.5
    plain = Regressor(Decoder(size), size.hidden_size).eval()
    plain.load_state_dict(
        {key.replace("text_model.model.", "text_model."): v for key, v in reader.state_dict().items()}
    )
    with torch.inference_mode():
        torch.testing.assert_close(plain(ids, lengths), says, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stage": 3}, "stage=3 must be 1 or 2"),
        ({"cell_types": ["HeLa"]}, "lacks the columns HeLa; it has sequence, HepG2"),
        ({"held_out": range(6)}, "no sequences remain"),
    ],
)
def test_refusals(table: Path, qwen: Path, tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    given = {"stage": 1, "base": qwen, "cell_types": CELL_TYPES} | changes
    with pytest.raises(ValueError, match=told):
        train(table, tmp_path, **given)


def test_shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from scgsfm.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.tsv").write_text("sequence\n")

    told: dict[str, Any] = {}
    monkeypatch.setattr(
        "scgsfm.models.r3lm.training._train.train", lambda *args, **kw: told.update(kw, args=args) or "there"
    )
    words = (
        "train r3lm --stage 2 --base stage1 --data t.tsv -o out --cell-types HepG2 K562 --held-out 7 8 --lora-rank 4"
    )
    assert main([*words.split(), "--mode", "card"]) == 0
    assert capsys.readouterr().out == "Wrote there\n"
    assert told.pop("args") == ("t.tsv", "out")
    assert told.pop("config") == StageConfig(lora_rank=4, mode="card")
    options = {"motifs": "jaspar2026", "limit": None, "accelerator": "cpu", "precision": "32-true"}
    assert told == {"stage": 2, "base": "stage1", "cell_types": CELL_TYPES, "held_out": [7, 8]} | options


@pytest.mark.parametrize(
    ("setting", "told"),
    [({"mode": "both"}, "mode='both'"), ({"epochs": 0}, "epochs=0 must be at least 1"), ({"warmup": 1}, "warmup=1")],
)
def test_settings(setting: dict[str, int | str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        StageConfig(**setting)
    assert StageConfig().as_dict() | {"seed": 0} == StageConfig().as_dict()
    assert (StageConfig().lora_rank, StageConfig().lora_alpha, StageConfig().learning_rate) == (16, 32, 1e-5)


@pytest.mark.parametrize("text", ["", "low", "nan"])
def test_activities_that_are_not_numbers(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.tsv"
    file.write_text(f"sequence\tHepG2\nACGT\t1.5\nACGA\t{text}\n")
    with pytest.raises(ValueError, match=rf"a.tsv, line 3: HepG2 is '{text}', but .* \(1 of 2\)"):
        read_measured(file, ["HepG2"])
