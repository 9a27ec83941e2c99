"""Fit the effects of motifs on activity, from which gold reasoning is written, and evaluate them on a held-out fold.

python training/fit_effects.py --data DATA        (DATA holds mpra; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from scgsfm.motifs import Motifs
from scgsfm.regulatory import CLUSTERED, build_cards, fit_effects, reduce_hits
from scgsfm.regulatory._additive_effects import PENALTY

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "motifs" / "effects.npz"
CELL_TYPES = ["HepG2", "K562", "WTC11"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--held-out", type=int, default=8, metavar="FOLD")
    parser.add_argument(
        "--penalty",
        type=float,
        nargs="+",
        default=[PENALTY],
        help="ridge penalties to evaluate; the model of the last one is written",
    )
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "mpra"
    table = pd.read_csv(folder / "lentimpra_joint_folds0-8.tsv.gz", sep="\t")
    held_out = table[table["fold"] == args.held_out]
    table = table[table["fold"] != args.held_out]
    motifs = Motifs.embedded()
    sequences = table["sequence"].tolist()
    hits = reduce_hits(motifs.scan(sequences), motifs)
    clustered = np.array([CLUSTERED in card.tags for card in build_cards(sequences, "", motifs, hits=hits)])
    cards = build_cards(held_out["sequence"].tolist(), CELL_TYPES[0], motifs)
    for penalty in args.penalty:
        activity = table[CELL_TYPES].to_numpy()
        effects = fit_effects(sequences, hits, motifs, clustered, activity, CELL_TYPES, penalty=penalty)
        for cell_type in CELL_TYPES:
            predicted = [effects.activity(card.with_cell_type(cell_type)) for card in cards]
            r = np.corrcoef(predicted, held_out[cell_type])[0, 1]
            print(f"penalty {penalty}: {cell_type} r = {r:.3f} on fold {args.held_out}")
    for k, cell_type in enumerate(CELL_TYPES):
        total = effects.family[k, 0] + 1.2 * effects.family[k, 1]
        print(cell_type, [effects.families[i] for i in np.argsort(-total)[:10]])
    effects.save(OUT)
    print(f"{OUT}: {OUT.stat().st_size:,} bytes; {len(hits) / len(table):.1f} hits per sequence")


if __name__ == "__main__":
    main()
