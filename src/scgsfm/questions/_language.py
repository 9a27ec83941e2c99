"""Questions in other languages than English."""

from __future__ import annotations

import re

_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_MAX_LETTERS = 0.3
"""Largest fraction of letters of other alphabets in an English question, which may contain Greek letters."""
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_OTHER = _words(
    # German, Dutch, Swedish, Danish, Norwegian
    "welche welcher welches welchen welchem wer wie wo warum wann ist sind wird werden hat haben der das dem den des ein eine "
    "einen einem einer und oder nicht durch von vom bei beim zum zur mit für über gibt kann verursacht verursachen entsteht "
    "entstehen krankheit krankheiten gene gens häufig bedeutet erklären welk welke wat het een deze zijn wordt worden veroorzaakt "
    "veroorzaken ziekte ziekten tussen voor van er hoe vaak vilken vilket vilka vad hur är och orsakar orsaker sjukdom sjukdomar "
    "för hvilken hvilket hvilke hvad hva hvordan er og forårsager forårsaker sykdom sygdom "
    # French, Spanish, Portuguese, Italian, Romanian, Catalan
    "quel quelle quels quelles qui que quoi est sont le la les un une du des et ou dans pour avec cause maladie maladies gène gènes "
    "symptômes syndrome liées lié qu'est comment pourquoi combien qué cuál cuáles quién cómo el los las una unos del y o en con "
    "por para causa causan provoca enfermedad enfermedades gen síntomas función qual quais quem como os as um uma dos das e em com "
    "doença doenças sintomas função quale quali che chi cosa il lo gli di della dei delle è sono con per causano provoca malattia "
    "malattie geni sintomi funzione ce care este sunt boala boli simptome quin quina quins malaltia "
    # Polish, Czech, Slovak, Croatian, Turkish, Finnish, Estonian, Hungarian
    "jaki jaka jakie który która które kto co jest są powoduje powodują choroba choroby objawy geny jaký jaká jaké kterí kteří je "
    "jsou způsobuje způsobují nemoc nemoci příznaky ktorý ktorá ktoré spôsobuje choroby koji koja koje uzrokuje bolest hangi ne "
    "nedir neden olur için hastalık hastalıklar belirtileri mikä mitkä mitä on ovat aiheuttaa geeni sairaus sairaudet milline "
    "põhjustab haigus melyik milyen mi okozza okoz betegség betegségek gén",
)
_ENGLISH = _words(
    "the of which what is are does do did in with and or how often why for to by from this that it its be can could has have been "
    "was were will would should any there who a an on at as if whether cause causes caused linked associated related gene genes "
    "disease diseases symptom symptoms tell me show list name find explain define about people patients features signs",
)
_SHARED = (_OTHER & _ENGLISH) | _words(
    "a as on do er in is can was die den e o y je ne mi co ce la un le en des gene syndrome cause"
)
"""Words of several languages, which count for none."""


def is_other_language_word(word: str) -> bool:
    """Whether a word is frequent in another language than English."""
    return word.casefold() in _OTHER


def is_other_language(template: str) -> bool:
    """Whether a question is not in English.

    Parameters
    ----------
    template
        The question with each known name replaced by the tag of its kind, since names come from many languages.
    """
    text = re.sub(r"<\w+>", " ", template)
    letters = [c for c in text if c.isalpha()]
    if letters and sum(not _LATIN.match(c) for c in letters) > _MAX_LETTERS * len(letters):
        return True
    if "¿" in text:
        return True
    words = [word.casefold() for word in _WORDS.findall(text.replace("’", "'"))]
    words = [part for word in words for part in word.split("'")]
    n_other = sum(word in _OTHER and word not in _SHARED for word in words)
    n_english = sum(word in _ENGLISH and word not in _SHARED for word in words)
    return n_other > n_english
