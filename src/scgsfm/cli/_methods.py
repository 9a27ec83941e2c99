"""``scgsfm methods`` and ``scgsfm methods NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm._messages import did_you_mean

from ._options import complete_methods
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, as_json, show_table

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = ("scgsfm methods", "scgsfm methods ucell", "scgsfm methods --json")


def add_arguments(parser: Parser) -> None:
    """One method or all, and the output."""
    action = parser.input.add_argument(
        "name", nargs="?", metavar="NAME", help="show the properties and parameters of this method (default: list all)"
    )
    action.completer = complete_methods  # type: ignore[attr-defined]
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print a table of the methods, or the properties of one."""
    if args.output is not None:
        if args.name is not None:
            raise ValueError("--output is for the table of all methods. Omit NAME, or --output.")
        check_output(args.output, TABLES, force=args.force)
    from scgsfm import methods
    from scgsfm.scoring import get_method

    table = methods()
    if args.name is None:
        shown = table.reset_index()
        shown["parameters"] = [" ".join(get_method(name).parameters) for name in table.index]
        hidden = [name for name in shown if name not in {"method", "title", "weights", "signs", "values", "test"}]
        show_table(shown, args, hidden=hidden)
        return
    if args.name not in table.index:
        similar = did_you_mean(args.name, table.index) or f" Available: {', '.join(table.index)}."
        raise ValueError(f"NAME: there is no method {args.name!r}.{similar}")
    record: dict[str, Any] = {"method": args.name, **table.loc[args.name].to_dict()}
    parameters = get_method(args.name).parameters
    if args.json:
        print(as_json({**record, "range": [str(one) for one in record["range"]], "parameters": parameters}))
        return
    for name, value in record.items():
        text = {True: "yes", False: "no", "": "none"}.get(value, value) if isinstance(value, bool | str) else value
        text = " to ".join(f"{one:g}" for one in value) if name == "range" else text
        print(f"{name.replace('_', ' '):<14}{text}")
    print("parameters    " + (", ".join(f"{name}={value}" for name, value in parameters.items()) or "none"))
