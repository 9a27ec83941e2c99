"""Rules for what a question asks for, by the words around the names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOUNS = {
    "genes": r"genes?(?! ontology)|loci|locus|gene symbols?|genetics|genetically|culprits?|exons?|exomes?|sequenc(?:e|ed|ing)|"
    r"gene panels?|monogenic causes?|genetic (?:causes?|basis|changes?|defects?|background|origin)",
    "phenotypes": r"(?:endo)?phenotyp\w+|symptom\w*|signs?|features?|abnormalit\w+|findings?|manifest\w*|presentations?|presents?|"
    r"picture|spectrum|problems?|troubles?|complain\w+|complications?|consequences|hpo terms?|characteri\w+|malformations?|"
    r"anomal\w+|ailments?|difficult\w+|looks? like|affected|suffer\w*|clinical\w*|happens?|expect\w*|look for|looks? out|check for|"
    r"traits?|affects?|issues|struggl\w+|picture|defects",
    "diseases": r"diseases?|disorders?|conditions?|syndromes?|illness\w*|diagnos[ei]s|diagnosed|diagnose|patholog(?:y|ies)|maladies|malady|"
    r"differential|(?:could be|might be) wrong with|omim (?:diseases|entr(?:y|ies))|orphanet entr(?:y|ies)|disease entities",
    "functions": r"functions?|roles?|jobs?|protein\w*|products?|encod\w+|codes? for|pathways?|process(?:es)?|complex(?:es)?|components?|"
    r"compartments?|activit\w+|gene ontology|go (?:terms?|annotations?)|biolog\w+|reactions?|tasks?|purpose|duty|enzymes?|good for|"
    r"in (?:the |a )?(?:\w+ )?cells?|healthy|normal|normally|wild-?type|physiolog\w+|molecular\w*|localis\w*|"
    r"what (?:do|does) <gene> (?:\w+ )?do\w*|(?:what|how) (?:do|does) (?:\w+ )*<gene> (?:\w+ )?(?:do+|work|act)|<gene>(?: \w+)? do+\b|"
    r"(?:what|what's) (?:is |are )?<gene> (?:there )?for|there for|takes? part",
    "meaning": r"mean\w*|defin\w+|explain\w*|explanation|synonyms?|(?:other|another|official|full|alternative|different) (?:names?|titles?|"
    r"words?|terms?)|called|named?|identifiers?|ids?|codes?|numbers?|accession|description|describe|never heard|words?|understand|"
    r"understood|stands? for|refers?|introduc\w*|parents?|superclass\w*|hierarchy|ontology|label|terms?|spell out|about|came across|"
    r"i (?:read|saw|heard)|resolve|map|no idea|idea|sort of|kind of|picture|entry|briefly|summary|info(?:rmation)?|"
    r"(?:what|what's|whats)(?: is| are| exactly)*(?: an?| the)?(?: \w+)?(?: called)? <\w+>",
}
"""Words for what can be asked for."""
_WORDS = {kind: re.compile(rf"(?<![\w<-])(?:{nouns})(?![\w>])", re.IGNORECASE) for kind, nouns in _NOUNS.items()}
_PATIENT = (
    r"patients?|people|persons?|child(?:ren)?|bab(?:y|ies)|carriers?|someone|somebody|those|individuals?|subjects?|famil(?:y|ies)|"
    r"humans?|boys?|girls?|cases?|doctors?|clinicians?|body parts?|organs?|organ systems?|parents"
)
_BROKEN = r"mutat\w+|variants?|defect\w*|broken|faulty|los[ts]\w*|missing|absent|delet\w+|damag\w+|deficien\w+|knocked|disrupt\w*|altered|inactiv\w+"
_WEAKER = {
    "genes": r"candidates?|genetic\w*|molecular|what causes|cause of|tested|screened|responsible",
    "phenotypes": rf"{_PATIENT}|{_BROKEN}|do to|(?:show|manifest|reveal)s? itself|how (?:do|does|will|would) <\w+> look|watch for|think of|suspect|"
    r"involves|entails|will do|notice|observed?|what is found|have in common|hpo annotations?",
    "diseases": r"could have|might it be|could it be|signal|ailments?",
    "functions": r"do|does|make|makes|bind\w*|catalys\w+|catalyz\w+|interact\w*|regulat\w+|transports?|act|acts|work|works|sit|sits|active|use|used|"
    r"required?|needed|need|rely|benefit|employ|relevant|important|useful|point of|annotations?|functional\w*|mechanism of action|about|"
    r"explain|for",
    "meaning": r"what (?:is|was|are) (?:it|that|this)|what's (?:it|that|this)|what on earth|expression|alias\w*|look up|which (?:finding|phenotype|"
    r"condition|disorder|concept|abnormality)|decode|unpack|translate|clarify|sense|class of|category|definition|page|entry|omim|orphanet|"
    r"what phenotype|tell me",
}
"""Words that suggest what is asked for, if no word names it."""
_WEAK_WORDS = {kind: re.compile(rf"(?<![\w<-])(?:{words})(?![\w>])", re.IGNORECASE) for kind, words in _WEAKER.items()}
_ASKING = re.compile(
    r"\b(?:which|what|whose|list|name|names of|give|show|tell|find|enumerate|report|fetch|retrieve|return|output|print|export|"
    r"look up|search|pull up|describe|summari[sz]e|explain|outline|define|query|all|every|any|some|know|learn|understand|need|want|"
    r"looking for|need to|see|for)\b[\w\s'-]{0,40}$",
    re.IGNORECASE,
)
"""What directly precedes the word for what is asked for."""
_OUTCOME = re.compile(
    r"\b(?:caus\w+|leads?|leading|results?|resulting|gives?(?: rise)?|produces?|brings?|comes? from|give rise)\b",
    re.IGNORECASE,
)
_HOW_OFTEN = re.compile(
    r"\b(?:how (?:often|common\w*|frequent\w*|many|usual\w*|likely|regular\w*|consistent\w*|reliabl\w+|constant\w*|rare\w*|seldom|"
    r"typical|prevalent|probable|high|big|large)|frequenc\w+|percent\w*|per cent|proportion|fractions?|prevalence|shares?|rates?|"
    r"nearly all|only (?:some|few)|statistics|ratio|penetrance|how much|extent|degree|the rule or the exception|chances?|odds|likelihood|probabilit\w+|risk|out of (?:a|ten|one|\d+)|obligate|occasional|(?:very|or) (?:frequent|rare|common)|"
    r"numbers?|figures?|counts?|what part|in what (?:part|share)|most or|majority|"
    r"(?:frequent|common|rare|usual|uncommon|typical),? (?:or|and))\b",
    re.IGNORECASE,
)
_WHICH = re.compile(
    r"\b(?:which|what) (?:(?:of the|are the|is the|other|kinds? of) )?(?:\w+ )?(genes?|disease\w*|disorder\w*|phenotyp\w+|symptoms?)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[?;]\s*|[.:]\s+|(?:,\s*|\s+)(?:and|but|also|plus|then|as well as)\s+(?:also\s+|then\s+)?(?="
    r"(?:which|what|how|whether|list|name|tell|explain|define|describe|show|give|is|are|does|do|can|has|have|the (?:phenotypes|symptoms|"
    r"signs|genes?|diseases|functions?|meaning))\b(?! <gene>))|,\s*(?=(?:and |also |second|and if so)?\s*(?:which|what|how often|how common)\b)",
    re.IGNORECASE,
)
"""Where one question ends and another one may begin."""
_BEGINS = re.compile(
    r"^(?:first|second|secondly|also|and|so|then|if so|please|,|\s)*(?:which|what|whats|what's|how|is|are|does|do|did|can|could|has|have|list|"
    r"name|tell|explain|define|describe|show|give|genes?|symptoms?|signs?|phenotypes?|the (?:phenotypes|symptoms|signs|genes?|diseases|"
    r"functions?|meaning))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:explain(?:, please)?|what(?:'s| is) (?:that|this|it)|what does (?:that|this|it) mean|is (?:that|this|it) (?:so|right|correct|true|"
    r"known)|can you (?:explain|tell me|list them|help)|could you|do you know|please|are (?:they|the two) (?:related|linked|connected)|yes or no)\W*$",
    re.IGNORECASE,
)


class RuleReader:
    """Reads questions by rules: no model is needed.

    It has the methods of :class:`~scgsfm.questions.QuestionReader`. Names are left to the lookup, so there are no entities.
    """

    def entities(self, question: str) -> list[tuple[str, str]]:  # noqa: ARG002 - of the protocol
        """No names: :class:`~scgsfm.questions.EntityLinker` finds them."""
        return []

    def asks_for_relation(self, question: str) -> float:
        """1 if the words ask how often something is seen, which needs two names; else 0."""
        return float(bool(re.search(r"\bhow (?:often|frequent\w*)\b", question, re.IGNORECASE)))

    def most_probable(self, question: str, kinds: Sequence[str]) -> str:
        """The kind that the words ask for; ``""`` if they ask for none or for something else.

        Parameters
        ----------
        question
            The question with each name replaced by the tag of its kind.
        kinds
            Kinds of questions that its names allow.
        """
        if "related" in kinds:
            often = _HOW_OFTEN.search(question)
            if often:
                return "how often" if "how often" in kinds else ""
            return "" if _WHICH.search(question) else "related"
        found = {kind: list(_WORDS[kind].finditer(question)) for kind in kinds}
        named = {kind: matches for kind, matches in found.items() if matches and kind != "meaning"}
        if not named and "meaning" in kinds and found["meaning"]:
            return "meaning"
        if not named:
            return self._by_weaker_words(question, kinds)
        return max(named, key=lambda kind: self._focus(question, named[kind]))

    @staticmethod
    def _focus(question: str, matches: list[re.Match[str]]) -> tuple[int, int]:
        """How directly a word of a kind is asked for: right after a word of asking, and as early as possible."""
        asked = [match.start() for match in matches if _ASKING.search(question[: match.start()])]
        starts = asked or [match.start() for match in matches]
        return len(asked) > 0, -min(starts)

    @staticmethod
    def _by_weaker_words(question: str, kinds: Sequence[str]) -> str:
        """What is asked for without a word that names it: what does it cause?"""
        if "functions" in kinds and _OUTCOME.search(question) and not _WEAK_WORDS["phenotypes"].search(question):
            return "diseases"
        order = ("phenotypes", "meaning", "genes", "diseases", "functions")
        for kind in order if "functions" in kinds else ("meaning", *order):
            if kind in kinds and _WEAK_WORDS[kind].search(question):
                return kind
        return "genes" if "genes" in kinds and _OUTCOME.search(question) else ""


def asked_things(question: str, kinds: Sequence[str]) -> list[str]:
    """Kinds of questions that the clauses of a question ask for, if there are several; empty otherwise.

    Clauses that ask about different names count even if they ask for the same.

    Parameters
    ----------
    question
        The question with each name replaced by the tag of its kind.
    kinds
        Kinds of questions that its names allow.
    """
    reader, found, n_named = RuleReader(), [], 0
    for clause in filter(str.strip, _CLAUSES.split(question)):
        if _BEGINS.search(clause) and not _ASIDE.search(clause):
            asked = reader.most_probable(clause, kinds)
            if asked == "meaning" and "<" not in clause:  # which gene is it, and what is it called?
                continue
            found.append(asked)
            n_named += bool(asked and "<" in clause)
    distinct = list(dict.fromkeys(filter(None, found)))
    return distinct if len(distinct) > 1 or n_named > 1 else []
