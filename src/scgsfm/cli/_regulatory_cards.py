"""Cards of ``scgsfm regulatory``: written with ``--cards`` as training data, and checked in files of JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._outputs import check_output, new_file, write_table
from ._value_types import one_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ._parser import Parser

RECORDS, MEASURED = "records", "measured sequences"
"""Kinds of input: cards as JSON lines, and a table of sequences and activities."""
Written = list[tuple[Path, str, int]]


def add_card_arguments(parser: Parser) -> None:
    """Add the options of cards."""
    group = parser.add_argument_group("Training data of language models")
    group.add_argument(
        "--cards",
        type=one_of(["sharegpt", "alpaca"]),
        metavar="LAYOUT",
        help="write cards as JSON lines for LLaMA-Factory: sharegpt or alpaca; a .tsv of sequences and activities adds "
        "reasoning and activities",
    )
    group.add_argument(
        "--card-style",
        type=one_of(["r3lm", "scgsfm"]),
        metavar="STYLE",
        help="how cards are written: r3lm, as published, or scgsfm (default: r3lm)",
    )
    group.add_argument(
        "--register",
        action="store_true",
        default=None,
        help="with --cards: add the file to dataset_info.json beside it",
    )


def regulatory_cards(args: argparse.Namespace, kind: str, source: Callable[[], dict[str, Any]]) -> Written:
    """Write the cards of elements, or the check of a file of cards; returns files, what is in them and how much."""
    _check_options(args, kind)
    return [_checked(args)] if kind == RECORDS else [_cards(args, kind, source)]


def _check_options(args: argparse.Namespace, kind: str) -> None:
    unused = [
        "windows",
        "groupby",
        "layer",
        "explain",
        *(["genome"] if kind in (RECORDS, MEASURED, "sequences") else []),
    ]
    unused += ["cards", "cell_type", "register"] if kind == RECORDS else []
    if without := [f"--{name.replace('_', '-')}" for name in unused if getattr(args, name) is not None]:
        what = "the check of cards" if kind == RECORDS else "cards"
        raise ValueError(f"{', '.join(without)}: no effect on {what}. Omit {'them' if len(without) > 1 else 'it'}.")
    if kind == "variants":
        raise ValueError(
            "--cards: variants have no cards; give peaks, sequences, or a .tsv of sequences and activities."
        )
    if kind != RECORDS and (args.cards is None or not args.cell_type):
        missing = "--cards" if args.cards is None else "--cell-type"
        raise ValueError(f"{missing}: needed to write cards, such as --cards sharegpt --cell-type K562.")
    if not args.input.exists():
        raise FileNotFoundError(f"FILE: {args.input} does not exist.")
    suffixes = (".csv",) if kind == RECORDS else (".jsonl", ".jsonl.gz")
    check_output(args.output, suffixes, force=args.force, source=args.input)


def _checked(args: argparse.Namespace) -> tuple[Path, str, int]:
    from scgsfm.regulatory import check_records

    names = _motifs(args).names
    table = check_records(args.input, style=args.card_style or "r3lm", known_names=names)
    write_table(table, args.output)
    return args.output, f"cards, {int((table['status'] == 'ok').sum()):,} without a problem", len(table)


def _cards(args: argparse.Namespace, kind: str, source: Callable[[], dict[str, Any]]) -> tuple[Path, str, int]:
    from scgsfm.regulatory import write_records

    style = args.card_style or "r3lm"
    records = _measured(args, style) if kind == MEASURED else _elements(args, style, source())
    options = {"layout": args.cards, "style": style, "register": bool(args.register)}
    if args.register:
        write_records(args.output, records, **options)
    else:
        with new_file(args.output) as part:
            write_records(part, records, **options)
    return args.output, "cards", len(records)


def _elements(args: argparse.Namespace, style: str, source: dict[str, Any]) -> list[Any]:
    from scgsfm.dna import element_windows
    from scgsfm.regulatory import CardRecord, build_cards

    found = element_windows(source.get("data"), source.get("sequences"), source.get("genome"), width=200)
    motifs = _motifs(args)
    return [
        CardRecord(card)
        for cell in args.cell_type
        for card in build_cards(found.sequences, cell, motifs, fimo=style == "r3lm")
    ]


def _measured(args: argparse.Namespace, style: str) -> list[Any]:
    """Cards with activities, and the reasoning that the additive model writes."""
    from scgsfm.regulatory import CardRecord, fit_measured, make_examples, read_measured, units_of

    rows, motifs = read_measured(args.input, args.cell_type), _motifs(args)
    units = units_of(rows)
    made = make_examples(rows, motifs, fit_measured(rows, motifs), units, fimo=style == "r3lm")
    scale = dict(zip(rows.cell_types, units.tolist(), strict=True))
    return [
        CardRecord(card, trace, round(scale[card.cell_type][0] + scale[card.cell_type][1] * value, 6), trace.level)
        for card, trace, value in zip(made.cards, made.traces, made.activity.tolist(), strict=True)
    ]


def _motifs(args: argparse.Namespace) -> Any:
    from scgsfm.motifs import Motifs

    return Motifs.embedded() if args.motifs is None else Motifs.of(args.motifs)
