"""``scgsfm train gpgpt …``."""

from __future__ import annotations

import argparse
from dataclasses import fields

from ._train_options import add_settings


def train_gpgpt(args: argparse.Namespace) -> None:
    """Train a stage of GP-GPT and tell where it is."""
    from scgsfm.models.gpgpt import TrainConfig, train

    parser = argparse.ArgumentParser(
        prog=f"scgsfm train {args.kind}", description="Train a language model of genes, phenotypes and diseases."
    )
    parser.add_argument("--stage", type=int, choices=[1, 2], required=True, help="1: read, 2: follow instructions")
    parser.add_argument(
        "--base", metavar="MODEL", help="folder or hub id of the model to go on from; stage 2 needs one"
    )
    parser.add_argument("--data", required=True, metavar="CORPUS", help="of training/build_gpgpt_corpus.py")
    parser.add_argument("-o", "--out", required=True, help="folder of the run")
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True, help="go on from checkpoints")
    parser.add_argument(
        "--merged", action=argparse.BooleanOptionalAction, default=True, help="also write the base with its adapters"
    )
    parser.add_argument("--validate-every", type=int, default=250, help="in steps (%(default)s)")
    parser.add_argument("--accelerator", default="cpu", help="cpu or gpu (%(default)s)")
    parser.add_argument("--devices", type=int, default=1, help="more than one train by DDP (%(default)s)")
    add_settings(parser.add_argument_group("settings", "Those of TrainConfig; see docs/gpgpt.md."), TrainConfig)
    given = vars(parser.parse_args(args.arguments))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    config = TrainConfig(**settings | {"mixture": dict(settings["mixture"])})
    try:
        print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))
    except ImportError as error:
        raise ValueError(error) from error
