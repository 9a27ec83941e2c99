"""Common English words, which name no gene, phenotype or disease."""

from __future__ import annotations

import re

from ._templates import QUESTIONS

_SMALL = """
a about above across after again all along already also although always am among an and another any anybody anyone
anything are around as at away back be because been before behind being below beside besides between both but by can
cannot could did do does doing done down during each either else enough even ever every everybody everyone everything few
first for from further had has have having he hello help her here hers hi him his how however i if in indeed instead into is
it its itself just last later least less like likely little lot main mainly many may maybe me might mine more most mostly
much must my near nearly neither never next no nobody none nor not nothing now of off often on once one only onto or other
others otherwise our ours out over own per perhaps please possible possibly quite rather really s same several shall she
should since so some somebody someone something sometimes soon still such t than thank thanks that the their theirs them
then there therefore these they thing things this those though through thus to today together too toward under until up
upon us usual usually very via was way we well were what whatever when whenever where whether which while who whole whom
whose why will with within without would yes yet you your yours
"""
_VERBS = """
accompany account act add affect allow answer appear apply ask assume be bear become begin believe belong bring build call
carry catch cause change check choose come compare complain concern confirm connect consider contain contribute control
correspond cover deal decide define depend describe detect determine develop diagnose differ disrupt discover discuss drive
encounter end examine exhibit exist expect explain express face fail feel fill find fit follow forget form gather get
give go grow guess handle happen harbour have hear help hold hurt identify imagine imply include indicate inherit
investigate involve join keep know lack lead learn leave let lie link list live look lose make manage mark match matter mean
meet mention miss move mutate name need note notice observe occur offer pass perform play point predispose prepare present
produce prove provide put raise reach read recognise recognize recommend refer regard relate remain remember report
represent require result reveal run say search see seem sequence serve set share show sit sound speak stand start stay stop
suffer suggest suppose suspect take talk tell tend test think tie trigger try turn understand underlie use vary view wait
walk want watch wonder work write
been came done drawn felt found gave given gone got held kept knew known left lost made meant met put ran said saw
seen sent shown spoke taken taught thought told took understood went wrote written
"""
_OTHERS = """
able adult alone answer associated available aware baby bad basis best better big body boy case certain characteristic child
children clear clinic clinical clinician colleague combination common complete consequence consistent correct course
criterion current daughter day defect different difficult doctor easy effect entire entry evidence example exact fact false
family father fault feature female final fine following fraction frequent full function general generally genetic geneticist
genuine girl given good great group half hallmark high history human idea identical important individual infant inherited
interested interesting issue kind knowledge large late left level list literature long low male man match medical medicine
member men mind minute moment mother name nature neonate new newborn nobody normal normally number obvious old open opposite
origin overview pair parent part particular patient people percent percentage person physician picture place point population
possible present probable probably problem proband proper proportion question quick range rare rate reason recent record
reference regular relative relevant responsible result right role routine scientist set short sibling sign significant
similar simple sister brother single small sole son sort source special specific standard strong summary sure symptom table term text
thing time title top total true trait type typical typically unknown usual variant various version way whole wife husband
nephew niece uncle aunt cousin woman women word world wrong year years young
"""

ORDINARY = frozenset(
    {*_SMALL.split(), *_VERBS.split(), *_OTHERS.split(), "gene", "phenotype"}
    | {word for templates in QUESTIONS.values() for text in templates for word in re.findall(r"[a-z']+", text.lower())}
) - {"hpo"}
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("es", ""), ("es", "e"), ("ed", ""), ("ed", "e"), ("s", ""))  # fmt: skip


def is_ordinary(word: str) -> bool:
    """Whether a word is a common one, in any of its forms."""
    word = word.lower().replace("’", "'").removesuffix("n't").partition("'")[0]  # I'm, patients', doesn't
    if word in ORDINARY or word.isdigit():
        return True
    return any(word.endswith(end) and word.removesuffix(end) + rest in ORDINARY for end, rest in _ENDINGS)
