"""An explanation: sentences with citations, the claims behind them, and what was struck."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from ._claims import Claim, Sentence, claims_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_MARKDOWN = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)")
_PARAGRAPHS = (
    ("subject", "abstention", "function", "genes", "definition"),
    ("also", "cells", "phenotypes", "predicted"),
    ("comparison", "motifs"),
)


@dataclass(frozen=True, repr=False)
class Explanation:
    """What a list of genes is likely to do; shown as HTML in notebooks, and as Markdown by ``print``."""

    subject: str
    """Name of the group, set, gene or term. It is added after the text was written."""
    sentences: tuple[Sentence, ...]
    """All sentences, with a verdict for each claim."""
    rephrased: str = ""
    """The text of a chat model, of which only supported sentences are kept."""
    removed: tuple[tuple[str, str], ...] = field(default=())
    """Sentences of a chat model that were removed, and why."""

    @property
    def kept(self) -> list[Sentence]:
        """Sentences of which all claims are supported."""
        return [sentence for sentence in self.sentences if sentence.is_supported]

    @property
    def struck(self) -> list[Sentence]:
        """Sentences with a claim that is not supported, which the text does not contain."""
        return [sentence for sentence in self.sentences if not sentence.is_supported]

    @property
    def abstains(self) -> bool:
        """Whether the genes are not given a function, since they are not coherent or not enriched for a term."""
        kept = [sentence for sentence in self.kept if sentence.role in {"abstention", "function"}]
        return not any(c.relation == "enriched for" for s in kept if s.role == "function" for c in s.claims)

    @property
    def sources(self) -> list[str]:
        """Sources with version, in the order of their citation."""
        return list(dict.fromkeys(_source(claim) for sentence in self.kept for claim in sentence.claims))

    @property
    def table(self) -> pd.DataFrame:
        """A row for each claim, with its verdict."""
        return claims_table(self.sentences, self.subject)

    def __repr__(self) -> str:
        n = sum(len(sentence.claims) for sentence in self.sentences)
        return f"Explanation of {self.subject!r}: {len(self.kept)} sentences, {n} claims, {len(self.struck)} struck"

    def __str__(self) -> str:
        return self.to_markdown()

    def to_markdown(self) -> str:
        """The text in Markdown, with numbered citations."""
        parts = [f"## {_plain(self.subject)}", *map(" ".join, self._paragraphs(_plain, "[{}]"))]
        parts += ["\n".join(f"{i}. {_plain(source)}" for i, source in enumerate(self.sources, 1))]
        if self.struck:
            lines = [f"- {_plain(s.text)} ({_plain(_reason(s))})" for s in self.struck]
            parts += ["Struck, since not all claims are supported:", "\n".join(lines)]
        if self.removed:
            lines = [f"- {_plain(text)} ({_plain(reason)})" for text, reason in self.removed]
            parts += ["Removed from the text of the chat model:", "\n".join(lines)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def to_html(self) -> str:
        """The text as HTML, without ``<html>`` and ``<body>``. All texts are escaped."""
        body = "".join(f"<p>{' '.join(part)}</p>" for part in self._paragraphs(escape, "<sup>[{}]</sup>"))
        listed = "".join(f"<li>{escape(source)}</li>" for source in self.sources)
        struck = [*((s.text, _reason(s)) for s in self.struck), *self.removed]
        items = "".join(f"<li><s>{escape(text)}</s> ({escape(reason)})</li>" for text, reason in struck)
        more = f"<p>Struck, since not all claims are supported:</p><ul>{items}</ul>" if items else ""
        return f"<div><h4>{escape(self.subject)}</h4>{body}<ol>{listed}</ol>{more}</div>"

    def _repr_html_(self) -> str:
        return self.to_html()

    def _paragraphs(self, text: object, mark: str) -> list[list[str]]:
        """Texts of the sentences with their citations, by paragraph."""
        if self.rephrased:
            return [[text(self.rephrased)], [mark.format(", ".join(map(str, range(1, len(self.sources) + 1))))]]  # type: ignore[operator]
        number = {source: i for i, source in enumerate(self.sources, 1)}
        paragraphs: list[list[str]] = [[] for _ in range(len(_PARAGRAPHS) + 1)]
        for sentence in self.kept:
            place = next((i for i, roles in enumerate(_PARAGRAPHS) if sentence.role in roles), -1)
            cited = sorted({number[_source(claim)] for claim in sentence.claims})
            paragraphs[place].append(f"{text(sentence.text)} {mark.format(', '.join(map(str, cited)))}")  # type: ignore[operator]
        return [paragraph for paragraph in paragraphs if paragraph]

    def with_names(self, subject: str, conditions: Mapping[str, str]) -> Explanation:
        """The finished explanation with the names of its subject and of the conditions."""
        if not conditions:
            return replace(self, subject=subject)
        # only the first letter may be a capital: "this condition a" is no name
        shown = {c[0].upper() + c[1:]: name for c, name in conditions.items()} | dict(conditions)
        pattern = re.compile("|".join(rf"\b{re.escape(called)}\b" for called in shown))

        def named(text: str) -> str:
            return pattern.sub(lambda match: shown[match[0]], text)

        sentences = tuple(
            replace(
                s,
                text=named(s.text),
                claims=tuple(replace(c, object=conditions.get(c.object, c.object)) for c in s.claims),
            )
            if s.role == "comparison"
            else s
            for s in self.sentences
        )
        removed = tuple((named(text), reason) for text, reason in self.removed)
        return Explanation(subject, sentences, named(self.rephrased), removed)

    @classmethod
    def from_table(cls, table: pd.DataFrame, subject: str) -> Explanation:
        """The explanation of a subject, from the table of claims."""
        sentences = []
        for _, rows in table[table["group"].astype(str) == subject].groupby("sentence", sort=True):
            claims = [
                Claim(r.subject, r.relation, r.object, float(r.value), r.source, r.version, r.verdict, r.found)
                for r in rows.itertuples()
            ]
            sentences.append(Sentence(rows["role"].iloc[0], rows["text"].iloc[0], tuple(claims)))
        return cls(subject, tuple(sentences))


def _source(claim: Claim) -> str:
    return f"{claim.source}, {claim.version}" if claim.version else claim.source


def _reason(sentence: Sentence) -> str:
    bad = [claim for claim in sentence.claims if claim.verdict != "supported"]
    return "; ".join(f"{claim.verdict}: {claim.found}" for claim in bad) or "no claim that can be checked"


def _plain(text: str) -> str:
    """Text without Markdown syntax, on one line."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))
