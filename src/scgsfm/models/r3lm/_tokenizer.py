"""A compact tokenizer of cards and traces for a small model: two tokens for each motif, one for each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm.regulatory import CLUSTERED, GC_POOR, GC_RICH, LEVELS, REPEATED, ROLES, Claims, Trace, cite, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scgsfm.regulatory import Card, Hit

UNK, PAD, END, THINK = range(4)
SPECIALS = ("<unk>", "<pad>", "<end>", "<think>")
GC_STEPS = 20
N_POSITIONS, SCORES = 8, (10.0, 12.0, 14.0)
"""A hit's position is the eighth of the sequence that contains its center; scores are binned, in bits."""
MAX_HITS = 24
"""Number of hits of a card that are encoded, best first."""
MAX_TRACE = 32
"""Largest number of tokens of a trace."""
_TAGS = (GC_RICH, GC_POOR, CLUSTERED, REPEATED)


class Tokens:
    """Token ids of cards and traces.

    Parameters
    ----------
    cell_types
        Names of the cell types.
    names
        Names of the motifs.
    """

    pad, end, longest = PAD, END, None

    def __init__(self, cell_types: Sequence[str], names: Iterable[str]) -> None:
        positions = [
            f"{strand}{position}/{score}"
            for strand in "+-"
            for position in range(N_POSITIONS)
            for score in range(len(SCORES) + 1)
        ]
        parts = {
            "cell": cell_types,
            "gc": range(GC_STEPS + 1),
            "tag": _TAGS,
            "role": ROLES,
            "level": range(LEVELS),
            "at": positions,
            "motif": sorted(set(names)),
        }
        self.cell_types = list(cell_types)
        self.vocab = [*SPECIALS, *(f"{kind}:{value}" for kind, values in parts.items() for value in values)]
        self.ids = {token: i for i, token in enumerate(self.vocab)}

    @classmethod
    def from_vocab(cls, vocab: Sequence[str]) -> Tokens:
        """From the list :attr:`vocab`."""
        values = [token.partition(":")[::2] for token in vocab]
        cells, motifs = ([value for key, value in values if key == kind] for kind in ("cell", "motif"))
        made = cls(cells, motifs)
        if made.vocab != list(vocab):
            msg = "The vocabulary is not of R3LM: its tokens must be of cell types, GC, tags, positions and motifs."
            raise ValueError(msg)
        return made

    def __len__(self) -> int:
        return len(self.vocab)

    def card(self, card: Card) -> list[int]:
        """Encode cell type, GC content, tags, and two tokens for each motif; then the token that starts the reasoning."""
        tags = dict.fromkeys(REPEATED if tag.startswith(REPEATED) else tag for tag in card.tags)
        head = [f"cell:{card.cell_type}", f"gc:{round(card.gc * GC_STEPS)}", *(f"tag:{tag}" for tag in tags)]
        hits = [token for hit in card.hits[:MAX_HITS] for token in self._hit(hit, len(card.sequence))]
        return [*(self.ids.get(token, UNK) for token in [*head, *hits]), THINK]

    reader_card = card

    def trace(self, trace: Trace, card: Card, *, conclusion: bool = True) -> list[int]:
        """Encode the role and motifs of each activating or repressing step; then the level, if wanted, and the end."""
        by_name = {cite(hit): hit for hit in card.hits[:MAX_HITS]}
        words: list[str] = []
        for step in trace.steps:
            cited = [by_name[item] for item in step.evidence if item in by_name]
            if step.role != "context" and cited:
                words.append(f"role:{step.role}")
                words += [token for hit in cited for token in self._hit(hit, len(card.sequence))]
        level = [f"level:{trace.level}"] if conclusion else []
        ids = [self.ids.get(word, UNK) for word in words][: MAX_TRACE - 2]
        return [*ids, *(self.ids[word] for word in level), END]

    def read_trace(self, ids: Iterable[int], card: Card, *, rng: np.random.Generator | None = None) -> Trace:
        """Decode a generated trace; what it cites and is not on the card is dropped."""
        claims, level = self._claims(ids, card)
        effects = np.zeros(len(card.hits))
        return write_trace(card, effects, level, claims, rng or np.random.default_rng(0))

    def reasoning(self, ids: Iterable[int]) -> list[int]:
        """Remove the conclusion of a generated trace, for stage 2."""
        return [*(i for i in ids if i != END and not self.vocab[i].startswith("level:")), END]

    def allowed(self, card: Card) -> np.ndarray:
        """The tokens that a trace of this card may contain (bool, one for each token)."""
        out = np.zeros(len(self.vocab), bool)
        out[[END, *(self.ids[f"role:{role}"] for role in ROLES if role != "context")]] = True
        out[[self.ids[f"level:{level}"] for level in range(LEVELS)]] = True
        for hit in card.hits[:MAX_HITS]:
            out[[self.ids.get(token, END) for token in self._hit(hit, len(card.sequence))]] = True
        return out

    def _hit(self, hit: Hit, length: int) -> tuple[str, str]:
        position = min(int(hit.center * N_POSITIONS / max(length, 1)), N_POSITIONS - 1)
        return f"motif:{hit.name}", f"at:{hit.strand}{position}/{np.searchsorted(SCORES, hit.score, side='right')}"

    def _claims(self, ids: Iterable[int], card: Card) -> tuple[Claims, int]:
        hits = {self._hit(hit, len(card.sequence)): i for i, hit in reversed(list(enumerate(card.hits[:MAX_HITS])))}
        claims: dict[str, list[int]] = {role: [] for role in ROLES}
        role, name, level, taken = "context", "", 0, set()
        for token in (self.vocab[i] for i in ids):
            kind, _, value = token.partition(":")
            if kind == "role":
                role = value
            elif kind == "motif":
                name = token
            elif kind == "at" and (hit := hits.get((name, token))) is not None and hit not in taken:
                claims[role].append(hit)
                taken.add(hit)
            elif kind == "level":
                level = int(value)
        return Claims(claims["activating"], claims["repressing"]), level


def padded(rows: Sequence[Sequence[int]], pad: int = PAD) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ids, right-padded to the same length, and their lengths."""
    lengths = np.array([len(row) for row in rows], np.int64)
    out = np.full((len(rows), int(lengths.max(initial=1))), pad, np.int64)
    for ids, row in zip(out, rows, strict=True):
        ids[: len(row)] = row
    return out, lengths
