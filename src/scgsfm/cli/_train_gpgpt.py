"""``scgsfm train gpgpt …``."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ._outputs import check_directory
from ._train_options import add_settings

if TYPE_CHECKING:
    from scgsfm.models.gpgpt import TrainConfig


def train_gpgpt(args: argparse.Namespace) -> None:
    """Train a stage of GP-GPT and print its directory."""
    from scgsfm.models.gpgpt import TrainConfig, train

    parser = argparse.ArgumentParser(
        prog=f"scgsfm train {args.kind}", description="Train a language model of genes, phenotypes and diseases."
    )
    parser.add_argument(
        "--stage", type=int, choices=[1, 2], required=True, help="1: pretraining, 2: instruction tuning"
    )
    parser.add_argument("--base", metavar="MODEL", help="directory or hub id of the base model (required for stage 2)")
    parser.add_argument("--data", required=True, metavar="CORPUS", help="corpus from training/build_gpgpt_corpus.py")
    parser.add_argument("-o", "--out", required=True, help="output directory")
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True, help="resume from checkpoints")
    parser.add_argument(
        "--merged",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also write the base model with merged adapters",
    )
    parser.add_argument(
        "--validate-every", type=int, default=250, help="steps between validations (default: %(default)s)"
    )
    parser.add_argument("--accelerator", default="cpu", help="cpu or gpu (default: %(default)s)")
    parser.add_argument(
        "--devices", type=int, default=1, help="number of devices; several use DDP (default: %(default)s)"
    )
    add_settings(parser.add_argument_group("settings", "Fields of TrainConfig, see docs/gpgpt.md."), TrainConfig)
    given = vars(parser.parse_args(args.arguments))
    check_directory(Path(given["out"]))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    config = TrainConfig(**settings | {"mixture": dict(settings["mixture"])})
    _refuse_unused(config, **{name: given[name] for name in ("stage", "base", "merged")})
    print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))


def _refuse_unused(config: TrainConfig, *, stage: int, base: str | None, merged: bool) -> None:
    """Refuse settings that have no effect in this run."""
    adapts = config.adapters in ("lora", "qlora") or (config.adapters == "auto" and base is not None)
    reasons: dict[str, str] = {}
    if base is not None:
        names = ("vocab_size", "hidden_size", "layers", "heads", "feed_forward")
        reasons |= dict.fromkeys(names, "is for a model from scratch, without --base")
    if not adapts:
        reasons |= dict.fromkeys(("rank", "alpha"), "is for adapters")
    if stage == 2:
        reasons["infill"] = "is for --stage 1"
    defaults = {field.name: field.default for field in fields(config)}
    unused = [name for name in reasons if getattr(config, name) != defaults[name]]
    if unused:
        raise ValueError(f"--{unused[0].replace('_', '-')} {reasons[unused[0]]} and has no effect here: omit it.")
    if not merged and not adapts:
        raise ValueError("--no-merged is for adapters and has no effect here: omit it.")
