"""A loaded model with random weights against functions of transformers."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from typing import TYPE_CHECKING

from scgsfm import models
from scgsfm.models._serialization import write_folder
from scgsfm.models.gpgpt import GPGPT, QUESTION_KINDS, pack, readme
from scgsfm.phenotypes import ANNOTATIONS_FILE

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

TEXTS = ["<gene>FBN1</gene> encodes a member of the fibrillin family.", "Seizure", "a b"]


@pytest.fixture(scope="module")
def model(llama: Any, tokenizer: Any) -> GPGPT:
    return GPGPT(llama, tokenizer, name="random")


def log_probability(model: GPGPT, text: str) -> torch.Tensor:
    """Log-probabilities of each token of a text, each given those before."""
    ids = torch.tensor([model.tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        return model.module(input_ids=ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]


def test_score_is_the_probability_of_the_whole_answer(model: GPGPT) -> None:
    options = ["genes", "phenotypes", "how often it is"]
    totals = [float(log_probability(model, f"<s>Which?<answer>{option}</s>").sum()) for option in options]
    before = float(log_probability(model, "<s>Which?<answer>").sum())
    expected = np.exp(np.array(totals) - before)
    assert model.score("Which?", options) == pytest.approx(expected / expected.sum(), rel=1e-4)
    assert model.score("Which?", ["genes"]).tolist() == [1.0]


def test_generate_is_greedy(model: GPGPT) -> None:
    prompt = "<gene>FBN1</gene> encodes"
    ids = torch.tensor([model.tokenizer("<s>" + prompt)["input_ids"]])
    expected = model.module.generate(ids, max_new_tokens=12, do_sample=False, pad_token_id=1)[0, ids.shape[1] :]
    end = expected.tolist().index(3) if 3 in expected else 12
    assert model.generate(prompt, max_new_tokens=12) == model.tokenizer.decode(expected[:end])


def test_generate_samples_by_seed(model: GPGPT) -> None:
    drawn = [model.generate("a", max_new_tokens=8, temperature=1.0, seed=seed) for seed in (0, 0, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1
    assert model.generate("a", max_new_tokens=5, allowed=lambda written: [70]) == model.tokenizer.decode([70] * 5)


def test_embeddings_do_not_depend_on_the_batch(model: GPGPT) -> None:
    together = model.embed(TEXTS)
    assert together.shape == (3, 32)
    assert together.dtype == np.float32
    for text, vector in zip(TEXTS, together, strict=True):
        ids = torch.tensor([model.tokenizer(f"<s>{text}</s>")["input_ids"]])
        with torch.inference_mode():
            states = model.module(input_ids=ids, output_hidden_states=True).hidden_states[-1]
        assert vector == pytest.approx(states[0].mean(0).numpy(), abs=1e-4)
    assert model.embed(TEXTS, batch_size=1) == pytest.approx(together, abs=1e-4)
    assert model.embed([]).shape == (0, 32)


def test_entities_are_embedded_by_their_names(model: GPGPT) -> None:
    found = model.embed_entities(["Seizure", "Ataxia"], kind="hpo")
    assert found == pytest.approx(model.embed(["<hpo>Seizure</hpo>", "<hpo>Ataxia</hpo>"]), abs=1e-5)
    assert not np.allclose(found[0], model.embed_entities(["Seizure"])[0])
    with pytest.raises(ValueError, match="`kind` is 'drug'"):
        model.embed_entities(["Seizure"], kind="drug")
    with pytest.raises(TypeError, match="list of names"):
        model.embed_entities("Seizure")


def test_questions_are_read(model: GPGPT) -> None:
    question = "Which genes cause Marfan syndrome?"
    assert model.question_kind(question) in QUESTION_KINDS
    assert model.most_probable(question, ["genes", "genes"]) == "genes"
    found = model.entities(question)
    assert 1 <= len(found) <= 3
    assert all(words in question for _, words in found)
    assert model.entities("  ") == []
    assert 0 < model.asks_for_relation(question) < 1
    assert 0 < model.relation_probability("FBN1", "Seizure") < 1


@pytest.mark.parametrize("quantize", [None, "float16"])
def test_round_trip_in_the_format_of_the_package(model: GPGPT, tmp_path: Path, quantize: str | None) -> None:
    config, tensors, vocab = pack(model.module, model.tokenizer)
    write_folder(tmp_path, config, tensors, vocab, {"licence": "CC0"}, quantize=quantize)
    loaded = models.load(tmp_path)
    assert isinstance(loaded, GPGPT)
    assert loaded.metadata == {"licence": "CC0"}
    ids = torch.tensor([loaded.tokenizer(TEXTS[0])["input_ids"]])
    assert ids.tolist() == [model.tokenizer(TEXTS[0])["input_ids"]]
    with torch.inference_mode():
        difference = (loaded.module(ids).logits - model.module(ids).logits).abs().max()
    assert difference < (1e-4 if quantize is None else 0.2)
    assert "random" not in repr(loaded)
    assert "400 tokens" in repr(loaded)


def test_round_trip_in_the_format_of_transformers(model: GPGPT, tmp_path: Path) -> None:
    model.module.save_pretrained(tmp_path)
    model.tokenizer.save_pretrained(tmp_path)
    loaded = GPGPT.from_pretrained(tmp_path)
    assert loaded.score("Which?", ["genes", "a"]) == pytest.approx(model.score("Which?", ["genes", "a"]), rel=1e-4)


def test_bad_arguments(model: GPGPT) -> None:
    with pytest.raises(ValueError, match="options must be a list"):
        model.score("Which?", "genes")
    with pytest.raises(ValueError, match="options must be a list"):
        model.score("Which?", [])
    with pytest.raises(TypeError, match=r"give \['text'\]"):
        model.embed("text")


def test_readme_of_the_package_is_that_of_its_card() -> None:
    folder = ANNOTATIONS_FILE.parent
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert (folder / "README.md").read_text(encoding="utf-8") == readme(card)
    assert all({"step", "command", "seed", "duration"} <= step.keys() for step in card["recipe"])
