"""Cards, reasoning and activities as JSON lines, in the two layouts that LLaMA-Factory trains on."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from scgsfm._bounded_files import parse_json
from scgsfm._messages import check_choice, number, warn
from scgsfm.errors import TraceError

from ._card import Card, CardStyle
from ._prompts import ALPACA_INSTRUCTION, INSTRUCTION, writer_prompt
from ._published_trace import read_published_trace, write_published_trace
from ._trace import LEVELS, Trace

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

Layout: TypeAlias = Literal["sharegpt", "alpaca"]
SCORE, LEVEL, STYLE = "expression_score", "expression_level", "card_style"
"""Fields of the published data, and one of this package, which tells how positions are counted."""
DATASET_INFO = "dataset_info.json"
_ROLES = {"human": "user", "gpt": "assistant"}
_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
_COLUMNS = {
    "sharegpt": {"columns": {"messages": "messages"}, "tags": _TAGS | {"system_tag": "system"}},
    "alpaca": {"columns": {"prompt": "instruction", "query": "input", "response": "output"}},
}


@dataclass(frozen=True)
class CardRecord:
    """A card with what belongs to it.

    Parameters
    ----------
    card
        The regulatory context card.
    trace
        Its reasoning; None if there is none, or none that has the form of a trace.
    activity
        The measured activity.
    level
        The measured level of activity, 0 to 3.
    text
        The reasoning as it was read.
    """

    card: Card
    trace: Trace | None = None
    activity: float | None = None
    level: int | None = None
    text: str = ""


def write_records(
    path: str | os.PathLike[str],
    records: Iterable[CardRecord],
    *,
    layout: Layout = "sharegpt",
    style: CardStyle = "r3lm",
    register: bool = False,
) -> Path:
    """Write cards, reasoning and activities as JSON lines, to train or test a language model elsewhere.

    Parameters
    ----------
    path
        The file, such as ``cards.jsonl``; with the ending ``.gz`` it is compressed.
    records
        Cards, with reasoning and activities as far as there are any.
    layout
        ``"sharegpt"`` (a list of messages by system, user and assistant, as in CRE-ReasonBench) or ``"alpaca"`` (instruction,
        input and output).
    style
        How cards and reasoning are written: ``"r3lm"`` as in the publication (Duan et al. 2026), ``"scgsfm"`` as in this
        package; see :meth:`Card.text`.
    register
        Whether to add the file to ``dataset_info.json`` in its directory, where LLaMA-Factory looks for data sets.

    Returns
    -------
    The file.

    Examples
    --------
    >>> from scgsfm.models.r3lm import Card, CardRecord, read_records, write_records
    >>> card = Card("K562", 0.5, (), (), "ACGT" * 50)
    >>> path = write_records("cards.jsonl", [CardRecord(card, activity=0.8, level=2)])
    >>> read_records(path)[0].activity
    0.8
    """
    check_choice("layout", layout, get_args(Layout))
    check_choice("style", style, get_args(CardStyle))
    path = Path(path)
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(_written(record, layout, style), ensure_ascii=False) + "\n")
    if register:
        _register(path, layout)
    return path


def _written(record: CardRecord, layout: Layout, style: CardStyle) -> dict[str, Any]:
    card, trace, published = record.card, record.trace, style == "r3lm"
    answer = record.text if trace is None else write_published_trace(trace, card) if published else str(trace)
    if layout == "sharegpt":
        system = writer_prompt(card.cell_type) if published else INSTRUCTION
        turns = {"system": system, "user": card.text(style), "assistant": answer}
        out: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in turns.items()]}
    else:
        instruction = ALPACA_INSTRUCTION if published else INSTRUCTION
        out = {"instruction": instruction, "input": card.text(style), "output": answer}
    level = record.level if record.level is not None or trace is None else trace.level
    values = {SCORE: record.activity, LEVEL: level, STYLE: style}
    return out | {key: value for key, value in values.items() if value is not None}


def _register(path: Path, layout: Layout) -> None:
    file = path.parent / DATASET_INFO
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known[path.name.partition(".")[0]] = {"file_name": path.name, "formatting": layout, **_COLUMNS[layout]}
    file.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def read_records(
    path: str | os.PathLike[str], *, style: CardStyle = "r3lm", on_error: Literal["warn", "raise"] = "warn"
) -> list[CardRecord]:
    """Read cards, reasoning and activities, such as those of CRE-ReasonBench, from JSON lines.

    The layout is recognized: ``messages`` (or ``conversations``) or ``instruction``, ``input`` and ``output``. Activities are
    read from ``expression_score``, levels from ``expression_level``.

    Parameters
    ----------
    path
        The file, plain or gzipped.
    style
        How cards are written in records that do not say so themselves, which :func:`write_records` has them do.
    on_error
        ``"warn"`` leaves lines without a card out, and keeps cards whose reasoning isn't a trace without it, with one
        warning. ``"raise"`` raises the first error.

    Returns
    -------
    One record for each line with a card.

    Examples
    --------
    >>> from scgsfm.models.r3lm import Card, CardRecord, read_records, write_records
    >>> card = Card("K562", 0.5, (), (), "ACGT" * 50)
    >>> path = write_records("cards.jsonl", [CardRecord(card)], layout="alpaca")
    >>> read_records(path)[0].card == card
    True
    """
    check_choice("on_error", on_error, ("warn", "raise"))
    records, left_out, without = [], [], []
    for line, content in read_lines(path):
        try:
            record, problem = record_of(content, style)
        except ValueError as error:
            if on_error == "raise":
                msg = f"{path}, line {line}: {error}"
                raise ValueError(msg) from error
            left_out.append((line, error))
            continue
        if problem is not None and on_error == "raise":
            msg = f"{path}, line {line}: {problem}"
            raise TraceError(msg) from problem
        without += [(line, problem)] if problem is not None else []
        records.append(record)
    told = [
        f"{number(len(bad), 'line')} {what} (first line {bad[0][0]}: {bad[0][1]})"
        for bad, what in ((left_out, "left out"), (without, "kept without reasoning that has another form"))
        if bad
    ]
    if told:
        warn(f"{path}: {'; '.join(told)}.")
    return records


def read_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines of a file that are not empty."""
    path = Path(path)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8-sig") as file:
        yield from ((i, line) for i, line in enumerate(file, start=1) if line.strip())


def record_of(line: str, style: CardStyle) -> tuple[CardRecord, TraceError | None]:
    """The record of a line, and the error of its reasoning if it isn't a trace; raise a ValueError without a card."""
    content = parse_json(line, "the line")
    if not isinstance(content, dict):
        msg = f"expected an object, found {type(content).__name__}."
        raise ValueError(msg)
    style = content.get(STYLE, style)
    question, answer = _turns(content)
    begin = question.find("Context:\n- Cell Type:")
    if begin < 0:
        msg = f"no card in {question[:40]!r}."
        raise ValueError(msg)
    card, trace, problem = Card.parse(question[begin:], style), None, None
    if answer.strip():
        try:
            trace = read_published_trace(answer, card) if style == "r3lm" else Trace.parse(answer)
        except TraceError as error:
            problem = error
    activity, level = (_number(content, key) for key in (SCORE, LEVEL))
    if level is not None and level not in range(LEVELS):
        msg = f"{LEVEL} is {level:g}, but must be an integer from 0 to {LEVELS - 1}."
        raise ValueError(msg)
    return CardRecord(card, trace, activity, None if level is None else int(level), answer), problem


def _turns(content: dict[str, Any]) -> tuple[str, str]:
    """The texts of user and assistant."""
    if isinstance(messages := content.get("messages", content.get("conversations")), list):
        texts: dict[str, str] = {}
        for message in messages:
            role = str(message.get("role", message.get("from")))
            texts[_ROLES.get(role, role)] = str(message.get("content", message.get("value", "")))
        return texts.get("user", ""), texts.get("assistant", "")
    if "instruction" in content or "input" in content:
        asked = (content.get("instruction"), content.get("input"))
        return "\n".join(str(part) for part in asked if part), str(content.get("output") or "")
    msg = f"neither 'messages' nor 'instruction' and 'input' among {', '.join(content) or 'no fields'}."
    raise ValueError(msg)


def _number(content: dict[str, Any], key: str) -> float | None:
    value = content.get(key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        msg = f"{key} is {value!r}, but must be a number."
        raise ValueError(msg) from None
