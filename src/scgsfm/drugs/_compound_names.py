"""Names of compounds: their normal form, and compound, cell line, dose and time out of names of gene sets."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

SALTS = frozenset(
    [
        "acetate",
        "anhydrous",
        "besylate",
        "bitartrate",
        "bromide",
        "calcium",
        "chloride",
        "citrate",
        "dihydrate",
        "dihydrochloride",
        "disodium",
        "fumarate",
        "hcl",
        "hemihydrate",
        "hydrate",
        "hydrobromide",
        "hydrochloride",
        "iodide",
        "lactate",
        "maleate",
        "malate",
        "mesylate",
        "methanesulfonate",
        "monohydrate",
        "nitrate",
        "pamoate",
        "phosphate",
        "potassium",
        "sodium",
        "succinate",
        "sulfate",
        "sulphate",
        "tartrate",
        "tosylate",
        "trifluoroacetate",
        "trihydrate",
    ]
)
"""Words at the end of a name that state a salt or a hydrate."""
_STEREO = re.compile(r"^\(?(?:\+/-|\+-|±|\+|-|[rs])\)-", re.IGNORECASE)
_FORMS = (
    # metformin@MCF7#1e-05M_1
    re.compile(r"(?P<compound>.+)@(?P<cell>[^@#]*)#(?P<dose>[^#_]*)(?:_\w+)?"),
    # genistein_PC3_6.0h_10.0μM
    re.compile(r"(?P<compound>.+)_(?P<cell>[^_]+)_(?P<time>[\d.]+h)_(?P<dose>[\d.]+.M)"),
    # LJP005_A375_24H-alvocidib-10
    re.compile(r"[A-Z]+[\w.]*_(?P<cell>[^_]+)_(?P<time>\d+H)-(?P<compound>.+)-(?P<dose>[\d.]+)"),
    # tretinoin DB00755 mouse GSE31280 sample 2829
    re.compile(r"(?P<compound>.+) (?P<id>DB\d{5}|\d+|\S*) (?P<species>human|mouse|rat) (?P<study>GSE\d+) sample \d+"),
    # ascorbic acid-1610
    re.compile(r"(?P<compound>.+)-\d{1,5}"),
)
_DIRECTION = re.compile(r"[_\-. :|](?:up|dn|down)", re.IGNORECASE)


class SignatureName(NamedTuple):
    """What the name of a signature says."""

    compound: str
    cell: str = ""
    dose: str = ""
    time: str = ""
    study: str = ""


def normalize_compound(name: str) -> str:
    """The normal form of the name of a compound, by which names are compared.

    Case, spaces, hyphens, signs of stereoisomers at the beginning and words of salts at the end do not matter.

    Examples
    --------
    >>> from scgsfm.drugs import normalize_compound
    >>> normalize_compound("(-)-Propranolol hydrochloride")
    'propranolol'
    """
    words = _STEREO.sub("", name.strip().casefold()).split()
    while len(words) > 1 and words[-1] in SALTS:
        words.pop()
    return (
        "".join(character for character in "".join(words) if character.isalnum() or character in "±+") or name.strip()
    )


def plain_spelling(name: str) -> str:
    """A name in lower case, unless capitals are part of it (``Bortezomib``, but ``SN-38``)."""
    is_word = name[:1].isupper() and name[1:].islower()
    return name.lower() if is_word or (name.isupper() and len(name) > 12) else name


def read_signature_name(name: str) -> SignatureName:
    """Compound, cell line, dose, time and study of the name of a signature, as LINCS, CMap and CREEDS files write it.

    Examples
    --------
    >>> from scgsfm.drugs import read_signature_name
    >>> read_signature_name("metformin@MCF7#1e-05M_1")
    SignatureName(compound='metformin', cell='MCF7', dose='1e-05M', time='', study='')
    """
    name = _decoded(name.strip())
    for form in _FORMS:
        if match := form.fullmatch(name):
            found = {key: value.strip() for key, value in match.groupdict().items() if value is not None}
            cell = found.get("cell", found.get("species", ""))
            return SignatureName(
                found["compound"], cell, found.get("dose", ""), found.get("time", "").lower(), found.get("study", "")
            )
    return SignatureName(name)


def _decoded(name: str) -> str:
    """A name without HTML entities, which may stand for the bytes of UTF-8 (``&Icirc;&frac14;`` for µ)."""
    text = html.unescape(name)
    if text == name:
        return name
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def without_direction(name: str) -> str:
    """The name of a set without ``_UP``, ``-dn`` or a similar ending."""
    match = re.search(_DIRECTION.pattern + r"$", name, re.IGNORECASE)
    return name[: match.start()] if match and match.start() else name
