"""What reads questions best: the rules of `tl.ask`, its language model, or both.

    python benchmarks/question_readers.py

Sets of questions: those of `gene_questions.py`, which are made from the annotations in wordings that the model was not
trained on; questions about entities that do not exist; the 200 of `new_questions.tsv`, which were written before the rules
for the kind of question were, by someone who had seen neither these nor the answers of the model; and the 70 of
`held_out_questions.tsv`, which were written and kept before the rules for symbols in lower case and for long questions were. Three readers: the *rules*
alone; the *model* alone, which names the kind and the entities, and whose names are looked up as they are; and *both*: the
model reads the kind, and the lookup and the reasons to decline come from the rules. All answer from the same annotations.

A question is *right* if its kind and its entities are read as meant; for questions made from the annotations, all answers and
nothing else must be given. Questions that have no single answer (follow-ups, other languages, other matters, several questions in
one, a name alone) are right if they are declined. *Declined* counts questions that have an answer but got none, and *wrong*
those that got the answer to another question. The intervals of all new questions are 95 % bootstraps.
Only the rules read all of them. The language model, alone and with the rules, reads every `--every`-th of the new and of the
held-out questions, since it takes seconds for each; `--every 1` reads all of these.
"""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from _common import parser, report, say
from gene_questions import Oracle, nonexistent, questions

from scgsfm.phenotypes import QUESTION_KINDS, Entity, FactRetriever, approved_symbol, gene_functions
from scgsfm.questions import EntityLinker, RuleReader, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scgsfm.phenotypes import HPOAnnotations

NEW = Path(__file__).with_name("new_questions.tsv")
HELD_OUT = Path(__file__).with_name("held_out_questions.tsv")
RELATION = ("related", "how often")


class Read(NamedTuple):
    """How a question was read, and its answers."""

    asked: str
    entities: tuple[Entity, ...]
    names: tuple[str, ...]


class ModelReader:
    """The language model, with its readings kept in a file so that they are made once."""

    def __init__(self, name: str, file: Path | None) -> None:
        self.name, self.file, self.model = name, file, None
        self.kept: dict[str, dict[str, Any]] = {"entities": {}, "scores": {}}
        if file is not None and file.exists():
            self.kept = json.loads(file.read_text(encoding="utf-8"))

    def _loaded(self) -> Any:
        if self.model is None:
            from scgsfm.models import load

            self.model = load(self.name)
        return self.model

    def save(self) -> None:
        if self.file is not None:
            self.file.write_text(json.dumps(self.kept), encoding="utf-8")

    def entities(self, question: str) -> list[tuple[str, str]]:
        if question not in self.kept["entities"]:
            self.kept["entities"][question] = self._loaded().entities(question)
        return [tuple(pair) for pair in self.kept["entities"][question]]

    def scores(self, question: str) -> np.ndarray:
        if question not in self.kept["scores"]:
            from scgsfm.models.gpgpt._prompts import KIND_ANSWERS, kind_prompt

            answers = [KIND_ANSWERS[kind] for kind in QUESTION_KINDS]
            self.kept["scores"][question] = self._loaded().score(kind_prompt(question), answers).tolist()
        return np.array(self.kept["scores"][question])

    def asks_for_relation(self, question: str) -> float:
        return float(self.scores(question)[[QUESTION_KINDS.index(kind) for kind in RELATION]].sum())

    def most_probable(self, question: str, kinds: Sequence[str]) -> str:
        scores = self.scores(question)
        return max(kinds, key=lambda kind: scores[QUESTION_KINDS.index(kind)])


def read_alone(model: ModelReader, hpo: HPOAnnotations, question: str) -> Read:
    """The kind and the entities that the model names, without any rule."""
    linker = EntityLinker(hpo, approved_symbol)
    found = [linker.find(text, kind) for kind, text in model.entities(question)]
    entities = tuple(dict.fromkeys(filter(None, found)))
    asked = model.most_probable(question, QUESTION_KINDS)
    if (
        not entities
        or len(entities) < len(found)
        or asked not in FactRetriever.question_kinds({e.kind for e in entities})
    ):
        return Read("", entities, ())
    return Read(asked, entities, tuple(FactRetriever(hpo, None, gene_functions).find(asked, entities).names))


def read_by(reader: Any, hpo: HPOAnnotations, question: str) -> Read:
    """As `tl.ask` reads a question with a reader of its kind."""
    found = answer(question, reader, hpo=hpo, resolve=approved_symbol, functions=gene_functions)
    return Read(found.asked, found.entities, found.names)


class Meant:
    """What the new questions mean."""

    def __init__(self, hpo: HPOAnnotations) -> None:
        self.hpo = hpo

    def keys(self, row: dict[str, str]) -> list[set[tuple[str, str]]]:
        """Kind and id of each entity; a disease may have several ids."""
        o, found = self.hpo.ontology, []
        for kind, column in (("gene", "gene"), ("hpo", "phenotype"), ("disease", "disease")):
            for name in filter(None, row[column].split(" + ")):
                if kind == "gene":
                    ids = {name}
                elif kind == "hpo":
                    ids = {o.ids[term] for term in o.find(name) if o.is_phenotype[term]}
                else:
                    ids = {self.hpo.disease_ids[disease] for disease in self.hpo.find_disease(name)}
                if not ids:
                    msg = f"{name} of {row['question']!r} does not exist."
                    raise SystemExit(msg)
                found.append({(kind, key) for key in ids})
        return found

    def judge(self, row: dict[str, str], read: Read) -> str:
        """``"right"``, ``"declined"`` or ``"wrong"``."""
        if row["asked"] in ("declined", "unclear") or " + " in row["asked"]:
            return "wrong" if read.asked else "right"
        if not read.asked:
            return "declined"
        of = [
            {(e.kind, self.hpo.disease_ids[r]) for r in e.rows} if e.kind == "disease" else {(e.kind, e.name)}
            for e in read.entities
        ]
        keys = self.keys(row)
        same = len(of) == len(keys) and all(any(one & other for other in of) for one in keys)
        return "right" if same and read.asked == row["asked"] else "wrong"


def judge_made(read: Read, asked: str, right: set[str]) -> str:
    """Of a question made from the annotations."""
    if asked == "how often":  # the answer is in words
        exact = bool(right) and read.asked == asked and len(read.names) == len(right)
    else:
        exact = set(read.names) == right and (bool(right) or read.asked == asked)
    return "right" if exact else "wrong" if read.asked else "declined"


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--model", default="gpgpt-mini", help="name or directory of the language model")
    options.add_argument("--each", type=int, default=40, help="made questions of each kind (%(default)s)")
    options.add_argument("--fakes", type=int, default=100, help="questions about nothing that exists (%(default)s)")
    options.add_argument("--readers", nargs="+", choices=["rules", "model", "both"], default=["rules", "model", "both"])
    options.add_argument("--every", type=int, default=5, help="the model reads every n-th question (%(default)s)")
    options.add_argument("--readings", type=Path, help="file that keeps what the model reads, for the next run")
    args = options.parse_args()
    rng, oracle = np.random.default_rng(0), Oracle()
    made, fakes = questions(oracle, args.each, rng), nonexistent(oracle, args.fakes, rng)
    written = {"new": rows_in(NEW), "held out": rows_in(HELD_OUT)}
    model, meant, rows = ModelReader(args.model, args.readings), Meant(oracle.hpo), []
    readers: dict[str, Callable[[str], Read]] = {
        "rules": partial(read_by, RuleReader(), oracle.hpo),
        "model": partial(read_alone, model, oracle.hpo),
        "both": partial(read_by, model, oracle.hpo),
    }
    for name in args.readers:
        read = readers[name]
        if name == "rules":
            for question, asked, _, _, right in made:
                rows.append(("made from the annotations", name, judge_made(read(question), asked, right), question))
                lower = question.lower()
                rows.append(("the same in lower case", name, judge_made(read(lower), asked, right), lower))
            for question in fakes:
                verdict = "wrong" if read(question).asked else "right"
                rows.append(("about nothing that exists", name, verdict, question))
        for label, questions_of in written.items():
            for row in questions_of if name == "rules" else questions_of[:: args.every]:
                verdict = meant.judge(row, read(row["question"]))
                rows.append((f"{label}: {row['style']}", name, verdict, row["question"]))
                rows.append((f"{label}: all", name, verdict, row["question"]))
            say(f"{name}: {label}")
        model.save()
        for group, who, verdict, question in rows:
            if who == name and verdict != "right" and not group.endswith(": all") and name != "model":
                say(f"{name}, {verdict}: {question!r} → {read(question)[:2]}")
    table = pd.DataFrame(rows, columns=["questions", "reader", "verdict", "question"])
    report("question_readers", summary(table), args.out)


def rows_in(file: Path) -> list[dict[str, str]]:
    """Questions of a file and what they mean."""
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Fractions of right, declined and wrong questions by set and reader."""
    rows = []
    for (group, reader), part in table.groupby(["questions", "reader"], sort=False):
        right = (part["verdict"] == "right").to_numpy()
        drawn = np.random.default_rng(0).integers(len(right), size=(1000, len(right)))
        low, high = np.quantile(right[drawn].mean(axis=1), (0.025, 0.975))
        shares = [(part["verdict"] == verdict).mean() for verdict in ("right", "declined", "wrong")]
        rows.append((group, reader, len(part), shares[0], low, high, *shares[1:]))
    return pd.DataFrame(rows, columns=["questions", "reader", "n", "right", "low", "high", "declined", "wrong"])


if __name__ == "__main__":
    main()
