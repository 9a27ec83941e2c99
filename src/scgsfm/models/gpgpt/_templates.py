"""How questions are worded in training: what is asked, and of which entities.

``[a|b]`` stands for one of several wordings, drawn anew each time. The benchmark asks in words of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ASKED = ("genes", "phenotypes", "diseases", "related", "how often", "meaning", "functions")
"""What a question can ask for."""

_WHICH = "[Which|What|List the|Name the|Give me the|Show the|Find all]"
_ARE = "[are|are known to be|have been]"
_LINKED = "[linked to|associated with|connected with|related to|implicated in|involved in|annotated to]"
_SHOWN = "[phenotypes|clinical features|symptoms|signs|abnormalities|clinical findings|features|manifestations]"
_CHANGES = "[mutations|variants|pathogenic variants|changes|defects|loss of function|a mutation|a variant]"

QUESTIONS: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {
    ("genes", ("hpo",)): (
        f"{_WHICH} genes {_ARE} {_LINKED} {{hpo}}?",
        "[Which|What] genes [cause|lead to|result in|explain|underlie] {hpo}?",
        f"{_CHANGES} in which genes [cause|lead to|result in] {{hpo}}?",
        "[Genes|All genes|Candidate genes] [for|of|behind|with] {hpo}",
        "[A patient has|My patient has|A child with|The patient shows] {hpo}[.|:|,] [which|what] genes [should I look at|are candidates|could be behind it]?",
        "[Which|What] [gene|genes] [is|are] [responsible for|mutated in patients with|altered in] {hpo}?",
        "If [someone|a child|a patient] has {hpo}, [mutations of|variants of|defects in] [what|which] genes [might|could|would] explain it?",
        "[I'm looking for|I need|I want] [every gene|all genes|the genes] in which a defect [can give|gives|leads to] {hpo}.",
        "{hpo} [can be|may be|is] due to [what|which] genes?",
        "In which genes [are|were] [mutations|variants] [reported|found] with {hpo}?",
    ),
    ("genes", ("disease",)): (
        f"{_WHICH} genes {_ARE} {_LINKED} {{disease}}?",
        "[Which|What] [gene|genes] [causes|cause|underlies|underlie|is behind|are behind] {disease}?",
        f"{_CHANGES} in which [gene|genes] [cause|lead to|are found in] {{disease}}?",
        "[Genes|Gene|Causal genes|The gene] [for|of|behind] {disease}",
        "[Which|What] [gene|genes] [is|are] [mutated|altered|defective] in [patients with|people with|] {disease}?",
        "[What is|Tell me] the genetic [cause|basis|origin] of {disease}?",
        "[People|Patients|Children] with {disease} [carry|have|harbour] mutations of [what|which] gene?",
        "Could you tell me the gene or genes [at fault|involved|mutated] in {disease}?",
        "{disease} [comes from|is due to] a [defect|mutation] of [what|which] gene?",
        "[What|Which] gene [do I test|should be tested] for {disease}?",
    ),
    ("phenotypes", ("gene",)): (
        f"{_WHICH} {_SHOWN} {_ARE} {_LINKED} {{gene}}?",
        f"[Which|What] {_SHOWN} [do|can] {_CHANGES} in {{gene}} [cause|lead to|result in|produce]?",
        f"{_SHOWN} [of|with|due to] {_CHANGES} in {{gene}}",
        f"[What|Which] {_SHOWN} do [patients|people|carriers] with {_CHANGES} in {{gene}} [have|show|present with]?",
        "[What happens when|What is seen if] {gene} is [mutated|lost|defective|knocked out]?",
        "[Tell me the|The] [phenotype|clinical picture] of {gene}",
        "When {gene} [does not work|is defective|is lost], what [problems|symptoms|findings] do people have?",
        "[A summary|An overview] of the clinical signs caused by {gene}, please.",
        "[What|Which] [problems|troubles|abnormalities] [does a defect of|come from a mutation of] {gene} [cause|]?",
        "How are [people|patients] with a mutation of {gene} affected?",
    ),
    ("phenotypes", ("disease",)): (
        f"{_WHICH} {_SHOWN} [of|seen in|that go with|associated with] {{disease}}?",
        f"[What|Which] are the {_SHOWN} of {{disease}}?",
        "[How does|How do patients with] {disease} [present|show|manifest]?",
        f"[What|Which] {_SHOWN} do [patients|people] with {{disease}} [have|show|present with]?",
        f"{_SHOWN} [of|in] {{disease}}",
        "[Describe the|What is the] [phenotype|clinical picture] of {disease}?",
        "How would I recognise {disease}: what signs does it have?",
        "What [abnormalities|problems] are typical of [someone|a child] with {disease}?",
        "[What|Which] [problems|troubles|findings] come with {disease}?",
        "How are people with {disease} affected?",
    ),
    ("diseases", ("gene",)): (
        f"{_WHICH} [diseases|disorders|conditions|syndromes] {_ARE} {_LINKED} {{gene}}?",
        f"[Which|What] [diseases|disorders|conditions|syndromes] [do|can] {_CHANGES} in {{gene}} [cause|lead to]?",
        f"[Which|What] [disease|disorder|condition|syndrome] is [caused by|due to] {_CHANGES} in {{gene}}?",
        "[Diseases|Disorders|Syndromes] [of|due to|caused by] {gene}",
        "[In which|For which] [diseases|disorders] is {gene} [mutated|altered|causal|a known cause]?",
        "If {gene} is mutated, what [disease|disorder] can result?",
        "What [inherited conditions|genetic diseases|disorders] come from {gene}?",
        "{gene} [mutations|variants] are known in what [diseases|conditions]?",
        "[Which|What] [diseases|illnesses] should I think of when {gene} is [mutated|altered]?",
    ),
    ("diseases", ("hpo",)): (
        f"{_WHICH} [diseases|disorders|conditions|syndromes] {_ARE} {_LINKED} {{hpo}}?",
        "[Which|What] [diseases|disorders|conditions|syndromes] [show|have|present with|include|feature] {hpo}?",
        "[In which|For which] [diseases|disorders|syndromes] [is|does] {hpo} [seen|found|reported|occur]?",
        "[Diseases|Disorders|Syndromes] [with|that show|featuring] {hpo}",
        "[My patient has|A child has] {hpo}[.|:] [which|what] [diseases|syndromes] [fit|should I think of|come into question]?",
        "{hpo} can be [part of|a sign of] what [syndromes|diseases]?",
        "What conditions should come to mind when [a child|someone] has {hpo}?",
        "[What|Which] [illnesses|syndromes] [come with|go along with|are known for] {hpo}?",
        "With {hpo}, which [disease|disorder|syndrome] may it be?",
    ),
    ("related", ("gene", "hpo")): (
        f"Is {{gene}} {_LINKED} {{hpo}}?",
        f"[Do|Can|Could] {_CHANGES} in {{gene}} [cause|lead to|explain|result in] {{hpo}}?",
        "[Does|Can|Could] {gene} [cause|explain|lead to] {hpo}?",
        "Is {hpo} [seen|found|reported|known] [in patients with|in people with|with] [{gene} mutations|variants in {gene}|{gene} variants]?",
        "Is there [a link|evidence|an association|a relation] between {gene} and {hpo}?",
        "Would a mutation of {gene} explain {hpo}?",
        "Has anybody with a {gene} defect been reported to have {hpo}?",
        "May {hpo} be due to [{gene}|a mutation of {gene}]?",
        "Are {gene} and {hpo} [related|linked|connected]?",
    ),
    ("related", ("gene", "disease")): (
        f"Is {{gene}} {_LINKED} {{disease}}?",
        f"[Do|Can|Could] {_CHANGES} in {{gene}} [cause|lead to|result in] {{disease}}?",
        "[Does|Can|Could] {gene} [cause|underlie|lead to] {disease}?",
        "Is {disease} [caused by|due to] [{gene}|variants in {gene}|{gene} mutations]?",
        "Is {gene} [a gene of|a cause of|responsible for|mutated in] {disease}?",
        "Has {gene} been [found|shown] to cause {disease}?",
        "Do people with {disease} have mutations of {gene}?",
        "May {disease} be due to [{gene}|a mutation of {gene}]?",
        "Are {gene} and {disease} [related|linked|connected]?",
    ),
    ("related", ("disease", "hpo")): (
        "Is {hpo} [seen|found|observed|reported|present] in [patients with|people with|] {disease}?",
        "[Does|Can] {disease} [show|include|cause|present with|come with|lead to] {hpo}?",
        "Is {hpo} a [feature|sign|symptom|part|manifestation] of {disease}?",
        "[Do|Can] [patients|people] with {disease} have {hpo}?",
        "Would you expect {hpo} in [somebody|someone] who has {disease}?",
        "Has {hpo} been [described|reported|seen] in {disease}?",
        "Is {hpo} known to [occur|happen] in {disease}?",
        "Are {disease} and {hpo} [related|linked|connected]?",
    ),
    ("how often", ("disease", "hpo")): (
        "How [often|frequently|commonly] is {hpo} [seen|found|observed|present] in [patients with|people with|] {disease}?",
        "How [often|frequently] do [patients|people] with {disease} [have|show|present with] {hpo}?",
        "[What is the|Give the] [frequency|share|percentage|prevalence] of {hpo} in {disease}?",
        "How [common|frequent|rare] is {hpo} in {disease}?",
        "[What share|What percentage|How many] of [patients|people] with {disease} [have|show] {hpo}?",
        "Of all [people|patients] with {disease}, how many have {hpo}?",
        "In {disease}, {hpo} occurs how often?",
        "[At what rate|With what frequency] does {hpo} [occur|appear] in {disease}?",
        "[How likely|How probable] is {hpo} in [somebody|a patient] with {disease}?",
    ),
    ("meaning", ("hpo",)): (
        "[What is|What's|What does] {hpo} [mean|stand for|]?",
        "[Define|Explain|Describe] {hpo}",
        "[What kind of|What sort of|Which kind of] [abnormality|term|phenotype] is {hpo}?",
        "[What is|Which is] the [HPO id|id|identifier|HPO term|name|HPO code|code] of {hpo}?",
        "[What are|List] the [synonyms|other names|parents|parent terms] of {hpo}?",
        "Could you explain what {hpo} means?",
        "What do doctors mean by {hpo}?",
        "What [exactly|] is [meant by|understood by] {hpo}?",
        "[Which|What] [term|phenotype] is {hpo}?",
    ),
    ("meaning", ("disease",)): (
        "[What is|What's] {disease}?",
        "[Which disease is|What disease is|Define|Look up] {disease}[?|]",
        "[What is|Which is] the [OMIM number|id|identifier|Orphanet number|name|code] of {disease}?",
        "[What are|List] the [synonyms|other names] of {disease}?",
        "What is meant by {disease}?",
        "[Which|What] [condition|disease|disorder] is [called|named] {disease}?",
        "Could you explain what {disease} is?",
        "[Under which|By which|What] other names is {disease} known?",
    ),
    ("functions", ("gene",)): (
        "[What does|What is it that] {gene} [do|do in the cell|do normally]?",
        "[What is|Describe|Explain|Tell me] the [function|role|job|biological role] of {gene}?",
        "[Which|What] [pathways|processes|biological processes|functions] is {gene} [in|part of|involved in]?",
        "[Functions|Function|Role|Processes|Pathways] of [the protein of|] {gene}",
        "[What is|Tell me about] {gene}[?|]",
        "[Where in the cell is|Where is] [the protein of|] {gene} [found|located]?",
        "What is {gene} good for in the cell?",
        "What processes need the protein that {gene} makes?",
        "[Why|For what] does [a cell|the body] need {gene}?",
        "[What|Which] [molecular|biological|cellular] [role|task|activity] does {gene} have?",
    ),
}  # fmt: skip
"""By what is asked and the kinds of the entities."""

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def phrase(template: str, rng: np.random.Generator) -> str:
    """One wording of a template, its entities still open."""
    while match := _CHOICE.search(template):
        options = match[1].split("|")
        template = template[: match.start()] + options[rng.integers(len(options))] + template[match.end() :]
    return " ".join(template.split()).replace(" ?", "?").replace(" .", ".")


def roughened(question: str, rng: np.random.Generator) -> str:
    """The question as someone in a hurry may write it: without its mark, in small letters, or politely."""
    if rng.random() < 0.25:
        question = question.rstrip("?.")
    if rng.random() < 0.25:
        question = question[0].lower() + question[1:]
    if rng.random() < 0.1:
        question = ("Please tell me: ", "Hello, ", "I would like to know: ")[rng.integers(3)] + question
    return question
