"""One or many patients: which of the forms is given, their terms, and their candidate genes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from scgsfm._messages import check_choice, listing, warn

from ._candidates import candidate_symbols, genes_of_packet
from ._gene_tables import lines_of
from ._patient_files import is_phenopacket, is_text_file, read_patient_file, read_text
from ._patient_terms import ABSENT_STATES, ON_UNKNOWN, PRESENT_STATES, PatientTerms, parse_patient

if TYPE_CHECKING:
    from ._patient_terms import Terms

INTERPRETATIONS = "interpretations"
"""Candidates: the genes in the interpretations of a phenopacket."""
_PACKETS = (".json", ".yaml", ".yml", ".phenopacket")
_NAMES = ("patient", "patient_id", "case", "case_id", "individual", "individual_id", "subject", "subject_id", "proband")
_TERMS = (
    "phenotypes", "phenotype", "observed_hpo", "observed", "present", "hpo_terms", "hpo_term", "hpo_ids", "hpo_id",
    "hpo", "terms", "term", "term_id",
)  # fmt: skip
_EXCLUDED = ("excluded", "excluded_hpo", "absent", "negated", "state", "status", "excluded_phenotypes")
_CANDIDATES = ("candidates", "candidate_genes", "genes")


class Patients(NamedTuple):
    """Patients with terms that can be used."""

    names: list[str]
    terms: list[PatientTerms]
    candidates: list[list[str] | None]
    """Symbols of the candidate genes of each; ``None`` for all genes."""
    several: bool
    """Whether many patients were given, maybe as a table of one."""


class _Given(NamedTuple):
    phenotypes: Any
    excluded: Any = ()
    candidates: Any = None


def read_patients(
    phenotypes: Terms | pd.DataFrame,
    excluded: Terms = (),
    candidates: Any = None,
    *,
    on_unknown: str = "warn",
    expand_diseases: bool = False,
) -> Patients:
    """Terms and candidates of one or many patients; patients without a usable term are left out of many.

    Parameters
    ----------
    phenotypes, excluded, candidates, on_unknown, expand_diseases
        See :func:`scgsfm.tl.rank_genes`.

    Raises
    ------
    ValueError
        If no patient can be used.
    """
    check_choice("on_unknown", on_unknown, ON_UNKNOWN)
    many = _many_patients(phenotypes)
    if many is None:
        packet = read_patient_file(phenotypes) if is_text_file(phenotypes) else phenotypes
        terms, report = parse_patient(packet, excluded, expand_diseases=expand_diseases)
        _tell([report] if report else [], on_unknown)
        return Patients([""], [terms], [_candidates_of(packet, candidates, on_unknown)], several=False)
    if not isinstance(excluded, str | PathLike) and not list(excluded):
        return _read_many(many, candidates, on_unknown, expand_diseases)
    msg = "`excluded` holds for one patient: for several, give the excluded terms with each patient."
    raise ValueError(msg)


def _tell(reports: list[str], on_unknown: str) -> None:
    if reports and on_unknown == "raise":
        raise ValueError("\n".join(reports))
    if reports and on_unknown == "warn":
        warn("\n".join(reports))


def _read_many(many: Mapping[str, _Given], candidates: Any, on_unknown: str, expand_diseases: bool) -> Patients:
    if not many:
        msg = "The table of patients has no rows: give at least one patient with a term, such as 'HP:0001250'."
        raise ValueError(msg)
    found, reports, failed = Patients([], [], [], several=True), [], []
    shared = None
    per_patient = isinstance(candidates, Mapping)
    if per_patient and (missing := [name for name in many if name not in candidates]):
        msg = f"`candidates` lacks {len(missing)} of {len(many)} patients: {listing(missing)}."
        raise ValueError(msg)
    if candidates is not None and not per_patient and candidates != INTERPRETATIONS:
        shared = candidate_symbols(candidates, on_unknown=on_unknown)
    for name, given in many.items():
        try:
            packet = read_patient_file(given.phenotypes) if is_text_file(given.phenotypes) else given.phenotypes
            terms, report = parse_patient(packet, given.excluded, expand_diseases=expand_diseases)
            own = candidates[name] if per_patient else given.candidates
            if shared is None and candidates == INTERPRETATIONS and not per_patient:
                own = INTERPRETATIONS
            symbols = shared if shared is not None else _candidates_of(packet, own, on_unknown)
        except (ValueError, TypeError, OSError) as error:
            failed.append(f"{name}: {error}")
            continue
        found.names.append(name)
        found.terms.append(terms)
        found.candidates.append(symbols)
        reports += [f"{name}: {report}"] if report else []
    if failed:
        text = f"{len(failed)} of {len(many)} patients left out:\n{lines_of(failed)}"
        if on_unknown == "raise" or not found.names:
            raise ValueError(text)
        reports.insert(0, text)
    if len(reports) > 21:
        reports = [*reports[:21], f"and terms of {len(reports) - 21:,} more patients."]
    _tell(reports, on_unknown)
    return found


def _candidates_of(packet: Any, candidates: Any, on_unknown: str) -> list[str] | None:
    if candidates is None:
        return None
    if isinstance(candidates, str) and candidates == INTERPRETATIONS:
        candidates = genes_of_packet(packet) if isinstance(packet, Mapping) else []
        if not candidates:
            msg = "`candidates='interpretations'` needs a phenopacket with genes in its interpretations."
            raise ValueError(msg)
    return candidate_symbols(candidates, on_unknown=on_unknown)


def _many_patients(given: Any) -> dict[str, _Given] | None:
    """What is given for each of many patients; ``None`` for a single one."""
    if isinstance(given, pd.DataFrame):
        return _of_table(given)
    if isinstance(given, str | PathLike) and Path(given).is_dir():
        return _of_folder(Path(given))
    if is_text_file(given):
        return _of_file(Path(given))
    if isinstance(given, Mapping):
        return _of_mapping(given)
    return _of_list(given) if isinstance(given, list | tuple) and given else None


def _of_mapping(given: Mapping[Any, Any]) -> dict[str, _Given] | None:
    """Patients of a cohort, or of a dict by name."""
    if isinstance(given.get("members"), list):
        return _named(given["members"])
    states = [isinstance(value, str) or not isinstance(value, Iterable | PathLike) for value in given.values()]
    if is_phenopacket(given) or all(states):
        return None
    return {str(name): _Given(value) for name, value in given.items()}


def _of_list(given: list[Any] | tuple[Any, ...]) -> dict[str, _Given] | None:
    """Patients of phenopackets, or of their files."""
    if all(isinstance(one, Mapping) and is_phenopacket(one) for one in given):
        return _named(given)
    return _of_paths([Path(one) for one in given]) if all(map(_is_packet_path, given)) else None


def _is_packet_path(one: Any) -> bool:
    return isinstance(one, PathLike) or (isinstance(one, str) and one.lower().endswith(_PACKETS))


def _of_folder(folder: Path) -> dict[str, _Given]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PACKETS and path.is_file())
    if paths:
        return _of_paths(paths)
    msg = f"{folder} has no phenopackets: files that end in {', '.join(_PACKETS)}."
    raise FileNotFoundError(msg)


def _of_paths(paths: list[Path]) -> dict[str, _Given]:
    """Files by the stems of their names, or by their paths if two have the same."""
    unique = len({path.stem for path in paths}) == len(paths)
    return {path.stem if unique else str(path): _Given(path) for path in paths}


def _of_file(path: Path) -> dict[str, _Given] | None:
    """Patients of a table, of a list of phenopackets, or of a cohort."""
    if not path.is_file():
        return None  # reading it raises
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        text = read_text(path)
        header = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
        separator = "\t" if "\t" in header else ","
        if any(_plain(cell) in _NAMES for cell in header.split(separator)):
            table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, comment="#")
            return _of_table(table)
        return None
    content = read_patient_file(path)
    if isinstance(content, list):
        return _of_list(content) if content else None
    return _named(content["members"]) if isinstance(content.get("members"), list) else None


def _named(packets: Iterable[Any]) -> dict[str, _Given]:
    """Phenopackets by their ids; those without one, or with that of another, get their number."""
    found: dict[str, _Given] = {}
    for number, packet in enumerate(packets, 1):
        subject = packet.get("subject") or packet.get("individual") or {}
        name = str(packet.get("id") or (subject.get("id") if isinstance(subject, Mapping) else "") or number)
        found[name if name not in found else f"{name} ({number})"] = _Given(packet)
    return found


def _plain(name: Any) -> str:
    return re.sub(r"[\s.\-]+", "_", str(name).strip(" \"'\ufeff").casefold())


def _of_table(table: pd.DataFrame) -> dict[str, _Given]:
    """Patients of a table with a row for each patient, or for each patient and term."""
    columns = {_plain(column): column for column in reversed(list(table.columns))}
    chosen = {
        kind: next((columns[name] for name in names if name in columns), None)
        for kind, names in (("name", _NAMES), ("terms", _TERMS), ("excluded", _EXCLUDED), ("candidates", _CANDIDATES))
    }
    if chosen["name"] is None or chosen["terms"] is None:
        lacking = "patients ('patient')" if chosen["name"] is None else "terms ('phenotypes')"
        msg = f"The table of patients has no column of {lacking}; it has {listing(list(map(str, table.columns)))}."
        raise ValueError(msg)
    found: dict[str, tuple[list[Any], list[Any], list[Any]]] = {}
    for row in table.to_dict("records"):
        name = str(row[chosen["name"]]).strip()
        present, absent, genes = found.setdefault(name, ([], [], []))
        terms = split_cell(row[chosen["terms"]])
        other = row[chosen["excluded"]] if chosen["excluded"] is not None else None
        state = str(other).strip().casefold()
        if state in ABSENT_STATES | PRESENT_STATES:
            is_absent = _is_absent(state, _plain(chosen["excluded"]))
            (absent if is_absent else present).extend(terms)
        else:
            present += terms
            absent += split_cell(other)
        if chosen["candidates"] is not None:
            genes += split_cell(row[chosen["candidates"]])
    return {name: _Given(has, lacks, genes or None) for name, (has, lacks, genes) in found.items()}


def _is_absent(state: str, column: str) -> bool:
    """Whether a term is absent: *true* in a column ``excluded`` means that it is, in a column ``state`` that it is not."""
    if state in ("present", "observed", "included"):
        return False
    holds = state in PRESENT_STATES
    is_word = state in ("absent", "excluded", "negated", "not present", "not observed")
    return is_word or (holds if column in ("excluded", "negated", "absent") else not holds)


def split_cell(cell: Any) -> list[str]:
    """Items of a cell, separated by ``|`` or ``;``, or by commas if all look like ids or symbols."""
    if isinstance(cell, list | tuple | set):
        return [str(one) for one in cell]
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 - NaN
        return []
    parts = [part.strip() for part in re.split(r"[|;]", str(cell))]
    if len(parts) == 1 and "," in parts[0]:
        by_comma = [part.strip() for part in parts[0].split(",")]
        if all(re.fullmatch(r"[\w:.\-]+", part) for part in by_comma):
            parts = by_comma
    return [part for part in parts if part]
