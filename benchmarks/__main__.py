"""Run all benchmarks, and write their tables and charts into the documentation.

python -m benchmarks --data FOLDER --model gsfm-base --reference FOLDER
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

SCRIPTS = {
    "import_time": [],
    "installation": [],
    "model_speed": ["model"],
    "dropout": ["data", "model"],
    "gene_function": ["data", "model", "reference", "corpus"],
    "scoring": [],
    "score_null": [],
    "streaming": [],
    "numerics": [],
    "load": [],
    "gene_embedding": ["data", "model", "corpus"],
    "explanations": ["data"],
    "gsfm_notebooks": ["data", "model", "corpus", "phenotypes"],
    "cell_embedding": ["data", "model", "corpus"],
    "label_transfer": ["data", "model", "corpus"],
    "annotation": ["data"],
    "score_properties": ["data"],
    "cross_species": ["data", "model"],
    "expand": ["data", "model", "corpus"],
    "time_split": ["data", "model", "reference", "corpus"],
    "model_parts": ["data", "model", "run"],
    "enrichment": ["data", "model"],
    "compare": ["data"],
    "term_clusters": ["data"],
    "gene_pairs": ["data", "model", "corpus"],
    "drugs": ["data"],
    "regulatory": ["data"],
    "regulatory_design": ["data"],
    "precision": ["data", "model", "full"],
    "gene_phenotype": ["data"],
    "gene_questions": [],
    "question_readers": [],
    "entity_embedding": ["data"],
    "training_choices": ["data", "corpus", "runs"],
}
"""The options that are passed on to each script."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS), help="scripts to run (all)")
    parser.add_argument("--data", help="data directory (environment variable SCGSFM_DATA)")
    parser.add_argument("--model", help="name or directory of the model")
    parser.add_argument(
        "--reference", help="directory of the published architecture and objective, trained on the same corpus"
    )
    parser.add_argument("--full", help="directory of the model in full precision")
    parser.add_argument("--phenotypes", help="MGI's report HMD_HumanPhenotype.rpt")
    parser.add_argument("--run", help="folder of the training of the model: its corpus and held-out sets")
    parser.add_argument("--runs", help="directory for short trainings")
    parser.add_argument("--corpus", help="directory of the training corpus; built there if it is empty")
    args = parser.parse_args()

    folder = Path(__file__).parent
    codes = {}
    for name in args.only:
        given = [(option, getattr(args, option)) for option in SCRIPTS[name]]
        options = [text for option, value in given if value for text in (f"--{option}", value)]
        print(f"\n== {name}", flush=True)
        codes[name] = subprocess.run([sys.executable, folder / f"{name}.py", *options], check=False).returncode
    for script in ("render.py", "charts.py"):
        subprocess.run([sys.executable, folder / script], check=True)
    failed = [f"{name} ({code})" for name, code in codes.items() if code]
    if failed:
        print(f"\nNot finished, with exit code: {', '.join(failed)}", file=sys.stderr)
    return max(codes.values(), key=abs)


if __name__ == "__main__":
    sys.exit(main())
