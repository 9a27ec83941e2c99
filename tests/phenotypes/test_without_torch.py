"""Phenotypes work without PyTorch and without the packages of extras."""

import subprocess
import sys

BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "tokenizers", "peft", "pytorch_lightning"}:
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
"""
USE = """
import numpy as np
import scgsfm
from scgsfm import tl
from scgsfm.phenotypes import PhenotypeEnrichment, load_annotations

assert tl.gene_phenotype("SCN1A", "Seizure")["status"][0] == "known"
assert tl.rank_genes(["Ectopia lentis", "Dural ectasia"], n_top=1)["gene"][0] == "FBN1"
genes = np.array(load_annotations().genes[:3000], dtype=object)
tests = PhenotypeEnrichment.over(genes, min_genes=5, max_genes=500)
assert len(list(tests.tables("a", np.arange(20), 5))) == 3
assert callable(tl.phenotypes)
assert not {"torch", "transformers", "sklearn"} & sys.modules.keys()
"""


def test_phenotypes_need_neither_torch_nor_an_extra() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKED + USE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
