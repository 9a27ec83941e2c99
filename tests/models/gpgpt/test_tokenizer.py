"""Words by byte-pair encoding, entities by character."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")

from typing import TYPE_CHECKING

from scgsfm.models.gpgpt._tokenizer import (
    SPECIALS,
    assemble,
    by_character,
    spans,
    tag,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scgsfm.phenotypes import HPOAnnotations

TEXTS = [
    "This gene encodes a member of the fibrillin family.",
    "<gene>FBN1</gene> causes <disease>Marfan syndrome</disease>.",
    "p < 0.05, 5 > 3; <hpo>Birth length &lt; 3rd percentile</hpo>",
    "<hpo>Café-au-lait spot</hpo> – β-thalassaemia\n\t two  blanks ",
    "<s><mask> of<fill>a</s>",
    "",
]


def pieces(tokenizer: Any, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_decoded_unchanged(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_every_entity_is_decoded_unchanged(tokenizer: Any, hpo: HPOAnnotations) -> None:
    from scgsfm.genes._tables import table

    entities = [tag("gene", symbol) for symbol in {*hpo.genes, *table("human").symbols}]
    entities += [tag("hpo", text) for text in (*hpo.ontology.ids, *hpo.ontology.names)]
    entities += [tag("disease", text) for text in (*hpo.disease_ids, *hpo.disease_names)]
    backend = tokenizer.backend_tokenizer
    found = [row.ids for row in backend.encode_batch_fast(entities)]
    assert backend.decode_batch(found) == entities
    for entity, row in zip(entities, found, strict=True):
        assert tokenizer.unk_token_id not in row
        assert len(row) == len(spans(entity)[0][1]) + 2 or not entity.isascii()


def test_entities_are_split_into_characters(tokenizer: Any) -> None:
    assert pieces(tokenizer, "<gene>member7</gene>") == ["<gene>", *"member7", "</gene>"]
    assert len(pieces(tokenizer, "What does this ask for?")) < 12, "but words by BPE"
    assert pieces(tokenizer, "member</gene>") == [*"member", "</gene>"], "a closing tag is enough"


def test_tags_and_specials_are_one_token(tokenizer: Any) -> None:
    for text in (*SPECIALS, "<gene>", "</disease>"):
        assert len(tokenizer(text)["input_ids"]) == 1
    assert tokenizer.vocab_size == 400
    assert tokens(tokenizer)[:2] == ["<unk>", "<pad>"]


def test_saved_and_loaded_by_transformers(tokenizer: Any, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(loaded, PreTrainedTokenizerFast)
    for text in TEXTS:
        expected = tokenizer(text)["input_ids"]
        assert loaded(text)["input_ids"] == expected
    assert (loaded.bos_token, loaded.eos_token, loaded.pad_token, loaded.unk_token) == ("<s>", "</s>", "<pad>", "<unk>")


def test_assembled_from_tokens_and_merges(tokenizer: Any) -> None:
    import json

    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    made = assemble(tokens(tokenizer), [tuple(merge) for merge in merges])
    for text in TEXTS:
        assert made(text)["input_ids"] == tokenizer(text)["input_ids"]


def foreign() -> Any:
    """A tokenizer of another model: byte-level words, no tags."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, special_tokens=["<|end|>"])
    made.train_from_iterator(["FBN1 gene FBN1 member members hpo"] * 20, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", bos_token="<|end|>")


def test_tokenizers_of_other_models_split_entities_into_characters() -> None:
    plain, ours = foreign(), by_character(foreign())
    text = "FBN1 member <gene>FBN1</gene> is a member"
    assert len(ours) == len(plain)
    before, span, behind = ours("FBN1 member ")["input_ids"], ours("<gene>FBN1</gene>"), plain(" is a member")
    assert pieces(ours, text)[: len(before)] == plain.convert_ids_to_tokens(before)
    inside = ours.convert_ids_to_tokens(span["input_ids"])
    assert [piece for piece in inside if piece in "FBN1"] == list("FBN1")
    assert ours(text)["input_ids"][-len(behind["input_ids"]) :] == behind["input_ids"]
    assert ours.decode(ours(text)["input_ids"]) == text
    assert by_character(ours).backend_tokenizer.to_str() == ours.backend_tokenizer.to_str(), "idempotent"


def test_tags() -> None:
    text = f"{tag('gene', 'FBN1')} and {tag('hpo', 'length < 3 > 2')}"
    assert spans(text) == [("gene", "FBN1"), ("hpo", "length ( 3 ) 2")]


def test_vocabularies_without_a_special_token_are_refused() -> None:
    """It would be added with a number beyond the embeddings of the model."""
    with pytest.raises(ValueError, match=r"the vocabulary lacks <answer>, <pad>"):
        assemble([*(token for token in SPECIALS if token not in {"<answer>", "<pad>"}), "a"], [])
