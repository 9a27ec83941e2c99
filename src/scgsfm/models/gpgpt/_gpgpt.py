"""A loaded GP-GPT: generation, scores and embeddings of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import numpy as np
import torch

from scgsfm._messages import check_choice
from scgsfm._progress import progress
from scgsfm.models._publish import Publishable
from scgsfm.phenotypes import QUESTION_KINDS
from scgsfm.questions import answer

from ._constrained_decoding import SpanConstraint
from ._encoder import IGNORED, Encoder
from ._llama import load_base, load_tokenizer
from ._pack import pack
from ._prompts import KIND_ANSWERS, NO, YES, entities_prompt, kind_prompt, relation_prompt
from ._tokenizer import ANSWER, TAGS, spans, tag

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence

    from scgsfm.phenotypes import HPOAnnotations, Predict
    from scgsfm.questions import Answer

EntityKind: TypeAlias = Literal["gene", "hpo", "disease"]
_RELATION_KINDS = [QUESTION_KINDS.index(kind) for kind in ("related", "how often")]


class GPGPT(Publishable):
    """A language model of genes, phenotypes and diseases.

    Parameters
    ----------
    module
        A causal language model of transformers; it is set to evaluation mode.
    tokenizer
        Its tokenizer.
    name
        Name of the model in messages.
    metadata
        The model card.
    device
        Device: ``"cpu"``, ``"cuda"``, …

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gpgpt-mini")
    >>> model.question_kind("Which genes cause Marfan syndrome?")
    'genes'
    """

    kind = "gpgpt"

    def __init__(
        self,
        module: Any,
        tokenizer: Any,
        *,
        name: str = "gpgpt",
        metadata: dict[str, Any] | None = None,
        device: str | None = None,
    ) -> None:
        self.module = module.eval() if device is None else module.eval().to(device)
        self.tokenizer = tokenizer
        self.encoder = Encoder(tokenizer)
        self.name = name
        self.metadata = metadata or {}

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str], *, device: str | None = None) -> Self:
        """Load a model in the layout of transformers, as :func:`~scgsfm.models.gpgpt.train` writes it.

        Parameters
        ----------
        folder
            Its directory, or an id of the Hugging Face hub.
        device
            Device.

        Returns
        -------
        The model.
        """
        return cls(load_base(folder), load_tokenizer(folder), name=str(folder), device=device)

    def __repr__(self) -> str:
        n = sum(parameter.numel() for parameter in self.module.parameters())
        return f"GPGPT {self.name!r}: {n:,} parameters, {len(self.tokenizer):,} tokens, on {self.device}"

    @property
    def device(self) -> torch.device:
        """Device of the model."""
        device: torch.device = next(self.module.parameters()).device
        return device

    def generate(
        self,
        prompt: str,
        *,
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        seed: int = 0,
        allowed: Callable[[list[int]], Collection[int]] | None = None,
    ) -> str:
        """Continue a text until the model ends it.

        Generated text is not evidence: see :meth:`ask` for answers with sources.

        Parameters
        ----------
        prompt
            The text; ``<answer>`` at the end of an instruction requests its answer.
        max_new_tokens
            Maximum number of tokens to generate.
        temperature
            0 selects the most probable token (greedy), 1 samples from the model's distribution.
        seed
            Seed of the samples.
        allowed
            Function of the generated tokens that returns the tokens that may follow; by default all.

        Returns
        -------
        The generated text without the prompt; entities are tagged.
        """
        rng = torch.Generator().manual_seed(seed)
        written: list[int] = []
        step, cache = torch.tensor([self.encoder.prompt(prompt)], device=self.device), None
        with torch.inference_mode(), progress(None, unit="tokens", description="Reading the question") as bar:
            while len(written) < max_new_tokens:
                out = self.module(input_ids=step, past_key_values=cache, use_cache=True)
                logits, cache = out.logits[0, -1].float().cpu(), out.past_key_values
                if allowed is not None:
                    mask = torch.full_like(logits, -torch.inf)
                    mask[list(allowed(written))] = 0
                    logits = logits + mask
                if temperature:
                    token = int(torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=rng))
                else:
                    token = int(logits.argmax())
                if token in self.encoder.end:
                    break
                written.append(token)
                bar.update()
                step = torch.tensor([[token]], device=self.device)
        return str(self.tokenizer.decode(written))

    def score(self, prompt: str, options: Sequence[str]) -> np.ndarray:
        """Probabilities of given answers to an instruction.

        Parameters
        ----------
        prompt
            The instruction.
        options
            The answers.

        Returns
        -------
        float64, one probability per option; they sum to 1.
        """
        if isinstance(options, str) or not len(options):
            msg = f"options must be a list of at least one answer, found {options!r}."
            raise ValueError(msg)
        rows = [self.encoder.instruction(prompt, option) for option in options]
        length = max(len(row) for row, _ in rows)
        tokens = torch.full((len(rows), length), self.encoder.end[0], device=self.device)
        labels = torch.full((len(rows), length), IGNORED, device=self.device)
        for i, (row, n_prompt) in enumerate(rows):
            tokens[i, : len(row)] = torch.tensor(row)
            labels[i, n_prompt : len(row)] = tokens[i, n_prompt : len(row)]
        with torch.inference_mode():
            log_probability = self.module(input_ids=tokens[:, :-1], use_cache=False).logits.float().log_softmax(-1)
            counted = labels[:, 1:] != IGNORED
            targets = labels[:, 1:].clamp(min=0)[..., None]
            totals = (log_probability.gather(-1, targets)[..., 0] * counted).sum(1)
            return torch.softmax(totals.double(), 0).cpu().numpy()

    def embed(self, texts: Sequence[str], *, batch_size: int = 32) -> np.ndarray:
        """Embeddings of texts: the mean of the last hidden states over tokens.

        Parameters
        ----------
        texts
            Texts with or without tagged entities; they are truncated to 512 tokens.
        batch_size
            Number of texts per batch.

        Returns
        -------
        float32, texts × width of the model.
        """
        if isinstance(texts, str):
            msg = f"texts must be a list of texts; for one give [{texts!r}]."
            raise TypeError(msg)
        width = self.module.config.hidden_size
        found = np.empty((len(texts), width), np.float32)
        rows = [self.encoder.text(text)[:512] for text in texts]
        order = np.argsort([len(row) for row in rows])
        for start in range(0, len(rows), batch_size):
            some = order[start : start + batch_size].tolist()
            length = max(len(rows[i]) for i in some)
            tokens = torch.tensor([rows[i] + self.encoder.end * (length - len(rows[i])) for i in some])
            real = torch.tensor([[j < len(rows[i]) for j in range(length)] for i in some])[..., None]
            with torch.inference_mode():
                states = self.module.base_model(input_ids=tokens.to(self.device), use_cache=False).last_hidden_state
            found[some] = ((states.float().cpu() * real).sum(1) / real.sum(1)).numpy()
        return found

    def embed_entities(self, names: Sequence[str], *, kind: EntityKind = "gene") -> np.ndarray:
        """Embeddings of genes, phenotypes or diseases by their names.

        Parameters
        ----------
        names
            Approved symbols of genes, or names of phenotypes or diseases.
        kind
            ``"gene"``, ``"hpo"`` or ``"disease"``.

        Returns
        -------
        float32, names × width of the model: the mean of the last hidden states over the characters of a name within the
        tags of its kind. The model reads names by character, so that each name has a vector, even if it is unknown.

        Examples
        --------
        >>> import scgsfm
        >>> model = scgsfm.models.load("gpgpt-mini")
        >>> model.embed_entities(["Marfan syndrome", "Rett syndrome"], kind="disease").shape
        (2, 192)
        """
        check_choice("kind", kind, TAGS)
        if isinstance(names, str):
            msg = f"names must be a list of names; for one give [{names!r}]."
            raise TypeError(msg)
        return self.embed([tag(kind, name) for name in names])

    def _content(self) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
        return pack(self.module, self.tokenizer)

    def question_kind(self, question: str) -> str:
        """The most probable kind of a question, one of :data:`~scgsfm.models.gpgpt.QUESTION_KINDS`."""
        return self.most_probable(question, QUESTION_KINDS)

    def most_probable(self, question: str, kinds: Sequence[str]) -> str:
        """The most probable of some of the kinds in :data:`~scgsfm.models.gpgpt.QUESTION_KINDS`."""
        answers = [KIND_ANSWERS[kind] for kind in kinds]
        return kinds[int(self.score(kind_prompt(question), answers).argmax())]

    def asks_for_relation(self, question: str) -> float:
        """Probability that a question asks for the relation of two entities."""
        scores = self.score(kind_prompt(question), [KIND_ANSWERS[kind] for kind in QUESTION_KINDS])
        return float(scores[_RELATION_KINDS].sum())

    def entities(self, question: str) -> list[tuple[str, str]]:
        """Kind and wording of the entities in a question.

        The model copies them character by character: constrained decoding allows nothing but words of the question.
        """
        constraint = SpanConstraint(question, self.encoder)
        if not constraint.characters:
            return []
        prompt = entities_prompt(question) + ANSWER
        return spans(self.generate(prompt, max_new_tokens=400, allowed=constraint.allowed))

    def relation_probability(self, gene: str, term: str) -> float:
        """The language model's probability that a gene has a phenotype, both by name; neither calibrated nor evidence."""
        return float(self.score(relation_prompt(gene, term), (YES, NO))[0])

    def ask(
        self,
        question: str,
        *,
        hpo: HPOAnnotations | None = None,
        resolve: Callable[[str], str] | None = None,
        predict: Predict | None = None,
        functions: Callable[[str], list[tuple[str, str]]] | None = None,
        n_max: int = 10,
    ) -> Answer:
        """Answer a question from annotations; the model only reads the question.

        Parameters and return value are those of ``scgsfm.questions.answer``, whose ``reader`` is this model.
        """
        options: dict[str, Any] = {"hpo": hpo, "resolve": resolve, "predict": predict, "functions": functions}
        return answer(question, self, **options, n_max=n_max)
