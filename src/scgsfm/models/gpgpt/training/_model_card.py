"""The model card as a page for readers."""

from __future__ import annotations

from typing import Any


def readme(card: dict[str, Any]) -> str:
    """The card in Markdown."""
    reading, latest = card["stages"][0], card["stages"][-1]
    shape, corpus = reading["config"], latest["corpus"]
    documents = ", ".join(f"{n:,} of {kind}" for kind, n in corpus["n_documents"].items())
    stages = "\n\n".join(f"## Round {i}: stage {s['stage']}\n\n{_stage(s)}" for i, s in enumerate(card["stages"], 1))
    return f"""# {card["name"]}

A language model of genes, phenotypes and diseases: the architecture of Llama, {card["parameters"]:,} parameters
({shape["layers"]} layers, {shape["hidden_size"]} wide, {shape["heads"]} heads, {shape["vocab_size"]:,} tokens), trained
from scratch, then by adapters that were merged. It reads questions; it is no source of facts, and nothing it writes is
medical advice.

Licence: {card["licence"]}

```python
import scgsfm

model = scgsfm.models.load("{card["name"]}")
print(scgsfm.tl.ask("Which gene causes Marfan syndrome?", model=model))
```

## Data

{", ".join(corpus["sources"].values())}, RefSeq summaries of genes, Gene Ontology. Documents: {documents}. SHA-256:
`{corpus["sha256"]}`. The text is not part of the package.

{stages}
"""


def _stage(card: dict[str, Any]) -> str:
    perplexity = ", ".join(f"{kind} {value}" for kind, value in card["held_out_perplexity"].items())
    versions = ", ".join(f"{package} {number}" for package, number in card["trained_with"].items())
    rows = {
        "parameters trained": f"{card['parameters']['trained']:,} of {card['parameters']['all']:,}",
        "steps": f"{card['steps']:,}",
        "seconds, of them on the processor": f"{card['seconds']:,}, {card['cpu_seconds']:,}",
        "perplexity on held-out documents": perplexity or "not measured",
        "made": f"{card['created']}, {versions}",
        **card["config"],
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in rows.items())])
