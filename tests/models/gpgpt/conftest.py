"""A small corpus, a tokenizer learned from it, and a Llama with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from scgsfm.models.gpgpt import Corpus, Prose, TrainConfig, build_corpus
from scgsfm.models.gpgpt.training._corpus import READ, TASKS
from scgsfm.phenotypes import HPOAnnotations, load_annotations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROSE = [
    Prose("gene", "FBN1", "This gene encodes a member of the fibrillin family of proteins. FBN1 binds FBN2 and DNA."),
    Prose("gene", "SCN1A", "Voltage-dependent sodium channels are complexes that regulate sodium exchange."),
    Prose("hpo", "HP:0002279", "A seizure is a transient occurrence of signs."),  # a former id of Seizure
    Prose("disease", "ORPHA:558", "A rare disorder of the connective tissue of the fibrillin family."),
    Prose("hpo", "HP:9999999", "Of a term that does not exist."),
]
FUNCTIONS = {
    "takes part in": {"extracellular matrix organization": ["FBN1", "FBN2"], "signalling": ["SCN1A", "FBN1"]},
    "is found in": {"microfibril": ["FBN1"]},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads cost more than they save on such small models."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def hpo() -> HPOAnnotations:
    return load_annotations()


@pytest.fixture(scope="session")
def built(hpo: HPOAnnotations, tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, Path]:
    """A corpus of all annotations and some prose, and its directory."""
    folder = tmp_path_factory.mktemp("corpus")
    return build_corpus(hpo, PROSE, FUNCTIONS, folder, exclude=["SCN2A"], n_instructions=800), folder


@pytest.fixture(scope="session")
def small(built: tuple[Corpus, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of its documents, a tenth of them held out."""
    corpus, folder = built[0], tmp_path_factory.mktemp("small")
    documents = []
    for kind in (*READ, *TASKS):
        some = [document for document in corpus.documents if document.kind == kind][:120]
        documents += [document._replace(held_out=i % 10 == 0) for i, document in enumerate(some)]
    Corpus(documents, corpus.info | {"sha256": "small"}).write(folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer(small: Path) -> Any:
    pytest.importorskip("transformers")
    from scgsfm.models.gpgpt._tokenizer import train_tokenizer

    return train_tokenizer((d.prompt + d.text for d in Corpus.open(small).documents), vocab_size=400)


@pytest.fixture
def tiny() -> TrainConfig:
    """Two narrow layers and few steps."""
    sizes = {"vocab_size": 400, "hidden_size": 32, "layers": 2, "heads": 2, "feed_forward": 48, "context": 48}
    return TrainConfig(**sizes, batch_size=4, steps=6, warmup=2, rank=4, alpha=8, learning_rate=0.01)


@pytest.fixture(scope="session")
def llama(tokenizer: Any) -> Any:
    """A Llama with random weights, large enough that its logits differ."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    module = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes, tie_word_embeddings=True))
    for weight in module.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return module.eval()
