"""Tokenizer of GP-GPT: byte-pair encoding of words, tagged entities by character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scgsfm.models._extras import needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

UNK, PAD, BEGIN, END, MASK, FILL, ANSWER = "<unk>", "<pad>", "<s>", "</s>", "<mask>", "<fill>", "<answer>"
SPECIALS = (UNK, PAD, BEGIN, END, MASK, FILL, ANSWER)
TAGS = ("gene", "hpo", "disease")
"""Kinds of entities, which are the names of their tags."""

_KINDS = "|".join(TAGS)
_SPAN = re.compile(rf"<({_KINDS})>([^<>]*)</\1>")
# a tag, or a character that a closing tag follows before any other tag opens
_PIECE = rf"</?(?:{_KINDS})>|[^<>](?=[^<>]{{0,255}}</(?:{_KINDS})>)"
_WORD = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}<]+|<|\s+(?!\S)|\s+"


def tag(kind: str, text: str) -> str:
    """``<gene>FBN1</gene>``; angle brackets within the text would end the span and are replaced by parentheses."""
    return f"<{kind}>{text.replace('<', '(').replace('>', ')')}</{kind}>"


def spans(text: str) -> list[tuple[str, str]]:
    """Kind and text of each tagged entity."""
    return _SPAN.findall(text)


def train_tokenizer(texts: Iterable[str], *, vocab_size: int = 4096) -> PreTrainedTokenizerFast:
    """Train a tokenizer on the parts of ``texts`` outside of tags.

    Parameters
    ----------
    texts
        Documents.
    vocab_size
        Number of tokens: specials, tags, 256 bytes, and merged pieces of words.

    Returns
    -------
    A tokenizer of transformers; it decodes any text unchanged.
    """
    with needs("tokenizers"):
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    fixed = [*SPECIALS, *(f"<{slash}{kind}>" for kind in TAGS for slash in ("", "/"))]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = _pre_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(fixed),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # some questions contain tags without entities; tags are tokens already
    plain = (re.sub(rf"</?(?:{_KINDS})>", " ", _SPAN.sub(" ", text)) for text in texts)
    learner.train_from_iterator(plain, trainer)
    state = _bpe(learner)
    order = fixed + sorted(state["vocab"], key=state["vocab"].__getitem__)
    return assemble(order, state["merges"])


def assemble(vocab: list[str], merges: Iterable[str | Sequence[str]]) -> PreTrainedTokenizerFast:
    """A tokenizer from its tokens in order and its merges, given as pairs or as ``"left right"``."""
    with needs("tokenizers"):
        from tokenizers import AddedToken, Tokenizer, decoders, models

    if missing := set(SPECIALS).difference(vocab):  # they would be added, with numbers that have no embedding
        raise ValueError("the vocabulary lacks " + ", ".join(sorted(missing)))
    # as added tokens, tags would be split off before the pattern sees the entities that they enclose
    pairs: list[Any] = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in merges]
    bpe = models.BPE({token: i for i, token in enumerate(vocab)}, pairs, unk_token=UNK, ignore_merges=True)
    tokenizer = Tokenizer(bpe)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIALS])
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    return _wrapped(tokenizer)


def by_character(tokenizer: Any) -> Any:
    """Make the tokenizer of another model split tagged entities into characters.

    Tags are encoded by existing tokens, so that the embeddings of the model remain valid.
    """
    with needs("tokenizers"):
        from tokenizers import pre_tokenizers

    backend = tokenizer.backend_tokenizer
    if _PIECE.replace("\\", "\\\\") not in backend.to_str():
        existing = [] if backend.pre_tokenizer is None else [backend.pre_tokenizer]
        backend.pre_tokenizer = pre_tokenizers.Sequence([_split(_PIECE), *existing])
    return tokenizer


def tokens(tokenizer: Any) -> list[str]:
    """All tokens in the order of their ids."""
    vocab = tokenizer.get_vocab()
    return sorted(vocab, key=vocab.__getitem__)


def _pre_tokenizer() -> Any:
    from tokenizers import pre_tokenizers

    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([_split(_PIECE), _split(f"</?(?:{_KINDS})>|{_WORD}"), bytes_])


def _split(pattern: str) -> Any:
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(pattern), behavior="isolated")


def _bpe(tokenizer: Tokenizer) -> dict[str, Any]:
    import json

    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return model


def _wrapped(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    with needs("transformers"):
        from transformers import PreTrainedTokenizerFast

    make: Any = PreTrainedTokenizerFast  # its signature is untyped
    wrapped: PreTrainedTokenizerFast = make(
        tokenizer_object=tokenizer,
        unk_token=UNK,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        clean_up_tokenization_spaces=False,
    )
    return wrapped
