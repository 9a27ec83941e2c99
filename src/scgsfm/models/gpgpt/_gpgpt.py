"""A loaded GP-GPT: text in, text, scores and vectors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from ._constrained_decoding import SpanPath
from ._llama import load_base, load_tokenizer
from ._tokenizer import ANSWER, spans
from .training._dataset import IGNORED, Encoder
from .training._instruction_data import ANSWERS, NO, YES, asked_prompt, relation_prompt, spans_prompt
from .training._question_templates import ASKED

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence

    from scgsfm.phenotypes import HPOAnnotations

    from ._ask import Answer, Predict

_OF_TWO = [ASKED.index(asked) for asked in ("related", "how often")]


class GPGPT:
    """A language model of genes, phenotypes and diseases.

    Parameters
    ----------
    module
        A causal language model of transformers, in evaluation mode from here on.
    tokenizer
        Its tokeniser.
    name
        What the model is called in messages.
    metadata
        The model card.
    device
        Where to compute: ``"cpu"``, ``"cuda"``, …

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gpgpt-mini")
    >>> model.asked("Which genes cause Marfan syndrome?")
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
            Its folder, or an id of the Hugging Face hub.
        device
            Where to compute.

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
        """Where the model computes."""
        return next(self.module.parameters()).device

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

        What a language model writes is no fact: see :meth:`ask` for answers with evidence.

        Parameters
        ----------
        prompt
            The text; ``<answer>`` at its end asks for the answer to an instruction.
        max_new_tokens
            Tokens to write at most.
        temperature
            0 takes the likeliest token each time, 1 draws as the model would.
        seed
            Seed of what is drawn.
        allowed
            Given the tokens written so far, those that may follow; by default all.

        Returns
        -------
        What was written, without the prompt; entities in their tags.
        """
        rng = torch.Generator().manual_seed(seed)
        written: list[int] = []
        step, cache = torch.tensor([self.encoder.prompt(prompt)], device=self.device), None
        with torch.inference_mode():
            while len(written) < max_new_tokens:
                out = self.module(input_ids=step, past_key_values=cache, use_cache=True)
                logits, cache = out.logits[0, -1].float().cpu(), out.past_key_values
                if allowed is not None:
                    may = torch.full_like(logits, -torch.inf)
                    may[list(allowed(written))] = 0
                    logits = logits + may
                if temperature:
                    token = int(torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=rng))
                else:
                    token = int(logits.argmax())
                if token in self.encoder.end:
                    break
                written.append(token)
                step = torch.tensor([[token]], device=self.device)
        return self.tokenizer.decode(written)

    def score(self, prompt: str, options: Sequence[str]) -> np.ndarray:
        """How likely each of some answers to an instruction is.

        Parameters
        ----------
        prompt
            The instruction.
        options
            The answers.

        Returns
        -------
        float64, one probability an option, their sum being 1.
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
            level = self.module(input_ids=tokens[:, :-1], use_cache=False).logits.float().log_softmax(-1)
            counted = labels[:, 1:] != IGNORED
            each = level.gather(-1, labels[:, 1:].clamp(min=0)[..., None])[..., 0] * counted
            return torch.softmax(each.sum(1).double(), 0).cpu().numpy()

    def embed(self, texts: Sequence[str], *, batch_size: int = 32) -> np.ndarray:
        """Vectors of texts: the mean of the last hidden states over their tokens.

        Parameters
        ----------
        texts
            Texts, entities tagged or not; beyond 512 tokens they are cut.
        batch_size
            Texts computed at a time.

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

    def asked(self, question: str) -> str:
        """What a question asks for, one of :data:`~scgsfm.models.gpgpt.ASKED`."""
        return self.likeliest(question, ASKED)

    def likeliest(self, question: str, options: Sequence[str]) -> str:
        """What a question most likely asks for, of some of :data:`~scgsfm.models.gpgpt.ASKED`."""
        written = [ANSWERS[option] for option in options]
        return options[int(self.score(asked_prompt(question), written).argmax())]

    def relates(self, question: str) -> float:
        """The probability that a question is about how two things go together."""
        return float(self.score(asked_prompt(question), [ANSWERS[asked] for asked in ASKED])[_OF_TWO].sum())

    def entities(self, question: str) -> list[tuple[str, str]]:
        """Kind and wording of the entities that a question names.

        The model writes them by character and can write nothing but words of the question, known to it or not.
        """
        path = SpanPath(question, self.encoder)
        if not path.characters:
            return []
        return spans(self.generate(spans_prompt(question) + ANSWER, max_new_tokens=400, allowed=path.allowed))

    def related(self, gene: str, term: str) -> float:
        """The model's own probability that a gene has a phenotype, both by name; not calibrated, and no evidence."""
        return float(self.score(relation_prompt(gene, term), (YES, NO))[0])

    def ask(
        self,
        question: str,
        *,
        known: HPOAnnotations | None = None,
        resolve: Callable[[str], str] | None = None,
        predict: Predict | None = None,
        functions: Callable[[str], list[tuple[str, str]]] | None = None,
        n_max: int = 10,
    ) -> Answer:
        """Answer a question by what annotations say; the model only reads the question.

        Parameters
        ----------
        question
            About genes, phenotypes or diseases, in English.
        known
            The annotations; those of the package if not given.
        resolve
            Turns a name of a gene into its approved symbol, or ``""``.
        predict
            Gives the probability that a gene has a phenotype, by symbol and row of the term, where no annotation
            tells.
        functions
            Gives what a gene does, as pairs of a function and its source.
        n_max
            Facts to tell at most.

        Returns
        -------
        The answer, each fact with its source; or that nothing supports one.
        """
        from ._ask import answer

        options: dict[str, Any] = {"known": known, "resolve": resolve, "predict": predict, "functions": functions}
        return answer(self, question, **options, n_max=n_max)
