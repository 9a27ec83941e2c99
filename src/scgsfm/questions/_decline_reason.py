"""Questions that the lookups would turn round, and questions about matters that the annotations do not hold."""

from __future__ import annotations

import re

_NOT_KNOWING = (
    r"know|sure|remember|recall|understand|find|certain|familiar|see|tell|get|think|heard?|seen|able|aware|clear|mind|"
    r"want|need|come|have (?:a|any|the)|matter|expect"
)
_IDIOMS = re.compile(
    r"\b(?:yes or no|yes/no|true or false|right or wrong|confirm or deny|(?:(?:connected|related|linked|associated|known|"
    r"seen|present) )?or not|whether or not|no idea|no clue|no doubt|no matter|no need|no problem|not only|"
    r"(?:the )?rule or (?:the )?exception|(?:the )?exception or (?:the )?rule|never (?:\w+ )?(?:heard|met|seen|come|encountered)|"
    r"but not (?:the|which|what) genes?|should (?:I|we|one|you) (?:exclude|rule out)|no ?one (?:\w+ ){0,4}(?:knows?|knew|remembers?)|not medical|not yet|why not|nothing else|no (?:more|less) than|no preamble|no prose|no explanation|"
    r"not (?:sure|certain|clear|familiar|obvious|known|a (?:doctor|geneticist|clinician|physician|specialist))|"
    rf"(?:(?:do|does|did|can|could|would|have|has|am|is|are)(?: not|n't|nt)|cannot)(?: \w+)? (?:{_NOT_KNOWING})\w*|"
    r"without (?:going|further|too|any|much|more)\b[^<,.?:]*)",
    re.IGNORECASE,
)
"""Negations and alternatives that do not change what is asked for."""
_LOSS = re.compile(
    r"<gene>(?: \w+){0,2} (?:(?:is|are|was|were|being|been|does|do) )?"
    r"(?:absent|missing|lost|lacking|not (?:\w+ )?(?:work|function|present|made|produced)\w*|(?:doesn't|isn't) \w+)|"
    r"\b(?:lack(?:ing|s|ed)?|absence|absent|missing|without|no)(?: of)?(?: (?!of\b)[\w-]+){0,3} <gene>|"
    r"\b(?:genes?|proteins?) (?:\w+ )?(?:is|are) (?:missing|absent|lost)\b|\b(?:not working|non-?functional|not functional|nonfunctional)",
    re.IGNORECASE,
)
"""A gene that is lost: this asks for what the gene causes."""
_NEGATION = re.compile(
    r"\b(?:not|cannot|never|neither|nor|none|without|except\w*|exclu(?:d\w*|sive\w*|sion)|lack\w*|absen(?:t|ce)\w*|missing|"
    r"unaffected|unrelated|spare[ds]?|sparing|minus|besides|nothing|nobody|no|free|(?:false|wrong|incorrect|untrue) (?:that|to)|it (?:false|wrong|incorrect|untrue)|"
    r"den(?:y|ies|ied)|unlike|instead|rather than|other than|apart from|aside from|(?:anything|everything|all) but|"
    r"rul(?:e|es|ing) out (?:<|the|a)|(?:been|be|being|are|is|was|were) ruled out|argu\w+ against|speaks? against|fail(?:s|ed)? to|negative|least|unlikely|solely|dont|doesnt|isnt|arent|cant|wont|"
    r"couldnt|didnt|hasnt|omit\w*|(?:leav(?:e|ing)|set(?:ting)?) (?:\w+ )?aside|leav(?:e|ing) out|but (?:no|for)|save for|beyond <|outside (?:of )?<)\b|n't\b|"
    r"\bonly (?:\w+ )?<|<\w+> (?:only|alone)\b",
    re.IGNORECASE,
)
_OR = re.compile(
    r"<(\w+)>[^<.?]*(?:\bor\b|/)[^<.?]*<\1>|\beither <.*\bor\b|<(\w+)>.*<\2>,? (?:or|either) (?:both|any|one|all)\b|"
    r"\b(?:any|one|at least one) of (?:the following|these)\b",
    re.IGNORECASE,
)

_TOPICS = (
    (
        "inheritance",
        (
            r"inheritance|inherited(?= (?:in|as|from|through|or|maternally|paternally|\?|\.)|\W*$)|recessive\w*|"
            r"dominant\w*|autosom\w*|[xy]-?linked|penetran\w+(?! of <hpo>)|carrier (?:status|frequency|rate|risk|test\w*)|a carrier(?! of (?:\w+ )?(?:<gene> )?(?:"
            r"variants?|mutations?|defective|faulty|<gene>))|(?:homo|hetero|hemi)zyg\w+(?! (?:[\w-]+ ){0,2}(?:variants?|mutations?|loss|deletions?|changes?))|zygosity|imprint\w*|recurrence risk|segregat\w*(?! in famil)|pass(?:es|ed|ing)? \w* ?on\b|pass .*\bto\b|"
            r"transmi(?:t\w*|ssion)|hereditary(?=\W*$)|runs? in (?:the )?famil\w+(?! with)|de novo(?! (?:\w+ )?(?:variants?|mutations?|deletions?|changes?))|anticipation|offspring|"
            r"(?:my|our|their|the) (?:\w+ )?(?:children|kids|siblings?) (?:get|inherit|have|at risk)"
        ),
    ),
    (
        "age and onset",
        (
            r"onset|ages?\b(?! of \d)(?= (?:at|of|do|does|is|when|range)\b)|(?:what|which|any) age|how (?:old|early|late|soon|young)|"
            r"when (?:do|does|did|will|would|can|is|are)\b|start(?:s|ed)? to show|first (?:appear|show|manifest|symptom|sign)\w*|"
            r"(?:early|late|juvenile|infantile|adult|childhood|neonatal)[- ]onset|congenital or"
        ),
    ),
    (
        "populations and sexes",
        (
            r"epidemiolog\w*|one in \w+ (?:people|births|children)|worldwide|per (?:100|10,?000|million|year)\b|"
            r"ethnic\w*|live births|countr(?:y|ies)|geograph\w*|(?:men|women|boys|girls|males|females) (?:or|than|vs|"
            r"versus|and) (?:men|women|boys|girls|males|females)|(?:more|mostly|mainly|less) (?:\w+ ){0,3}(?:males?|females?|men|women|"
            r"boys|girls)|sex ratio|gender|both sexes"
        ),
    ),
    (
        "tissues and expression",
        (
            r"tissues?|organs?(?! (?:\w+ ){0,3}(?:affected|involved|damaged|abnormal|hit))|(?<!the )(?<!differential )expression(?! <)|"
            r"express(?:es|ed|ing)?|cell[- ]types?|types? of cells?|brain regions?|"
            r"(?:active|abundant|present|found|made|produced|transcribed) in (?:the )?(?:heart|brain|liver|kidneys?|lungs?|muscles?|"
            r"skin|blood|pancreas|retina|neurons?|eyes?|bones?|gut|testis|cells?)|transcriptom\w*|rna-?seq|single[- ]cell"
        ),
    ),
    (
        "places in the genome or the cell",
        (
            r"chromosom\w*|cytoband\w*|locus (?:of|for) (?:the )?<gene>|<gene> locus|coordinates?|genom(?:e|ic) (?:location|position|region|build)\w*|"
            r"where (?:is|are|on|does|do|in (?!the cell\b|cell)\w+)\b(?! one)(?!.*\b(?:hierarchy|ontology|hpo|in the cell)\b)|locat(?:ed|ion|ions)|localis\w*|localiz\w*|"
            r"(?:short|long) arm|telomer\w*|neighbou?r(?:s|ing)? (?:genes?|of)|adjacent genes?|base[- ]?pairs?|(?:sense|which|what) strand"
        ),
    ),
    (
        "variants",
        (
            r"(?<!in )(?:which|what|list|name|give|enumerate|common|frequent|known|any|how many|kinds? of|types? of|every|all) "
            r"(?:(?!of\b|in\b|by\b|with\b|for\b|from\b|that\b|genes?\b|when\b|can\b|could\b|do\b|does\b|may\b|might\b|will\b|would\b)[\w-]+ ){0,3}?(?:variants?|mutations?|alleles?|"
            r"polymorphisms?|snps?|deletions?|duplications?)(?= (?:of|in|cause|causes|that|are|is|have|has|known|lead|make|occur)\b|\W*$)|"
            r"<gene> (?:mutations?|variants?|alleles?) (?:are|is|that|cause|causes|lead)\b(?=.*\b(?:pathogenic|benign|frequent|"
            r"common)\b)|(?:most|more) (?:common|frequent) (?:<gene> )?(?:mutation|variant|allele)\w*|benign|likely pathogenic|"
            r"pathogenicity|pathogenic\W*$|acmg|clinvar|gnomad|hotspots?|haplotypes?|genotypes?|rs\d+|[cgp]\.[\w*>-]*\d\w*|"
            r"frame-?shifts\b|splice (?:sites?|variants)|trinucleotide|"
            r"how many repeats|repeat (?:length|number|expansions?)"
        ),
    ),
    (
        "other species",
        (
            r"mouse|mice|murine|rats?|zebrafish|drosophila|fruit ?fl(?:y|ies)|fl(?:y|ies)|yeast|worms?|elegans|dogs?|cats?|canine|"
            r"feline|pigs?|cows?|horses?|monkeys?|primates?|chimpanzees?|animals?|knock-?outs? (?:mouse|mice|model\w*|animal\w*)|"
            r"ortholog\w*|homolog\w*|paralog\w*|species|model organisms?|xenopus|chicken|bacteri\w+|virus\w*|viral|plants?|evolution\w*"
        ),
    ),
    (
        "treatment",
        (
            r"treat\w*|therap(?!ist)\w+|drugs?|cur(?:e|es|ed|able|ing)|medications?|medicines|medicine (?:for|against)|dos(?:e|es|age|ing)|surg(?:ery|ical|eries)|"
            r"operat(?:ion|ions|ed on)|diets?|dietary|vaccin\w*|prevent\w*|remed(?:y|ies)|prescri\w*|transplant\w*|interventions?|"
            r"care (?:plan|for)|guidelines?|management|clinical trials?|trials?|enzyme replacement|inhibitors?|target(?:ed|able)|"
            r"rehabilitation|physiotherap(?:y|ies)|help(?:s|ed)? (?:with|against)|specialists?(?! mean)|hospitals?|doctors?\b(?= (?:treat|should|for|is|"
            r"to))|support groups?|supplements?|painkillers?|antibiotics?|crispr"
        ),
    ),
    (
        "prognosis and course",
        (
            r"prognos\w+|surviv\w*|life[- ]?(?:expectancy|span|time)|liv(?:e|es|ing) (?:long|with|to|until|past|beyond)\b|mortality|"
            r"deaths?|die|dies|died|dying|fatal\w*|lethal\w*|deadly|(?<!phenotypic )(?<!clinical )outcomes?|progress(?:ion|ive|es|ed|ively)?|natural history|course|"
            r"(?:get|gets|become|becomes|grow) (?:worse|better)|worse\w*|worst|severity|sever(?:e|ely|est)|mild\w*|reversib\w*|"
            r"recover\w*|remission|life[- ]threatening|dangerous|harmless|permanent|temporary|outgrow\w*|quality of life|"
            r"how long|disabling"
        ),
    ),
    (
        "mechanisms",
        (
            r"mechanis\w*|(?:^|(?<=[.?!,:;] ))why(?! do(?:es)? (?:\w+ )?(?:cells?|humans|we|people|organisms) (?:need|require)| would)|pathogenesis|pathophysiolog\w*|pathomechan\w*|"
            r"how (?:do|does|can|could|would|did|might) (?:\w+ ){0,6}?(?:<\w+> )?(?:\w+ ){0,4}(?:cause|lead|result|produce|trigger|"
            r"give rise|bring about|provoke|damage|affect)\w*\b(?! (?:people|patients|individuals|children|him|her|them|the patient))|"
            r"pathways? (?:link|connect|lead|underl|behind)\w*|(?:gain|loss)[- ]of[- ]function or|haploinsufficien\w*|"
            r"dominant[- ]negative|by what means|epigenetic\w*|methylat\w*"
        ),
    ),
    (
        "structures and partners of proteins",
        (
            r"structures?|structural(?! protein)|domains?|3d|three-dimensional|amino[- ]acids?|(?:the|a|protein|dna|rna|full|coding|reference|what|"
            r"nucleotide) sequences?|molecular weight|molecular mass|kda|kilodaltons?|isoforms?|transcripts?|exons?|introns?|crystal|"
            r"fold(?:s|ed|ing)?|residues?|binding sites?|active sites?|how (?:big|large|heavy|small|tall)(?! (?:is|a) (?:the )?(?:fraction|group|share|part|proportion|percentage|number|frequency|risk|rate|chance))|(?:size|length|mass) of|"
            r"interact\w*|binds?|binding partners?|partners?|upstream|downstream|promoters?|enhancers?|transcription factors?|"
            r"regulat(?:e|es|ed by|or|ors|ing)|phosphorylat\w*|subunits?|half-life|uniprot|pdb|alphafold"
        ),
    ),
    (
        "history and people",
        (
            r"discover(?:ed|er|y)|named after|history of|when was|what year|which year|who (?:discovered|described|first|found|named)|"
            r"^who (?:has|had|is|was)|famous(?! for)|celebrit\w*|nobel|published by|authors?|origin of the name|etymolog\w*|"
            r"first (?:described|discovered|identified|reported|cloned|patient)"
        ),
    ),
    (
        "tests and costs",
        (
            r"how (?:is|are|was|can|do|does|to|would) .*(?:diagnos(?:e|ed|ing)|test(?:ed)? for|detect(?:ed)?|confirm(?:ed)?|screen(?:ed)? for)\b|"
            r"(?:blood|genetic|lab|laboratory|which|what|prenatal|diagnostic|newborn) (?:tests?|screening)\b(?! (?:for )?<)|"
            r"diagnostic criteria|biopsy|mri\b|x-?rays?|imaging|ultrasound|biomarkers?|prenatal\w*|costs?|prices?|expensive|insurance|"
            r"reimburs\w*|accuracy|sensitivity"
        ),
    ),
    (
        "risks and the environment",
        (
            r"contagious|infectious|catch(?:es|ing)?|risk factors?|environment\w*|lifestyle|smoking|alcohol|exposure|vitamins?|"
            r"pregnan\w*|exercise|sports?|school|work\b(?= with <disease>)|drive a car|polygenic|gwas|odds ratios?|heritability"
        ),
    ),
    (
        "comparisons and kinds of terms",
        (
            r"similar to|resembl\w*|mimic\w*|differ(?:s|ed|ence|ences|ent)? (?:from|between|to|than)|differences?|compar(?:e|es|ed|ing)|versus|vs|"
            r"distinguish\w* (?:between|(?:\w+ )?<\w+> (?:from|and))|tell (?:\w+ )?apart|subtypes?|sub-types?|subclass\w*|child terms?|children of <|parent terms? of <gene>|"
            r"narrower|descendants?|(?:kinds|types|forms|variants|classes) of <|(?:same|shared) (?:gene|genes|disease|diseases|"
            r"phenotypes?) as|rarest|most (?:severe|dangerous|important|expensive)|overlap\w*"
        ),
    ),
)
_OUTSIDE = tuple((topic, re.compile(rf"(?<![\w<])(?:{pattern})(?![\w>])", re.IGNORECASE)) for topic, pattern in _TOPICS)
_LISTED = re.compile(
    r"\b(?:genes?|loci|loc(?:us|i)|symbols?|phenotyp\w*|symptom\w*|signs?|features?|findings?|manifest\w*|abnormalit\w+|"
    r"anomal\w+|characteristics|terms?|problems?|troubles?|complaints?|issues?|difficulties|complications?|consequences?|"
    r"diseases?|disorders?|conditions?|syndromes?|illness\w*|diagnos\w*|patholog(?:y|ies)|entit\w+|entr(?:y|ies)|candidates?|panel|"
    r"functions?|roles?|jobs?|processes|activit\w+|annotat\w*|names?|synonyms?|definition|meaning|meant?|explain|defin\w+|describe|clarif\w+|"
    r"summar\w+|introduc\w+|understand|about|words?|lists?|picture|spectrum|presentation|culprits?|causes?|pathways?|components?|"
    r"compartments?|reactions?|complex(?:es)?|process|organs?|parts?|malformations?|defects?|ailments?|malad\w+|traits?|identifiers?|"
    r"numbers?|codes?|alias\w*|parents?|proteins?|enzymes?|it do|genetic|aetiology|etiology)\b",
    re.IGNORECASE,
)
"""Words for what can be listed or explained about a single name."""
_YES_NO = re.compile(
    r"(?:^|[.:,;!?-] )(?:(?:so|and|but|also|now|well|okay|please|say|tell me),? )?(?:is|are|was|were|does|do|did|can|could|will|"
    r"would|should|has|have|had|might|may|must)\b",
    re.IGNORECASE,
)
_SUBJECT = (
    r"(?!(?:genes?|mutations?|variants?|any\w*|some\w*|it|that|this|these|those|they|there|you|we|i|one|which|what|who|patients?|"
    r"people|not)\b)[\w-]+"
)
_ABOUT_ONE = re.compile(
    rf"(?:^|[.:,;!?-] )(?:(?:so|and|but|please|hi|hello),? )?(?:(?:does|do|did|can|could|may|might|will|would) {_SUBJECT} "
    r"(?:\w+ly )?(?:cause|lead|result|give|produce|trigger|explain|underlie)\b|"
    rf"(?:is|are|was|were) {_SUBJECT} (?:an?|the|one) (?:\w+ )?(?:genes?|causes?)\b)",
    re.IGNORECASE,
)
"""Whether an unknown word causes what is named: not a question for a list."""
_NOUN_PHRASE = re.compile(
    r"\b(?<!in )(?:which|what)((?: (?!is\b|are\b|was\b|were\b|do\b|does\b|did\b|has\b|have\b|had\b|can\b|could\b|would\b|should\b|"
    r"will\b|may\b|might\b|must\b|of\b|in\b|for\b|to\b|with\b|by\b|from\b|the\b|a\b|an\b|if\b|one\b|ones\b|happens?\b|goes\b|"
    r"about\b|it\b|we\b|I\b|you\b|she\b|he\b|they\b|lies?\b|makes?\b|comes?\b|gives?\b|links?\b|known\b|kind\b|sort\b|other\b|all\b|that\b|this\b|on\b|am\b|exactly\b|precisely\b|really\b|actually\b|follows?\b|"
    r"characteri\w+|distinguish\w*|afflicts?\b|ails?\b|marks\b|when\b|people\b|patients?\b|else\b)[\w-]+)+)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"\bwhat(?:'s| is| are| was| were) (?:the |a |an |its |their )?((?:[\w-]+ ){0,3}?[\w-]+) (?:of|for|in) (?:the |a |an )?"
    r"(?:[\w-]+ ){0,3}?<",
    re.IGNORECASE,
)
_ATTRIBUTES = re.compile(
    r"\b(?:frequenc\w*|percentage|proportion|prevalence|fraction|share|rate|chances?|likelihood|probabilit\w*|risk|odds|"
    r"basis|genetics|genetic|aetiolog\w*|etiolog\w*|background|cause|id|identifier|number|label|title|code|word|sense|idea|"
    r"description|explanation|differential|count|purpose|task|work|biology|use|point|duty|effects?|impact|result|outcome|association|relation\w*|link|"
    r"connection|evidence|status|types?|class|family|category|group|superclass\w*|kinds?|sorts?|ratio|degree|extent|numbers?|"
    r"record|product|concept|interaction|clinical|molecular|biological|other|seen|known|found|observed|reported|described)\b",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\bhow (?!often|common|frequent|likely|many|much|sick|usual|regular|is|are|was|do|does|did|can|could|would|should|will|has|have|"
    r"might|to|about|come|it (?:shows?|presents?|manifests?)\b|probable|rare|prevalent|high|big a|large a|the\b|typical|<)",
    re.IGNORECASE,
)
_FREQUENCY = re.compile(
    r"\b(?:how (?:often|common|rare|frequent|prevalent|widespread|many (?:people|patients|persons|individuals|children|cases|"
    r"families|births))\w*|prevalence|inciden(?:ce|t)|frequency|population)\b",
    re.IGNORECASE,
)


_HARMLESS = frozenset(
    {"treatment", "prognosis and course", "history and people", "tests and costs", "risks and the environment"}
)
"""Topics that say nothing of what is asked for if they occur before the question only."""
_CONDITION = re.compile(
    r"\b(?:only|just|want\w*|wish\w*|answer\w*|list\w*|should|must|restrict\w*|limit\w*|ignor\w+|skip\w*|drop\w*|focus\w*|consider\w*|"
    r"assum\w+|suppos\w+|if|unless|ones|remov\w+|filter out|based on|according to|use|using|prefer\w*)\b",
    re.IGNORECASE,
)
"""Words that may put a condition on the answer."""


def is_background(template: str) -> bool:
    """Whether a sentence before a question only says why it is asked: no negation, condition or other scope.

    Parameters
    ----------
    template
        The sentence with each known name replaced by the tag of its kind.
    """
    plain = _LOSS.sub(" <gene> ", _IDIOMS.sub(" ", template.replace("’", "'").replace("nothing but ", "")))
    if _NEGATION.search(plain) or _CONDITION.search(plain) or _OR.search(plain):
        return False
    return not any(pattern.search(plain) for topic, pattern in _OUTSIDE if topic not in _HARMLESS)


def decline_reason(template: str, kinds: tuple[str, ...]) -> str:
    """Why a question cannot be answered as it is asked; empty if there is no reason.

    Parameters
    ----------
    template
        The question with each name replaced by the tag of its kind.
    kinds
        Kinds of its entities.
    """
    plain = _LOSS.sub(" <gene> ", _IDIOMS.sub(" ", template.replace("’", "'")))
    if match := _NEGATION.search(plain):
        return f"The question says {match[0].strip('< ')!r}, and I can't answer questions with negations or exceptions"
    if _OR.search(plain):
        return "The question joins names by 'or', and I can only look for all of them together"
    for topic, pattern in _OUTSIDE:
        if match := pattern.search(plain):
            return f"Nothing in what I have is about {match[0]!r} ({topic})"
    return _unknown_focus(plain, set(kinds))


def _unknown_focus(plain: str, kinds: set[str]) -> str:
    """Why what is asked for is nothing that the annotations hold."""
    words = re.sub(r"<\w+>", "<>", plain)  # the tags are words for what can be listed
    if len(kinds) == 1 and _ABOUT_ONE.search(words):
        return "I can tell whether two names are related, but not this about a single name"
    if len(kinds) == 1 and not _LISTED.search(words):
        if match := _FREQUENCY.search(words):
            return f"I know how often a phenotype is seen in a disease, but not {match[0]!r} of a single name"
        if _YES_NO.search(words):
            return "I can tell whether two names are related, but not this about a single name"
    if kinds != {"disease", "hpo"} and (match := _HOW.search(words)):
        return f"Nothing in what I have is about {words[match.start() :][:20].strip('<> ')!r}"
    for match in (*_NOUN_PHRASE.finditer(words), *filter(None, [_ATTRIBUTE.search(words)])):
        if not (_LISTED.search(match[1]) or _ATTRIBUTES.search(match[1])):
            return f"Nothing in what I have is about {match[1].strip()!r}"
    return ""
