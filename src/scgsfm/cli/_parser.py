"""The parser of the command line: groups of options, examples, and suggestions for misspelled names."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from scgsfm._messages import did_you_mean

from ._registry import COMMANDS, FORMER_NAMES, SUMMARIES, module_of
from ._value_types import positive

if TYPE_CHECKING:
    from collections.abc import Sequence

FOOTER = """\
examples:
  scgsfm demo
  scgsfm score cells.h5ad --sets hallmark -o scored.h5ad
  scgsfm enrich ISG15 IFIT1 IFIT3 MX1 OAS1

`scgsfm COMMAND --help` lists the options of a command, with examples."""


class Parser(argparse.ArgumentParser):
    """A parser with groups of options.

    Parameters
    ----------
    examples
        Command lines to show below the options.
    general
        Whether to add the options that all commands have.
    **options
        Of :class:`argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: Sequence[str] = (), general: bool = True, **options: Any) -> None:
        if examples:
            options["epilog"] = "\n".join(["examples:", *(f"  {example}" for example in examples)])
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, add_help=False, **options)
        self.input = self.add_argument_group("Input")
        self.method = self.add_argument_group("Method")
        self.output = self.add_argument_group("Output")
        self.advanced = self.add_argument_group("Advanced")
        self.general = self.add_argument_group("General")
        self.rest: str | None = None
        """Name of a list to which arguments that follow options are added: argparse takes ``nargs="*"`` to be empty
        if an option comes first."""
        self.own_options = True
        """Whether all options of the command are known to this parser."""
        self.commands: dict[str, Parser] = {}
        """Parsers of the commands."""
        self.general.add_argument("-h", "--help", action="help", help="show this help and exit")
        if general:
            add_general(self)

    def error(self, message: str) -> NoReturn:
        """Report a wrong argument in one line, and where the help is."""
        self.exit(2, f"{self.prog}: error: {message}\nRun `{self.prog} --help` for help.\n")

    def check_options(self, given: Sequence[str]) -> None:
        """Stop with suggestions at the first option that does not exist."""
        known = self._option_string_actions
        for argument in given:
            if argument == "--" or not self.own_options:
                return
            name = argument.partition("=")[0]
            if name.startswith("--") and not any(option.startswith(name) for option in known):
                visible = [option for option, action in known.items() if action.help != argparse.SUPPRESS]
                self.error(f"unknown option {name}.{did_you_mean(name, visible, n=1)}")


def add_general(parser: Parser) -> None:
    """Options of all commands. They have no default, so that they may stand before or after the command."""
    add = parser.general.add_argument
    add("-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="show only warnings and results")
    text = "show details, and the traceback of errors"
    add("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help=text)
    text = "number of threads (default: all cores)"
    add("--threads", type=positive, metavar="N", default=argparse.SUPPRESS, help=text)


def build_parser() -> Parser:
    """The parser with all commands."""
    listed = [
        line
        for topic, commands in COMMANDS.items()
        for line in (f"\n{topic}:", *(f"  {name:<12}{summary}" for name, summary in commands.items()))
    ]
    description = "\n".join(["Gene-set foundation models for single-cell analysis.", *listed])
    top = Parser(prog="scgsfm", usage="scgsfm [OPTION ...] COMMAND ...", description=description, epilog=FOOTER)
    top.general.add_argument("--version", action="store_true", help="show the version and exit")
    commands = top.add_subparsers(
        prog="scgsfm", metavar="COMMAND", dest="command", help=argparse.SUPPRESS, parser_class=Parser
    )
    for name, summary in SUMMARIES.items():
        module = import_module(module_of(name))
        examples = getattr(module, "EXAMPLES", (f"scgsfm {name}",))
        command = commands.add_parser(name, description=f"{summary[0].upper()}{summary[1:]}.", examples=examples)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
        top.commands[name] = command
    return top


def parse(top: Parser, given: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; former names of commands are accepted."""
    given = list(given)
    start = argparse.Namespace(quiet=False, verbose=False, threads=None, json=False)
    i = command_index(given)
    if i is None:
        top.check_options(given)
        return top.parse_args(given, start)
    given[i] = FORMER_NAMES.get(given[i], given[i])
    if given[i] not in SUMMARIES:
        top.error(f"unknown command {given[i]!r}.{did_you_mean(given[i], SUMMARIES)}")
    command = top.commands[given[i]]
    if not command.own_options:
        given, i = general_first(given), command_index(general_first(given)) or 0
    top.check_options(given[:i])
    command.check_options(given[i + 1 :])
    args, rest = top.parse_known_args(given, start)
    if rest and command.rest and not any(len(one) > 1 and one.startswith("-") for one in rest):
        setattr(args, command.rest, [*(getattr(args, command.rest) or []), *rest])
    elif rest:
        command.error(f"unexpected {' '.join(rest)}")
    return args


def command_index(given: Sequence[str]) -> int | None:
    """The position of the command among the arguments."""
    value_follows = False
    for i, argument in enumerate(given):
        if not argument.startswith("-") and not value_follows:
            return i
        value_follows = argument == "--threads"
    return None


def general_first(given: Sequence[str]) -> list[str]:
    """Move the options of all commands to the front: a command that parses its own options does not know them."""
    first, others = list[str](), list[str]()
    value_follows = False
    for argument in given:
        is_general = value_follows or argument in {"-q", "--quiet", "-v", "--verbose", "--threads"}
        (first if is_general else others).append(argument)
        value_follows = argument == "--threads"
    return [*first, *others]
