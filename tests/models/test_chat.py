"""A local language model rephrases: one with random weights, of whose text nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

import scgsfm
from scgsfm import tl
from scgsfm.models import chat
from scgsfm.models.gpgpt._llama import load_base, load_tokenizer
from scgsfm.models.r3lm import StageConfig
from scgsfm.models.r3lm._backbone import load_model, load_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("transformers")
GENES = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with random weights and a tokenizer of words, saved by transformers."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<unk>", "<end>", *"TP53 causes interferon alpha response in all cells . MX1 the genes".split()]  # noqa: SIM905
    inner = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
    inner.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", eos_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %} the"
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(words), eos_token_id=1, bos_token_id=1, **sizes))
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    path = tmp_path_factory.mktemp("model")
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def test_text_is_that_of_the_model_and_the_same_each_time(folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = chat(folder, max_tokens=6)("MX1 in all cells")
    assert text
    assert text == chat(f"transformers:{folder}", max_tokens=6)("MX1 in all cells")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    tokens = tokenizer("MX1 in all cells the", return_tensors="pt")["input_ids"]
    for _ in range(6):
        best = model(tokens).logits[0, -1].argmax().view(1, 1)
        tokens = torch.cat([tokens, best], dim=1)
    assert text == tokenizer.decode(tokens[0, 5:], skip_special_tokens=True)


def test_text_that_is_not_in_the_facts_is_struck(folder: Path) -> None:
    fast = {"libraries": "hallmark", "phenotypes": False}
    plain = tl.explain(GENES, **fast)
    with pytest.warns(UserWarning, match="No sentence of the chat model is supported"):
        found = tl.explain(GENES, rephrase=f"transformers:{folder}", **fast)
    assert not found.rephrased
    assert found.removed
    assert found.to_markdown().startswith(plain.to_markdown())


def test_only_safetensors_and_no_code(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        chat(tmp_path)


@pytest.mark.parametrize(
    "load", [chat, load_base, load_tokenizer, load_model, lambda name: load_text(name, StageConfig())]
)
def test_nothing_is_downloaded_offline(load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of the tests would report a request."""
    monkeypatch.setattr(scgsfm.settings, "offline", True)
    with pytest.raises(OSError, match="offline"):
        load("somebody/no-such-model")


def test_what_an_interrupted_run_left_is_refused(folder: Path, tmp_path: Path) -> None:
    from scgsfm._unfinished import MARK

    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / MARK).write_text("")
    with pytest.raises(ValueError, match="is incomplete"):
        chat(tmp_path)
