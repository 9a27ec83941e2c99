"""Names in any spelling: British and American, plurals, punctuation, and slips where one name is meant beyond doubt."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_INVISIBLE = dict.fromkeys([0xFEFF, 0x200B, 0x200C, 0x200D, 0x2060, 0xAD])
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_WORDS = re.compile(r"[^\W_]+")
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_RULES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?<=[a-z]{2})ies$", "y"),
        (r"(?<=[a-z]{3})ness$", "ne"),
        (r"(?<=[^suio])s$", ""),  # plural
        (r"hiccough", "hiccup"),
        (r"ae|o?oe", "e"),  # anaemia, oedema
        (r"our", "or"),  # tumour
        (r"([tbv])re$", r"\1er"),  # goitre, fibre
        (r"ogue$", "og"),
        (r"ense$", "ence"),
        (r"grey", "gray"),
        (r"mould", "mold"),
        (r"moust", "must"),
        (r"artef", "artif"),
        (r"(d?g)e(?=ing|ment)", r"\1"),  # ageing, judgement
        (r"(?<=r)h|(?<=c)h(?=r)", ""),  # diarrhoea, lachrymal
        (r"ph", "f"),  # sulphur
        (r"k", "c"),  # leucocyte, disc
        (r"x", "cs"),
        (r"z", "s"),  # localised, analyse
        (r"(.)\1+", r"\1"),  # labelled
        (r"(?<=[a-z]{3})e$", ""),  # neurone, fontanelle
    )
)
_ROMAN = re.compile(r"[ivx]+[a-z]?")
_SHORT, _LONG = 5, 9
"""Words shorter than the first have no slips; words at least as long as the second may have two."""
_OPPOSITES = (
    "hyper", "hypo", "macro", "micro", "tachy", "brady", "poly", "oligo", "inter", "intra", "endo", "exo", "ante",
    "anti", "eu", "dys", "pre", "post", "sub", "supra", "super", "hemi", "homo", "hetero", "iso", "aniso", "ab", "ad",
)  # fmt: skip
"""Beginnings of words that one or two letters turn into another meaning."""
_MIN_JOINED = 8
"""Letters of names that match without regard to the blanks between words."""
_N_COMBINATIONS = 400
_RARE, _FREQUENT = 2, 50
"""Names with a word: a known word in at most the first number may be a slip of one in at least the second."""


def clean_text(text: str) -> str:
    """The text without invisible characters, with single spaces and plain apostrophes."""
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return " ".join(_APOSTROPHES.sub("'", text).split())


def spelling_words(text: str) -> tuple[str, ...]:
    """The words of a name in a common spelling: without accents, punctuation, plurals and British forms."""
    decomposed = unicodedata.normalize("NFKD", clean_text(text).casefold().replace("&", " and "))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("'", "")
    return tuple(map(_spell, _WORDS.findall(plain)))


@cache
def _spell(word: str) -> str:
    if word in _NUMERALS:
        return _NUMERALS[word]
    for pattern, new in _RULES if word.isalpha() and len(word) > 3 and not _ROMAN.fullmatch(word) else ():
        word = pattern.sub(new, word)
    return word


class Slip(NamedTuple):
    """A name that a misspelled text stands for."""

    cost: int
    """Number of edits."""
    key: str
    rows: tuple[int, ...]


class NameIndex:
    """Rows by names in any spelling.

    Parameters
    ----------
    names
        Names and their rows; a name may have several.
    """

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        rows: dict[str, dict[int, None]] = defaultdict(dict)
        short: set[tuple[str, ...]] = set()
        words: Counter[str] = Counter()
        for name, row in names:
            spelled = spelling_words(name)
            key = "".join(spelled)
            rows[key][row] = None
            words.update(spelled)
            if len(key) < _MIN_JOINED:
                short.add(spelled)
        self.rows = {key: tuple(found) for key, found in rows.items() if key}
        self.words, self.short = words, short

    def find(self, text: str) -> tuple[int, ...]:
        """Rows of the names that differ from a text in spelling only; long ones also in the blanks between words."""
        spelled = spelling_words(text)
        key = "".join(spelled)
        return self.rows.get(key, ()) if len(key) >= _MIN_JOINED or spelled in self.short else ()

    @cached_property
    def _by_deletion(self) -> dict[str, list[str]]:
        """Words by what is left of them without one letter, and by themselves."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            if len(word) >= _SHORT - 1 and word.isalpha():
                for form in _deletions(word):
                    found[form].append(word)
        return found

    def _corrections(self, word: str) -> list[tuple[int, str]]:
        """Words that a word may be a slip of, with the number of edits."""
        n_names = self.words[word]
        if n_names > _RARE:
            return [(0, word)]
        if n_names and not (len(word) >= _SHORT and word.isalpha()):
            return [(0, word)]
        if len(word) < _SHORT or not word.isalpha():
            return []
        forms = set(_deletions(word))
        limit = 1
        if len(word) >= _LONG:
            limit, forms = 2, forms.union(*map(_deletions, forms))
        near = set(itertools.chain.from_iterable(self._by_deletion.get(form, ()) for form in forms))
        # names contain misspelled words, too: a rare word may be a slip of a frequent one
        least = _FREQUENT if n_names else 1
        found = [(n, other) for other in near if 0 < (n := edit_distance(word, other)) <= limit]
        return [(0, word)] * bool(n_names) + [(n, other) for n, other in found if self.words[other] >= least]

    def correct(self, text: str) -> list[Slip]:
        """Names that a text may be a slip of, those with the fewest edits; one if a single name is meant beyond doubt.

        Words of other names are not slips. A word that could also be one with the opposite meaning, such as *hyper-* and
        *hypo-*, counts as both.
        """
        options = [self._corrections(word) for word in spelling_words(text)]
        n_combinations = 1
        for option in options:
            n_combinations *= len(option)
        if not 0 < n_combinations <= _N_COMBINATIONS:
            return []
        typed = spelling_words(text)
        found: dict[tuple[int, ...], Slip] = {}
        for chosen in itertools.product(*options):
            key = "".join(word for _, word in chosen)
            if (rows := self.rows.get(key)) and (len(key) >= _MIN_JOINED or tuple(w for _, w in chosen) in self.short):
                cost = sum(n for n, _ in chosen)
                if rows not in found or cost < found[rows].cost:
                    found[rows] = Slip(cost, key, rows)
        if not found:
            return []
        least = min(slip.cost for slip in found.values())
        near = [slip for slip in found.values() if slip.cost <= least + 1]
        if len(near) > 1 and not self._opposite_is_open(typed, options):
            near = [slip for slip in near if slip.cost == least]
        return sorted(near)

    @staticmethod
    def _opposite_is_open(typed: tuple[str, ...], options: list[list[tuple[int, str]]]) -> bool:
        """Whether a slip touches a beginning that makes the opposite of a word."""
        return any(
            n and (start := next((p for p in _OPPOSITES if other.startswith(p)), "")) and not word.startswith(start)
            for word, option in zip(typed, options, strict=True)
            for n, other in option
        )


def _deletions(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def edit_distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbors that turn one word into another."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        before, last, row = row, before, [i + 1]
        for j, b in enumerate(other):
            cost = min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b))
            if i and j and a == other[j - 1] and b == one[i - 1]:
                cost = min(cost, last[j - 1] + 1)
            row.append(cost)
    return row[-1]
