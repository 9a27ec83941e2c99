"""Compounds whose perturbation signatures mimic or reverse a profile, their mechanisms of action and targets."""

from ._compound_classes import classes_of_table, compound_classes
from ._compound_names import SignatureName, normalize_compound, read_signature_name
from ._compound_sets import compound_sets
from ._compounds import Compounds, load_compounds
from ._open_signatures import installed_signatures, open_signatures
from ._profiles import Profiles, profiles_of_lists, profiles_of_rankings
from ._random_signatures import normal_scores, random_signatures
from ._rank_compounds import RankedCompounds, RankingOptions, rank_compounds
from ._scores import SCORES, score
from ._signature_index import SignatureIndex
from ._update_signatures import InstalledSignatures, update_signatures

__all__ = [
    "SCORES",
    "Compounds",
    "InstalledSignatures",
    "Profiles",
    "RankedCompounds",
    "RankingOptions",
    "SignatureIndex",
    "SignatureName",
    "classes_of_table",
    "compound_classes",
    "compound_sets",
    "installed_signatures",
    "load_compounds",
    "normal_scores",
    "normalize_compound",
    "open_signatures",
    "profiles_of_lists",
    "profiles_of_rankings",
    "random_signatures",
    "rank_compounds",
    "read_signature_name",
    "score",
    "update_signatures",
]
