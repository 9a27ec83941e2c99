"""The model card, as ``card.json`` and as ``README.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm.models.training._provenance import provenance

if TYPE_CHECKING:
    from ._config import TrainConfig
    from ._corpus import Corpus

README = "README.md"
_METRICS = {
    "val_auroc": "median AUROC of the hidden halves of held-out sets",
    "val_auroc_network": "median AUROC of the network alone",
    "n_validation": "held-out sets",
}


def model_card(
    name: str, licence: str, corpus: Corpus, config: TrainConfig, measured: dict[str, Any]
) -> dict[str, Any]:
    """The data, settings, versions and metrics of a model.

    ``measured`` are metrics, the calibration, and the steps, seconds and devices of the training.
    """
    return {
        "name": name,
        "licence": licence,
        **provenance("numpy"),
        "corpus": corpus.info,
        "config": config.as_dict(),
        **measured,
    }


def readme(card: dict[str, Any]) -> str:
    """The card in Markdown."""
    corpus, config = card["corpus"], card["config"]
    metrics = {text: round(card[key], 4) for key, text in _METRICS.items() if key in card}
    training = {
        "steps trained": card["steps"],
        "step of the weights": card["weights_step"],
        "seconds": card["seconds"],
        "devices": f"{card['devices']} ({card['accelerator']})",
        **config,
    }
    versions = ", ".join(f"{package} {number}" for package, number in card["trained_with"].items())
    return f"""# {card["name"]}

A gene set foundation model ({config["variant"]}, {config["d_model"]} dimensions, {corpus["n_genes"]:,} genes),
trained on {card["created"]} with {versions}.

Licence: {card["licence"]}

```python
import scgsfm

model = scgsfm.models.load("path/to/this/folder")
```

## Data

{corpus["n_sets"]:,} gene sets with {corpus["n_memberships"]:,} members from {corpus["n_files"]:,} files, at least
{corpus["min_genes"]} genes each, of genes that occur in at least {corpus["min_count"]} sets. SHA-256 of the members:
`{corpus["sha256"]}`.

Groups: {", ".join(corpus["groups"])}

## Metrics

{_table(metrics)}

## Training

{_table(training)}
"""


def _table(rows: dict[str, Any]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in rows.items())])
