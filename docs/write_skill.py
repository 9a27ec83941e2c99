"""Write the agent skill, which coding agents read before they use scgsfm, from the documentation.

    python docs/write_skill.py

`src/scgsfm/data/skill/SKILL.md` has the principles and an index; `references/` has a file for each section of `docs/api.md`,
with the signatures, summaries and results of its functions, and one with the table of the scoring methods.
`scgsfm skill FOLDER` copies them.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from pkgutil import resolve_name

from scgsfm.scoring.methods import METHODS

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

import write_methods  # noqa: E402  # the script next to this one

SKILL = DOCS.parent / "src" / "scgsfm" / "data" / "skill"
SITE = "https://scgsfm.readthedocs.io/en/latest"
DESCRIPTION = (
    "Use for gene-set analysis of single cells with scgsfm: scores (AUCell, UCell, GSVA, ULM, GSFM and others), annotation, "
    "enrichment, comparison of conditions, drug signatures, completion of gene sets, gene functions, explanations with checked "
    "claims, phenotypes and diseases of genes, and the activity of regulatory DNA, on AnnData."
)
HEAD = """---
name: scgsfm
description: {description}
---

# scgsfm

scgsfm brings gene-set foundation models into AnnData and scanpy. Read the file of your task in `references/` before you
write code: names of arguments and places of results are there. The full documentation is at <{site}>.

{principles}

## What is easily done wrong

- Results are written into `adata`, and the call returns `None`: don't assign it. `copy=True` returns a changed copy.
- Read results by `sg.get`, not by guessing keys: `sg.get.scores(adata, "aucell")`, `sg.get.enrich(adata)`.
- {lognormal} need log-normalized values; the other methods take counts as well.
- Cells of one donor are not replicates. Compare conditions by `sg.tl.compare` with `sample=`, not by a test over cells.
- A warning `GeneMatchWarning` means that few genes were recognized: look at `sg.pp.resolve_genes` before you trust a result.
- Scores of drugs, phenotypes and predicted functions are hypotheses from data, not clinical statements.

## Tasks

| task | functions | file |
|---|---|---|
{index}
| choose a scoring method | `tl.score`, `methods` | [references/methods.md](references/methods.md) |
"""


def plain(text: str) -> str:
    """Return Markdown without the roles of Sphinx and MyST."""
    text = re.sub(r"\{(?:func|class|meth|mod|attr)\}`~?([^`]+)`", r"`\1`", text)
    text = re.sub(r"\[\]\(([\w/]+)\.md\)", rf"[\1]({SITE}/\1.html)", text)
    text = re.sub(r"\]\(([\w/]+)\.md(#[\w-]+)?\)", rf"]({SITE}/\1.html\2)", text)
    text = re.sub(r"\{cite:\w\}`[^`]+`", "", text)
    text = re.sub(r":(?:class|func|meth|attr|mod|data):`~?\.?([^`]+)`", r"`\1`", text)
    return re.sub(r"``(.+?)``", r"`\1`", text)


def sections() -> dict[str, list[str]]:
    """Return the sections of the API page with the names of their functions."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", (DOCS / "api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = part.splitlines()[0].strip()
        names = re.findall(r"^   ([A-Za-z]\w*(?:\.\w+)*)$", part, flags=re.MULTILINE)
        if names:
            found[title] = list(dict.fromkeys(names))
    return found


def part_of(docstring: str, title: str) -> str:
    """Return a section of a numpydoc docstring, such as what is written where."""
    match = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", docstring, flags=re.MULTILINE | re.DOTALL)
    return match[1].strip() if match else ""


def entry(name: str) -> str:
    """Return signature, summary, results and example of a public object."""
    thing = resolve_name(f"scgsfm.{name}")
    text = inspect.getdoc(thing) or ""
    lines = [f"## `sg.{name}`", ""]
    if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
        lines += ["```python", f"sg.{name}{inspect.signature(thing)}", "```", ""]
    lines.append(plain(text.partition("\n\n")[0].replace("\n", " ")))
    for title in ("Returns", "Examples"):
        if body := part_of(text, title):
            fence = ["```pycon", body, "```"] if title == "Examples" else [plain(body)]
            lines += ["", f"{title}:", "", *fence]
    return "\n".join(lines) + "\n"


def methods_table() -> str:
    """Return the table of the scoring methods."""
    rows = [line for line in write_methods.chooser().splitlines() if line.startswith("|")]
    return plain("\n".join(["# Scoring methods", "", *rows])) + "\n"


def principles() -> str:
    """Return what holds for all functions, from the page of the usage principles."""
    page = (DOCS / "usage_principles.md").read_text(encoding="utf-8")
    kept = [
        part
        for part in re.split(r"^(?=## )", page, flags=re.MULTILINE)
        if not part.startswith(("## In the shell", "# "))
    ]
    return plain("".join(kept)).strip()


def files() -> dict[Path, str]:
    """Return the files of the skill with their contents."""
    made: dict[Path, str] = {}
    index = []
    for title, names in sections().items():
        place = f"references/{re.sub(r'[^a-z]+', '_', title.lower()).strip('_')}.md"
        made[SKILL / place] = f"# {title}\n\n" + "\n".join(map(entry, names))
        shown = [f"`{name}`" for name in names if not name.startswith(("pl.", "get."))][:5] or [f"`{names[0]}`"]
        index.append(f"| {title} | {', '.join(shown)} | [{place}]({place}) |")
    made[SKILL / "references" / "methods.md"] = methods_table()
    made[SKILL / "SKILL.md"] = HEAD.format(
        description=DESCRIPTION,
        site=SITE,
        lognormal=", ".join(f"`{name}`" for name, method in METHODS.items() if method.values == "log-normalized"),
        principles=principles(),
        index="\n".join(index),
    )
    return made


def main() -> None:
    """Write the files, and remove those of former sections."""
    made = files()
    for path in SKILL.rglob("*.md"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
