"""Questions about genes, phenotypes and diseases, answered by `tl.ask`, and by its language model alone.

    python benchmarks/gene_questions.py

The questions are generated from the annotations, with templates by someone who had not seen the templates of training. The
right answers are found by plain walks over the annotations. `exact match`: the answers are all annotated answers and nothing
else (if no annotation relates two entities, the answer must be that it doesn't know). `read rightly`: the kind of the
question. `cited evidence`: the fraction of reported facts that are rows of the sources and about the question. `model alone`:
exact match of the text that the language model generates, on some of the questions. `tl.ask` reads the questions by rules, as by
default; `--reader model` reads them by the language model. The last row is about genes and
phenotypes that do not exist: the fraction of questions that was declined.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
from _common import parser, report, say

from scgsfm import GeneSets
from scgsfm.models import load
from scgsfm.models.gpgpt import ANSWER, GPGPT, NO, YES, answer_prompt, spans
from scgsfm.models.gpgpt.training import QUESTIONS
from scgsfm.phenotypes import Fact, load_annotations
from scgsfm.tl import ask

WORDED = {
    ("genes", ("hpo",)): [
        "Which genes, when mutated, are known to produce {hpo}?",
        "What is the list of genes annotated with {hpo}?",
        "If I see {hpo} in a proband, which genes should go on the panel?",
        "Are there particular genes in which pathogenic variants lead to {hpo}?",
        "Mutations in what genes could account for {hpo}?",
        "Enumerate every gene that has been tied to {hpo}.",
        "Give me candidate genes for {hpo}, gene symbols only please.",
        "{hpo} gene list",
        "I'm filtering exome variants from a child with {hpo} and need to know what genes to prioritise.",
        "We are studying the genetic basis of {hpo}; name the loci by gene symbol that have been implicated.",
    ],
    ("genes", ("disease",)): [
        "Which gene is responsible for {disease}?",
        "What genes harbour the causal variants in {disease}?",
        "Do we know the gene underlying {disease}, and if so what is it called?",
        "In which gene or genes would you look for the mutation in someone diagnosed with {disease}?",
        "{disease} results from a defect in what gene?",
        "Name the causative gene(s) of {disease}.",
        "Show all genes with an established association to {disease}.",
        "causal genes {disease}",
        "My patient has just been told she has {disease}, so tell me which genes to sequence for confirmation.",
        "Preparing a slide on the molecular genetics of {disease} - I need the symbols of the genes behind it.",
    ],
    ("phenotypes", ("gene",)): [
        "What clinical features are seen in carriers of pathogenic {gene} variants?",
        "How do people with a broken copy of {gene} present clinically?",
        "Which HPO terms are annotated to {gene}?",
        "When {gene} is mutated, what signs and symptoms follow?",
        "What abnormalities have been observed in individuals harbouring {gene} mutations?",
        "Describe the phenotypic spectrum of {gene} variants.",
        "Pull up the HPO phenotype annotations for the gene {gene}.",
        "{gene} mutation symptoms",
        "The lab reported a loss-of-function variant in {gene}, so I'd like to know what physical findings to check the patient for.",
        "List the clinical manifestations that come with defects in {gene}.",
    ],
    ("phenotypes", ("disease",)): [
        "What are the signs and symptoms of {disease}?",
        "How does {disease} usually manifest in patients?",
        "Which phenotypic abnormalities characterise {disease}?",
        "What would a clinician expect to find on examining somebody with {disease}?",
        "Which HPO terms make up the clinical picture of {disease}?",
        "Summarise the clinical presentation of {disease}.",
        "Return the phenotype annotations recorded for {disease}.",
        "{disease} clinical features",
        "I have a family with {disease} coming to clinic next week; remind me what manifestations to look for.",
        "Tell me what problems people affected by {disease} tend to have, as a list of HPO terms.",
    ],
    ("diseases", ("gene",)): [
        "Which disorders arise from mutations in {gene}?",
        "What hereditary conditions is {gene} known to cause?",
        "Is there a list of the Mendelian diseases attributed to {gene}?",
        "What diagnosis could a pathogenic variant in {gene} imply?",
        "With what syndromes or diseases has {gene} been associated?",
        "List the OMIM diseases mapped to {gene}.",
        "Find all the illnesses caused by {gene} defects.",
        "{gene} associated disorders",
        "A truncating variant in {gene} turned up in our trio, and I want the names of the diseases it may cause.",
        "For a class assignment, tell me the genetic diseases that result when {gene} is faulty.",
    ],
    ("diseases", ("hpo",)): [
        "Which diseases include {hpo} among their features?",
        "In what disorders is {hpo} observed?",
        "What is the differential diagnosis for {hpo}?",
        "Which syndromes should I think of in a patient with {hpo}?",
        "Could you tell me the rare conditions in which {hpo} has been described?",
        "List disorders annotated with {hpo}.",
        "Retrieve every OMIM or Orphanet entry that presents with {hpo}.",
        "diseases featuring {hpo}",
        "I've got a newborn on the ward showing {hpo} and would like a list of possible diagnoses.",
        "Name some inherited illnesses that have {hpo} as a symptom.",
    ],
    ("related", ("gene", "hpo")): [
        "Is {gene} associated with {hpo}?",
        "Can mutations in {gene} lead to {hpo}?",
        "Does a pathogenic {gene} variant explain {hpo}, yes or no?",
        "Has {hpo} ever been reported in people with {gene} mutations?",
        "Is there any known link between {hpo} and the gene {gene}?",
        "Confirm or deny: defects of {gene} give rise to {hpo}.",
        "Check whether {hpo} belongs to the phenotypes annotated to {gene}.",
        "{gene} and {hpo}: connected or not?",
        "We found a variant in {gene} in a boy with {hpo} - would the gene fit that finding?",
        "Tell me if {hpo} could be due to a faulty {gene}.",
    ],
    ("related", ("gene", "disease")): [
        "Is {gene} a causal gene for {disease}?",
        "Do variants in {gene} cause {disease}?",
        "Could {disease} be the result of a mutation in {gene}?",
        "Has {gene} been implicated in {disease}?",
        "Am I right in thinking that {disease} is linked to {gene}?",
        "Verify the association of {gene} with {disease}.",
        "Say yes or no: {disease} is due to defects in {gene}.",
        "{disease} {gene} gene-disease association true or false",
        "A colleague claims that {gene} underlies {disease}; is that correct?",
        "I need to know whether {gene} should be on a diagnostic panel for {disease}.",
    ],
    ("related", ("disease", "hpo")): [
        "Is {hpo} a feature of {disease}?",
        "Can {disease} present with {hpo}?",
        "Do individuals with {disease} ever develop {hpo}?",
        "Does the phenotype of {disease} include {hpo}?",
        "Would {hpo} be consistent with a diagnosis of {disease}?",
        "Check if {disease} is annotated with {hpo}.",
        "True or false: {hpo} is one of the manifestations of {disease}.",
        "{hpo} in {disease}, yes or no",
        "My cousin was diagnosed with {disease} and now has {hpo}; are the two related?",
        "Tell me whether {hpo} has been described as a symptom of {disease}.",
    ],
    ("how often", ("disease", "hpo")): [
        "How common is {hpo} in {disease}?",
        "What percentage of {disease} patients have {hpo}?",
        "In {disease}, how frequently does {hpo} occur?",
        "What is the prevalence of {hpo} among people with {disease}?",
        "Out of a hundred individuals affected by {disease}, about how many would show {hpo}?",
        "Give the HPO frequency annotation of {hpo} for {disease}.",
        "Estimate the proportion of {disease} cases that exhibit {hpo}.",
        "frequency {hpo} {disease}",
        "I'm counselling parents of a child with {disease}, and they ask what the chances of {hpo} are.",
        "State whether {hpo} is obligate, very frequent, frequent, occasional or very rare in {disease}.",
    ],
    ("meaning", ("hpo",)): [
        "What does the term {hpo} mean?",
        "How is {hpo} defined in the Human Phenotype Ontology?",
        "What exactly do clinicians understand by {hpo}?",
        "Which synonyms and identifier does the HPO term {hpo} have?",
        "Could you explain to a layperson what {hpo} is?",
        "Define {hpo}.",
        "Look up the ontology entry for {hpo} with its label, ID and definition.",
        "{hpo} definition",
        "I came across {hpo} in a clinic letter and don't know what it refers to.",
        "Spell out the meaning of {hpo}, along with any other names for it.",
    ],
    ("meaning", ("disease",)): [
        "What is {disease}?",
        "What kind of disorder is {disease}, in a sentence or two?",
        "By what other names does {disease} go?",
        "Which database identifier and official title correspond to {disease}?",
        "Can somebody explain what is meant by the diagnosis {disease}?",
        "Provide a short definition of {disease}.",
        "Resolve {disease} to its disease name, ID and synonyms.",
        "{disease} meaning",
        "I saw {disease} written on a referral form and have no idea which condition that is.",
        "Briefly introduce the disease entity {disease} to a first-year student.",
    ],
    ("functions", ("gene",)): [
        "What does {gene} normally do in the cell?",
        "What is the biological role of the protein encoded by {gene}?",
        "Which molecular functions and processes is {gene} involved in?",
        "Why do healthy cells need {gene}?",
        "What job does the product of {gene} carry out under physiological conditions?",
        "Explain the function of {gene}.",
        "Fetch the Gene Ontology annotations for {gene}.",
        "{gene} protein function",
        "I'm new to this pathway and would like to understand how the {gene} product works at the molecular level.",
        "Outline the cellular activities that wild-type {gene} takes part in.",
    ],
}
"""Templates by kind of question and kinds of entities, written by someone who had not seen those of training."""

COUNTED = ["n", "exact", "read", "facts", "supported", "tried alone", "alone"]
FAKE_GENES = ["QXZ", "ZBLORF", "FAKE", "WQP", "GNIX", "TRUMB", "KJH", "VVX", "PLOON", "XYLQ"]
FAKE_WORDS = (
    ["green", "purple", "wooden", "electric", "left-handed", "Martian", "sugary", "backward", "musical", "frozen"],
    ["earlobes", "fingernails", "eyebrows", "kneecaps", "hair", "elbows", "freckles", "eyelids", "heels", "toenails"],
)


class Oracle:
    """Annotations by plain walks over the rows."""

    def __init__(self) -> None:
        self.hpo = hpo = load_annotations()
        o = hpo.ontology
        self.parents = defaultdict(set)
        for child, parent in o.parents.T.tolist():
            self.parents[child].add(parent)
        self.genes, self.diseases = defaultdict(set), defaultdict(set)
        for gene, disease, _ in hpo.links.tolist():
            self.genes[disease].add(gene)
            self.diseases[gene].add(disease)
        self.rows = defaultdict(list)
        self.terms, self.above = defaultdict(set), defaultdict(set)
        for row, absent in zip(hpo.annotations.tolist(), hpo.negated.tolist(), strict=True):
            if not absent and o.is_phenotype[row[1]]:
                self.rows[row[0]].append(row)
                self.terms[row[0]].add(row[1])
        for disease, terms in self.terms.items():
            for term in terms:
                self.above[disease] |= self.ancestors(term)
        self.asked_genes = sorted(
            gene for gene, diseases in self.diseases.items() if any(self.terms[d] for d in diseases)
        )
        # a name of both a disease and a phenotype is ambiguous
        named = [d for d, name in enumerate(hpo.disease_names) if name and not o.find(name)]
        self.asked_diseases = [d for d in named if self.terms[d] and self.genes[d]]
        self.showing = defaultdict(set)
        for disease, terms in self.above.items():
            for term in terms:
                self.showing[term].add(disease)

    def ancestors(self, term: int) -> set[int]:
        found, new = set(), {term}
        while new:
            found |= new
            new = {parent for child in new for parent in self.parents[child]} - found
        return found

    def same(self, disease: int) -> set[int]:
        """Rows of the diseases with the same name in OMIM and Orphanet."""
        return set(self.hpo.find_disease(self.hpo.disease_names[disease]) or [disease])


def draw(oracle: Oracle, asked: str, kinds: tuple[str, ...], rng: np.random.Generator) -> tuple[dict, set[str]]:
    """Rows of random entities, and the right answers."""
    hpo, o = oracle.hpo, oracle.hpo.ontology
    one = lambda items: sorted(items)[rng.integers(len(items))]
    gene, disease = one(oracle.asked_genes), one(oracle.asked_diseases)
    term = one(oracle.terms[disease])
    same = oracle.same(disease)
    if kinds == ("gene", "hpo"):
        gene = one(oracle.genes[disease])
        if rng.random() < 0.5:
            term = one(set(oracle.showing) - set().union(*(oracle.above[d] for d in oracle.diseases[gene])))
    elif kinds == ("gene", "disease"):
        gene = one(oracle.genes[disease]) if rng.random() < 0.5 else gene
    elif asked == "related" and rng.random() < 0.5:
        term = one(set(oracle.showing) - set().union(*(oracle.above[d] for d in same)))
    drawn = {"gene": gene, "disease": disease, "hpo": term}
    diseases = oracle.diseases[gene]
    right: dict = {
        ("genes", ("hpo",)): {hpo.genes[g] for d in oracle.showing[term] for g in oracle.genes[d]},
        ("genes", ("disease",)): {hpo.genes[g] for d in same for g in oracle.genes[d]},
        ("phenotypes", ("gene",)): {o.ids[t] for d in diseases for t in oracle.terms[d]},
        ("phenotypes", ("disease",)): {o.ids[t] for d in same for t in oracle.terms[d]},
        ("diseases", ("gene",)): {hpo.disease_ids[d] for d in diseases},
        ("diseases", ("hpo",)): {hpo.disease_ids[d] for d in oracle.showing[term]},
        ("related", ("gene", "hpo")): {YES} if any(term in oracle.above[d] for d in diseases) else set(),
        ("related", ("gene", "disease")): {YES} if same & diseases else set(),
        ("related", ("disease", "hpo")): {YES} if any(term in oracle.above[d] for d in same) else set(),
        ("meaning", ("hpo",)): {o.ids[term]},
        ("meaning", ("disease",)): {hpo.disease_ids[d] for d in same},
    }
    if asked == "how often":
        often = {hpo.frequencies[r[2]] for d in same for r in oracle.rows[d] if r[1] == term} - {""}
        return drawn, often
    if asked == "functions":
        symbol = hpo.genes[gene]
        return drawn, {t for name in ("go_bp", "go_mf", "go_cc") for t, g in LIBRARY[name].items() if symbol in g}
    return drawn, right[asked, kinds]


def named(oracle: Oracle, kind: str, row: int, rng: np.random.Generator) -> str:
    """Wording of an entity: mostly its name, often in lower case, sometimes its id.

    Phenotypes that share their name with a disease are given by id.
    """
    hpo = oracle.hpo
    if kind == "gene":
        return hpo.genes[row]
    if kind == "hpo":
        name, key = hpo.ontology.names[row], hpo.ontology.ids[row]
    else:
        name, key = hpo.disease_names[row], hpo.disease_ids[row]
    shared = kind == "hpo" and hpo.find_disease(name)
    if shared or (rng.random() < 0.15 and (kind == "hpo" or oracle.same(row) == {row})):
        return key
    return name[0].lower() + name[1:] if rng.random() < 0.5 and not name[1:2].isupper() else name


def questions(oracle: Oracle, n: int, rng: np.random.Generator) -> list[tuple]:
    """Question, its kind, kinds of entities, entities and right answers; ``n`` of each kind."""
    made = []
    for (asked, kinds), templates in WORDED.items():
        while sum(row[1:3] == (asked, kinds) for row in made) < n:
            drawn, right = draw(oracle, asked, kinds, rng)
            if not right and asked != "related":
                continue
            question = templates[rng.integers(len(templates))]
            for kind in kinds:
                question = question.replace(f"{{{kind}}}", named(oracle, kind, drawn[kind], rng))
            made.append((question, asked, kinds, drawn, right))
    return made


def nonexistent(oracle: Oracle, n: int, rng: np.random.Generator) -> list[str]:
    """Questions about genes and phenotypes that do not exist, half of them together with existing ones."""
    o, hpo = oracle.hpo.ontology, oracle.hpo
    made = []
    forms = [form for form in WORDED if "disease" not in form[1] and form[0] != "functions"]
    while len(made) < n:
        asked, kinds = forms[rng.integers(len(forms))]
        templates = WORDED[asked, kinds]
        question = templates[rng.integers(len(templates))]
        false = kinds[rng.integers(len(kinds))]
        for kind in kinds:
            if kind == "gene":
                real = hpo.genes[rng.integers(len(hpo.genes))]
                name = f"{FAKE_GENES[rng.integers(10)]}{rng.integers(1, 90)}" if kind == false else real
            else:
                row = int(rng.choice(np.flatnonzero(o.is_phenotype)))
                fake = " ".join(words[rng.integers(10)] for words in FAKE_WORDS)
                if rng.random() < 0.5:  # the name of a term with words that it doesn't have
                    fake = f"{o.names[row].lower()} of the {fake}"
                name = fake if kind == false else o.names[row]
            question = question.replace(f"{{{kind}}}", name)
        made.append(question)
    return made


def supported(oracle: Oracle, fact: Fact, kinds: tuple[str, ...], drawn: dict) -> bool:
    """Whether a fact is a row of its source and about the question."""
    hpo, o = oracle.hpo, oracle.hpo.ontology
    if fact.relation == "function":
        return any(hpo.genes[drawn["gene"]] in LIBRARY[name].get(fact.object, ()) for name in LIBRARY)
    if fact.relation in ("name", "synonym", "is_a"):
        row = drawn[kinds[0]]
        if kinds == ("disease",):
            return fact.subject in {hpo.disease_ids[d] for d in oracle.same(row)}
        parents = {o.ids[p] for p in oracle.parents[row]}
        texts = {o.names[row], *(s for s, r in zip(o.synonyms, o.synonym_rows, strict=True) if r == row)}
        return fact.subject == o.ids[row] and fact.object in parents | texts
    diseases = {hpo.disease_ids[d]: d for d in range(len(hpo.disease_ids))}
    about = oracle.same(drawn["disease"]) if "disease" in kinds else set(diseases.values())
    if "gene" in kinds:
        about = about & oracle.diseases[drawn["gene"]]
    if fact.relation == "has phenotype":
        term = o.term(fact.object)
        fits = "hpo" not in kinds or drawn["hpo"] in oracle.ancestors(term)
        row = hpo.gene(fact.subject)
        rows = oracle.diseases[row] if row is not None else {diseases[fact.subject]}
        return fits and any(
            r[1] == term and hpo.references[r[3]] == fact.reference for d in rows & about for r in oracle.rows[d]
        )
    row, disease = hpo.gene(fact.subject), diseases[fact.object]
    relations = {hpo.kinds[kind][1] for g, d, kind in hpo.links[hpo.links_of(fact.subject)].tolist() if d == disease}
    return disease in about and row in oracle.genes[disease] and fact.relation in relations


def alone(oracle: Oracle, model: GPGPT, question: str, asked: str, right: set[str]) -> bool:
    """Whether the language model alone generates exactly the right answers."""
    hpo, o = oracle.hpo, oracle.hpo.ontology
    if asked == "related":
        return (model.score(answer_prompt(question), [YES, NO])[0] > 0.5) == bool(right)
    written = model.generate(answer_prompt(question) + ANSWER, max_new_tokens=100)
    found = set()
    for kind, text in spans(written):
        if kind == "gene":
            found.add(text)
        elif kind == "hpo":
            found |= {o.ids[row] for row in o.find(text)}
        else:
            found |= {hpo.disease_ids[row] for row in hpo.find_disease(text)}
    return found == right or written.strip() in right


LIBRARY = {
    name: {term: frozenset(genes) for term, genes in GeneSets(name).items()} for name in ("go_bp", "go_mf", "go_cc")
}


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--model", default="gpgpt-mini", help="name or directory")
    options.add_argument("--each", type=int, default=40, help="questions of each kind (%(default)s)")
    options.add_argument("--reader", choices=["rules", "model"], default="rules", help="what reads the questions")
    options.add_argument(
        "--alone", type=int, default=10, help="questions of each kind for the model alone (%(default)s)"
    )
    options.add_argument(
        "--fakes", type=int, default=100, help="questions about entities that do not exist (%(default)s)"
    )
    args = options.parse_args()
    rng = np.random.default_rng(0)
    oracle, model = Oracle(), load(args.model)
    reader = model if args.reader == "model" else None
    if set(WORDED) != set(QUESTIONS):
        msg = "A kind of question is missing."
        raise SystemExit(msg)
    rows, n_alone = [], defaultdict(int)
    for question, asked, kinds, drawn, right in questions(oracle, args.each, rng):
        answer = ask(question, model=reader, predict=False)
        exact = set(answer.names) == right
        if asked == "how often":  # the answer is in words
            exact = bool(right) and len(answer.names) == len(right) and answer.asked == asked
        verdicts = [supported(oracle, fact, kinds, drawn) for fact in answer.facts]
        n_alone[asked, kinds] += 1
        is_tried = n_alone[asked, kinds] <= args.alone
        rows.append(
            {
                "question": f"{asked} of {' and '.join(kinds)}",
                "n": 1,
                "exact": exact,
                "read": answer.asked == asked,
                "facts": len(verdicts),
                "supported": sum(verdicts),
                "tried alone": is_tried,
                "alone": is_tried and alone(oracle, model, question, asked, right),
            }
        )
        if not exact:
            say(f"{asked}: {question!r} → {answer.asked} {answer.text[:150]!r}")
    table = pd.DataFrame(rows)
    table = pd.concat([table, table.assign(question="all")])
    sums = table.groupby("question", sort=False)[COUNTED].sum()
    fakes = [ask(question, model=reader, predict=False) for question in nonexistent(oracle, args.fakes, rng)]
    for answer in fakes:
        if not answer.declined:
            say(f"not declined: {answer.question!r} → {answer.text[:150]!r}")
    written = [model.generate(answer_prompt(answer.question) + ANSWER, max_new_tokens=10) for answer in fakes[:30]]
    made = pd.DataFrame(
        {
            "question": sums.index,
            "questions": sums["n"],
            "exact match": sums["exact"] / sums["n"],
            "read rightly": sums["read"] / sums["n"],
            "facts told": sums["facts"],
            "cited evidence": sums["supported"] / sums["facts"],
            "model alone": sums["alone"] / sums["tried alone"],
        }
    )
    declined = [np.mean([answer.declined for answer in fakes]), np.mean([not text.strip() for text in written])]
    last = {"question": "what doesn't exist: declined", "questions": len(fakes), "exact match": declined[0]}
    report("gene_questions", pd.concat([made, pd.DataFrame([last | {"model alone": declined[1]}])]), args.out)


if __name__ == "__main__":
    main()
