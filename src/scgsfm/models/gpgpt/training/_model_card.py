"""README of a model from its card."""

from __future__ import annotations

from typing import Any


def readme(card: dict[str, Any]) -> str:
    """The card in Markdown."""
    reading, latest = card["stages"][0], card["stages"][-1]
    shape, corpus = reading["config"], latest["corpus"]
    documents = ", ".join(f"{n:,} of {kind}" for kind, n in corpus["n_documents"].items())
    stages = "\n\n".join(f"## Round {i}: stage {s['stage']}\n\n{_stage(s)}" for i, s in enumerate(card["stages"], 1))
    return f"""# {card["name"]}

A language model of genes, phenotypes and diseases with the architecture of Llama and {card["parameters"]:,} parameters
({shape["layers"]} layers, width {shape["hidden_size"]}, {shape["heads"]} heads, {shape["vocab_size"]:,} tokens). It was trained
from scratch, then with low-rank adapters that were merged. The model reads questions. It is not a source of facts, and its
output is not medical advice.

License: {card["licence"]}

```python
import scgsfm

model = scgsfm.models.load("{card["name"]}")
print(scgsfm.tl.ask("Which gene causes Marfan syndrome?", model=model))
```

## Data

{", ".join(corpus["sources"].values())}, RefSeq summaries of genes, Gene Ontology. Documents: {documents}. SHA-256:
`{corpus["sha256"]}`. The texts are not part of the package.

{_recipe(card.get("recipe", []))}{stages}
"""


def _recipe(steps: list[dict[str, str]]) -> str:
    """How the files were made, one list item per step."""
    items = ["- " + "; ".join(f"{key}: {value}" for key, value in step.items()) for step in steps]
    return "\n".join(["## Recipe", "", *items, "", ""]) if items else ""


def _stage(card: dict[str, Any]) -> str:
    perplexity = ", ".join(f"{kind} {value}" for kind, value in card["held_out_perplexity"].items())
    versions = ", ".join(f"{package} {number}" for package, number in card["trained_with"].items())
    rows = {
        "parameters trained": f"{card['parameters']['trained']:,} of {card['parameters']['all']:,}",
        "steps": f"{card['steps']:,}",
        "seconds, CPU seconds": f"{card['seconds']:,}, {card['cpu_seconds']:,}",
        "perplexity on held-out documents": perplexity or "not measured",
        "created": f"{card['created']}, {versions}",
        **card["config"],
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in rows.items())])
