"""The loaded model: activity of sequences, their cards, and explanations."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import nn

from scgsfm._messages import check_at_least, check_choice
from scgsfm._progress import progress_over
from scgsfm.dna import N, encode, reverse_complement
from scgsfm.models._publish import Publishable
from scgsfm.motifs import Motifs
from scgsfm.regulatory import Card, CardFeatures, build_cards, explain

from ._decoder import Decoder, DecoderConfig, Regressor
from ._generation import sampling_seed
from ._network import ActivityConfig, ActivityNetwork, one_hot
from ._substitutions import one_torch_thread, substituted_activities, substituted_cards
from ._tokenizer import END, MAX_TRACE, Tokens, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.regulatory import Explanation, Trace, TraceWriter

N_FLANKS = 2
"""Number of random flanking sequences for sequences that are shorter than the model's input."""

VARIANT_BATCH = 8
"""Number of sequences whose variants are predicted at a time, in threads."""

Mode: TypeAlias = Literal["joint", "sequence", "card"]
Reasoning: TypeAlias = Literal["none", "generated"]


class R3LMModule(nn.Module):
    """All networks of a model: activity, reasoner, and readers of cards with and without reasoning."""

    def __init__(self, activity: ActivityConfig, decoder: DecoderConfig) -> None:
        super().__init__()
        self.activity, self.reasoner = ActivityNetwork(activity), Decoder(decoder)
        readers = {name: Regressor(Decoder(decoder), decoder.hidden_size) for name in get_args(Reasoning)}
        self.readers = nn.ModuleDict(readers)


def build_module(config: dict[str, Any]) -> R3LMModule:
    """Untrained networks of the sizes in ``config.json``."""
    activity = ActivityConfig(**config["activity"])
    return R3LMModule(activity, DecoderConfig(vocab_size=config["vocab_size"], **config["decoder"]))


class R3LM(Publishable):
    """Predict and explain the activity of regulatory DNA (Duan et al. 2026).

    The activity is log2 of RNA over DNA for an element of 200 bases that drives a reporter gene, integrated into the
    genome of a cell line by a lentivirus. It is not the activity of the element at its genomic position.

    Parameters
    ----------
    module
        The networks.
    vocab
        Tokens of cards and traces.
    config
        Names of cell types and motifs, and the boundaries of the levels of activity.
    name
        The name that it was loaded by.
    metadata
        The model card: data, held-out results, licenses.
    device
        The device that it computes on.
    """

    kind = "r3lm"

    def __init__(
        self,
        module: R3LMModule,
        vocab: Sequence[str],
        config: dict[str, Any],
        *,
        name: str = "",
        metadata: dict[str, Any] | None = None,
        device: str | None = None,
    ) -> None:
        self.device = torch.device(device or "cpu")
        self.module = module.eval().to(self.device)
        self.name, self.metadata, self.config = name, metadata or {}, config
        self.cell_types: list[str] = list(config["cell_types"])
        self.length = ActivityConfig(**config["activity"]).length
        self.motifs = Motifs.embedded(config["motifs"])
        self.tokens = Tokens.from_vocab(vocab)
        self._features = CardFeatures(self.motifs, config["scored"], expected=config["activity"]["n_features"])

    def __repr__(self) -> str:
        return f"R3LM {self.name!r}: {', '.join(self.cell_types)}, elements of {self.length} bases, on {self.device}"

    def predict(self, sequences: Sequence[str], *, mode: Mode = "joint", batch_size: int = 512) -> np.ndarray:
        """Predict the activity of sequences in each cell type.

        Parameters
        ----------
        sequences
            In upper or lower case, at most :attr:`length` bases. A shorter sequence is centered in fixed random flanking
            sequences, over which predictions are averaged. The prediction is the same for both strands.
        mode
            ``"sequence"`` uses the convolutional network, ``"card"`` the features behind a card (motifs and
            composition), and ``"joint"`` both, which is the most accurate.
        batch_size
            Number of sequences at a time.

        Returns
        -------
        log2 activities (float32, sequences × :attr:`cell_types`); NaN for sequences without A, C, G or T.
        """
        check_choice("mode", mode, get_args(Mode))
        check_at_least("batch_size", batch_size, 1)
        codes, ends = encode(sequences)
        self._check_lengths(np.diff(ends))
        has_bases = np.diff(np.cumsum(np.append(0, codes < N))[ends]) > 0
        short = has_bases & (np.diff(ends) < self.length)
        full = has_bases & ~short
        out = np.full((len(full), len(self.cell_types)), np.nan, np.float32)
        out[full] = self._predict([sequences[i] for i in np.flatnonzero(full).tolist()], mode, batch_size)
        if short.any():
            flanked = [text for i in np.flatnonzero(short).tolist() for text in self._flanked(sequences[i])]
            predicted = self._predict(flanked, mode, batch_size)
            out[short] = predicted.reshape(int(short.sum()), -1, len(self.cell_types)).mean(axis=1)
        return out

    def _predict(self, sequences: list[str], mode: Mode, batch_size: int) -> np.ndarray:
        """Activities of sequences of full length."""
        parts = [np.empty((0, len(self.cell_types)), np.float32)]
        starts = range(0, len(sequences), batch_size)
        for first in progress_over(starts, total=len(starts), unit="batches", description="Predicting activity"):
            block = sequences[first : first + batch_size]
            parts.append(self._activity(encode(block)[0].reshape(len(block), -1), block, mode))
        return np.concatenate(parts)

    def predict_substitutions(self, sequences: Sequence[str], *, mode: Mode = "joint") -> list[np.ndarray]:
        """Predict the activity of all single-base variants, as :meth:`predict` does, but only where they differ.

        Parameters
        ----------
        sequences
            In upper or lower case, of A, C, G and T alone, at most :attr:`length` bases each.
        mode
            See :meth:`predict`.

        Returns
        -------
        log2 activities of each sequence (float32, positions × 4 × :attr:`cell_types`) for the bases A, C, G and T; those
        of its own bases are the prediction of the sequence.
        """
        check_choice("mode", mode, get_args(Mode))
        codes, ends = encode(sequences)
        self._check_lengths(np.diff(ends))
        if (codes >= N).any():
            msg = "`sequences` must consist of A, C, G and T: a variant of an ambiguous base is not defined."
            raise ValueError(msg)
        own = self.predict(sequences, mode=mode)
        by_base = [np.tile(own[i], (n, 4, 1)) for i, n in enumerate(np.diff(ends).tolist())]
        groups: dict[int, list[int]] = {}  # sequences of one length have their variants at the same positions
        for i, n in enumerate(np.diff(ends).tolist()):
            groups.setdefault(n, []).append(i)
        blocks = [rows[k : k + VARIANT_BATCH] for rows in groups.values() for k in range(0, len(rows), VARIANT_BATCH)]
        for rows in progress_over(blocks, total=len(blocks), unit="batches", description="Predicting variants"):
            texts = [sequences[i].upper() for i in rows]
            length = len(texts[0])
            if length < self.length:
                texts = [flanked for text in texts for flanked in self._flanked(text)]
            start = (self.length - length) // 2
            with one_torch_thread():
                values = self._substituted(texts, mode, slice(start, start + length))
            values = values.reshape(len(rows), -1, *values.shape[1:])
            values[:, 1::2] = values[:, 1::2, ::-1, ::-1]  # these are reverse complements
            for i, of_one in zip(rows, values.mean(axis=1), strict=True):
                bases = codes[ends[i] : ends[i + 1]].astype(np.int64)
                others = (bases[:, None] + np.arange(1, 4)) % 4
                np.put_along_axis(by_base[i], others[:, :, None], of_one, axis=1)
        return by_base

    def _substituted(self, sequences: list[str], mode: Mode, sites: slice) -> np.ndarray:
        """Activities of the variants of sequences of full length at some positions (… × 3 × cell types)."""
        network = self.module.activity
        by_sequence, by_card, offset = network.blend[network.modes.index(mode)]
        out = offset.expand(len(sequences), sites.stop - sites.start, 3, -1).clone()
        with torch.inference_mode():
            if mode != "card":
                codes = torch.from_numpy(encode(sequences)[0].reshape(len(sequences), -1)).to(self.device).long()
                branches: Any = network.sequence
                out += by_sequence * substituted_activities(branches, codes, np.arange(self.length)[sites])
            if mode != "sequence":
                own = self._features(sequences)
                changed = [partial(self._features.substituted, sequence, sites) for sequence in sequences]
                out += by_card * substituted_cards(network.card, own, changed)
        found: np.ndarray = out.cpu().numpy()
        return found

    def _flanked(self, sequence: str) -> list[str]:
        """Both strands of a sequence, centered in random flanking sequences."""
        start = (self.length - len(sequence)) // 2
        end, strands = start + len(sequence), (sequence, reverse_complement(sequence))
        return [random[:start] + strand + random[end:] for random in _flanks(self.length) for strand in strands]

    def card(self, sequence: str, cell_type: str) -> Card:
        """The regulatory context card of a sequence in a cell type."""
        return self.cards([sequence], cell_type)[0]

    def cards(self, sequences: Sequence[str], cell_type: str) -> list[Card]:
        """The cards of sequences that each contain at least one A, C, G or T."""
        self._cell(cell_type)
        return build_cards(sequences, cell_type, self.motifs)

    def explain(
        self,
        sequence: str,
        cell_type: str,
        *,
        rng: int | np.random.Generator | None = 0,
        writer: TraceWriter | None = None,
    ) -> Explanation:
        """Explain a prediction by the effect of each motif on the card, and by a reasoning trace.

        The bases of each motif are shuffled. The trace calls a motif activating or repressing only if this changes the
        prediction accordingly.

        Parameters
        ----------
        sequence
            At most :attr:`length` bases.
        cell_type
            One of :attr:`cell_types`.
        rng
            Seed or generator of the shuffles and the wording.
        writer
            A function that writes the trace, such as a call to a language model; its claims are checked.
        """
        k = self._cell(cell_type)
        return explain(
            lambda changed: self.predict(changed)[:, k],
            self.card(sequence, cell_type),
            level_of=lambda activity: self.level(activity, cell_type),
            rng=rng,
            writer=writer,
        )

    def level(self, activity: float, cell_type: str) -> int:
        """The quarter of the cell type's training activities that contains an activity, 0 to 3."""
        return int(np.searchsorted(self.config["levels"][self._cell(cell_type)], activity, side="right"))

    def reason(self, cards: Sequence[Card], *, batch_size: int = 256) -> list[Trace]:
        """Generate traces with the language model, from the cards alone.

        They cite only what is on the cards. Unlike those of :meth:`explain`, they are not checked against predictions.
        """
        return [
            self.tokens.read_trace(ids, card)
            for card, ids in zip(cards, self._generate(cards, batch_size), strict=True)
        ]

    def sample_traces(
        self,
        cards: Sequence[Card],
        n: int = 5,
        *,
        temperature: float = 0.95,
        top_p: float = 0.7,
        rng: int | np.random.Generator | None = 0,
        batch_size: int = 256,
    ) -> list[list[Trace]]:
        """Sample ``n`` traces for each card; :func:`majority_level` returns the level that most of them conclude.

        Tokens are drawn at this temperature from the most likely ones, whose probabilities sum to ``top_p``. The defaults
        are those of the publication.
        """
        seed = sampling_seed(n, temperature, top_p, rng)
        options = {
            "temperature": temperature,
            "top_p": top_p,
            "generator": torch.Generator(self.device).manual_seed(seed),
        }
        repeated = [card for card in cards for _ in range(n)]
        ids = self._generate(repeated, batch_size, **options)
        traces = [self.tokens.read_trace(each, card) for card, each in zip(repeated, ids, strict=True)]
        return [traces[i : i + n] for i in range(0, len(traces), n)]

    def read(
        self, cards: Sequence[Card], *, reasoning: Reasoning | Sequence[Trace] = "generated", batch_size: int = 256
    ) -> np.ndarray:
        """Predict activity with the language model, which reads a card and the reasoning after it.

        Parameters
        ----------
        cards
            Cards; activities are those in their cell types.
        reasoning
            What follows the card: the model's own trace without its conclusion (``"generated"``), nothing
            (``"none"``), or given traces, one for each card.
        batch_size
            Number of cards at a time.

        Returns
        -------
        log2 activities (float32, one for each card).
        """
        rows = [self.tokens.card(card) for card in cards]
        if isinstance(reasoning, str) and reasoning == "generated":
            traces = self._generate(cards, batch_size)
            rows = [row + self.tokens.reasoning(ids) for row, ids in zip(rows, traces, strict=True)]
        elif not isinstance(reasoning, str):
            pairs = zip(rows, reasoning, cards, strict=True)
            rows = [row + self.tokens.trace(trace, card, conclusion=False) for row, trace, card in pairs]
        elif reasoning != "none":
            msg = f"`reasoning` is {reasoning!r}, but must be 'generated', 'none', or a trace for each card."
            raise ValueError(msg)
        reader = self.module.readers["none" if isinstance(reasoning, str) and reasoning == "none" else "generated"]
        out = np.empty(len(rows), np.float32)
        with torch.inference_mode():
            for first in range(0, len(rows), batch_size):
                ids, lengths = self._padded(rows[first : first + batch_size])
                out[first : first + batch_size] = reader(ids, lengths).cpu().numpy()
        cells = [self._cell(card.cell_type) for card in cards]
        mean, std = np.array(self.config["units"], np.float32).reshape(-1, 2)[cells].T
        return np.asarray(mean + std * out)

    def _generate(self, cards: Sequence[Card], batch_size: int, **sampling: Any) -> list[list[int]]:
        out: list[list[int]] = []
        for first in range(0, len(cards), batch_size):
            block = cards[first : first + batch_size]
            ids, lengths = self._padded([self.tokens.card(card) for card in block])
            allowed = torch.from_numpy(np.array([self.tokens.allowed(card) for card in block])).to(self.device)
            limits: dict[str, Any] = {"end": END, "max_new": MAX_TRACE, "allowed": allowed}
            out += self.module.reasoner.generate(ids, lengths, **limits, **sampling).tolist()
        return out

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, lengths = (torch.from_numpy(part).to(self.device) for part in padded(rows))
        return ids, lengths

    def _content(self) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
        tensors = {key: tensor.detach().cpu().numpy() for key, tensor in self.module.state_dict().items()}
        return self.config, tensors, self.tokens.vocab

    def _activity(self, codes: np.ndarray, sequences: list[str], mode: Mode) -> np.ndarray:
        features = None if mode == "sequence" else torch.from_numpy(self._features(sequences)).to(self.device)
        x = None if mode == "card" else one_hot(torch.from_numpy(codes).to(self.device))
        with torch.inference_mode():
            return np.asarray(self.module.activity(x, features, mode).cpu())

    def _check_lengths(self, lengths: np.ndarray) -> None:
        if (lengths > self.length).any():
            which = int(np.argmax(lengths > self.length))
            msg = (
                f"Sequence {which} has {lengths[which]} bases, but the model reads {self.length}: give the {self.length} "
                "bases around its center, or tiles of that length."
            )
            raise ValueError(msg)

    def _cell(self, cell_type: str) -> int:
        if cell_type not in self.cell_types:
            msg = f"`cell_type` is {cell_type!r}, but the model knows {', '.join(map(repr, self.cell_types))}."
            raise ValueError(msg)
        return self.cell_types.index(cell_type)


@cache
def _flanks(length: int) -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(N_FLANKS)]
