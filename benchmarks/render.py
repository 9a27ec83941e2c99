"""Write the benchmark tables into the pages of ``docs``.

    python -m benchmarks.render

The text between ``<!-- table: NAME -->`` and ``<!-- end -->`` is replaced by the table in ``docs/benchmarks/NAME.csv``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLES = DOCS / "benchmarks"
MISSING = "(no figures yet)"
LABELS = {
    "facts told": "facts reported",
    "read rightly": "type recognized",
    "what doesn't exist: declined": "entities that do not exist: declined",
    "related of gene and hpo": "relation of gene and hpo",
    "related of gene and disease": "relation of gene and disease",
    "related of disease and hpo": "relation of disease and hpo",
    "how often of disease and hpo": "frequency of hpo in disease",
    "told later": "reported later",
    "beside": "compared with",
    "attention pooling beside the sum": "attention pooling in addition to the sum",
    "its seconds": "peer: seconds",
    "its CPU seconds": "peer: CPU seconds",
    "its added MB": "peer: added MB",
    "shared of p < .01": "overlap of p < 0.01",
    "rank correlation of p": "rank correlation of p-values",
    "at a stretch": "uninterrupted",
    "killed at half, run again: same scores": "killed halfway and resumed: same scores",
    "families, mean effect of a site": "families: mean effect of a site",
    "factors, the same less that in the next cell line": "factors: difference from the next cell line",
    "of the claimed sign": "sign confirmed",
    "cited exceed uncited": "cited sites exceed uncited ones",
    "traces that cite what is not on the card": "traces citing evidence that is not on the card",
    "r3lm-mini, what cards are made from": "r3lm-mini, motifs and composition",
    "r3lm-mini, language model: gold reasoning, which knows the level (upper bound)": (
        "r3lm-mini, language model: gold reasoning, which contains the level (upper bound)"
    ),
    "ms a set": "ms per set",
    "cosine co-occurrence, size-normalised": "cosine co-occurrence, size-normalized",
    "cosine co-occurrence, sets of n genes weigh 1/n²": "cosine co-occurrence, weight 1/n²",
    "multi-hot input, not normalised": "multi-hot input, not normalized",
    "all sets drawn alike (temper 1)": "uniform sampling of sets (temper 1)",
    "all groups drawn alike (temper 0)": "uniform sampling of groups (temper 0)",
    "dropout .2 in the hidden layers": "dropout 0.2 in the hidden layers",
    "learning rate .001": "learning rate 0.001",
    "without neighbours": "without neighbors",
    "mean difference of a term": "mean difference per term",
    "pairs a second": "pairs per second",
    "sequences a second": "sequences per second",
    "a CPU second": "sequences per CPU second",
    "one draw of the ties": "random tie-breaking",
    "other genes count as high": "different definition of the top genes",
    "ties in the order of the genes": "ties broken by gene order",
    "summaries, neighbours": "summaries, neighbors",
    "summaries (TF-IDF), neighbours": "summaries (TF-IDF), neighbors",
    "gene sets, neighbours": "gene sets, neighbors",
    "GSFM embedding, neighbours": "GSFM embedding, neighbors",
    "neighbours by annotation": "neighbors by annotation",
    "genes drawn": "sampling of genes",
    "evenly": "uniform",
    "gsfm-base, encoder, each cell by itself": "gsfm-base, encoder, cell-wise sets",
    "gsfm-base, latent, each cell by itself": "gsfm-base, latent, cell-wise sets",
    "unassigned without markers": "unassigned without own markers",
}
"""Column names and labels of the CSV files, and how the pages print them."""


LIBRARIES = {
    "kegg_2016": "KEGG 2016",
    "kegg_2021_human": "KEGG 2021",
    "go_bp_2018": "GO BP 2018",
    "go_bp_2025": "GO BP 2025",
    "reactome_2024": "Reactome 2024",
    "wikipathways_2019": "WikiPathways 2019",
    "hpo": "HPO",
}
"""Names of libraries in the CSV files, and how the pages print them."""


def layout(name: str, table: pd.DataFrame) -> str:
    """The table as Markdown, laid out for readers."""
    return markdown(LAYOUTS.get(name, _shortened)(table))


def _shortened(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers with more than three decimals, shortened to three, or to two significant digits if they are below 0.01."""

    def short(cell: str) -> str:
        if not re.fullmatch(r"-?\d+\.\d{4,}", cell):
            return cell
        return f"{float(cell):.3f}" if abs(float(cell)) >= 0.01 else f"{float(cell):.2g}"

    return table.astype(str).map(short)


def markdown(table: pd.DataFrame) -> str:
    """A Markdown table with padded columns, readable in a terminal as well."""
    cells = [[str(column) for column in table.columns], *([str(cell) for cell in row] for row in table.to_numpy())]
    library = re.compile(rf"\b({'|'.join(LIBRARIES)})\b")
    rows = [[library.sub(lambda match: LIBRARIES[match[1]], LABELS.get(cell, cell)) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def wide(table: pd.DataFrame, index: list[str], columns: list[str], cell: str = "cell") -> pd.DataFrame:
    """One column for each combination of ``columns``, in order of appearance."""
    order = table[columns].drop_duplicates().agg(", ".join, axis=1)
    keyed = table.assign(column=table[columns].agg(", ".join, axis=1))
    keys = pd.MultiIndex.from_frame(table[index].drop_duplicates())
    flat = keyed.pivot(index=index, columns="column", values=cell)
    flat = flat.reindex(keys if len(index) > 1 else keys.get_level_values(0))[order]
    return flat.rename_axis(columns=None).fillna("").reset_index()


def _gene_function(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    library = [f"{r.library} ({r.n_terms:,} terms)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, library=library), ["method"], ["library"])


def _term_order(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    library = [f"{r.library} ({r.n_genes:,} genes)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, library=library), ["order"], ["library"])


def _dropout(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f}" + (f" [{r.low:.3f}, {r.high:.3f}]" if r.runs > 1 else "") for r in table.itertuples()]
    return wide(table.assign(cell=cell), ["counts", "sets"], ["method"])


def _dropout_types(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.aucell:.3f} / {r.gsfm:.3f}" for r in table.itertuples()]
    return wide(table.assign(cell=cell), ["cell_type"], ["sets", "counts"])


def _gene_embedding(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f}" + (f" [{r.low:.3f}, {r.high:.3f}]" if r.low == r.low else "") for r in table.itertuples()]
    order = table.groupby(["source", "embedding"], sort=False)["auroc"].transform("mean")
    first = table["source"] == "this run"
    table = table.assign(cell=cell, order=order, first=first).sort_values(
        ["first", "order"], ascending=False, kind="stable"
    )
    dimensions = table["dimensions"].map(lambda n: f"{n:.0f}" if n == n else "")
    return wide(table.assign(dimensions=dimensions), ["embedding", "source", "dimensions"], ["task"])


def _gpu(table: pd.DataFrame) -> pd.DataFrame:
    """Tasks with their differences from the CPU, and throughput where it is measured."""
    numbers = {"CPU, per second": "cpu_per_second", "GPU, per second": "device_per_second"}
    made = table[["task"]].assign(difference=[f"{value:.1e}" for value in table["difference"]])
    made["difference, bfloat16"] = ["" if value != value else f"{value:.1g}" for value in table["bfloat16"]]
    for title, column in numbers.items():
        values = zip(table[column], table["unit"], strict=True)
        made[title] = ["" if value != value else f"{value:,.0f} {unit}" for value, unit in values]
    return made


def _numerics(table: pd.DataFrame) -> pd.DataFrame:
    """Errors in powers of ten."""
    cases = [column for column in table if column not in {"method", "infinite"}]
    return table.assign(**{case: [f"{value:.0e}" if value else "0" for value in table[case]] for case in cases})


def _term_clusters(table: pd.DataFrame) -> pd.DataFrame:
    values = zip(table["n_clusters"], table["alone"], table["coherence"], table["silhouette"], strict=True)
    cell = [f"{n} · {alone:.0%} · {coherence:.3f} · {width:.2f}" for n, alone, coherence, width in values]
    data = [f"{r.data} ({r.n_terms} terms)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, data=data), ["method"], ["data"])


def _term_halves(table: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "top1": "other half is the most similar",
        "median_halves": "median of halves",
        "median_others": "median of others",
        "q99_others": "99th percentile of others",
    }
    shown = {name: table[column].map("{:.2f}".format) for column, name in columns.items()}
    return pd.DataFrame({"measure": table["measure"]} | shown)


def _term_speed(table: pd.DataFrame) -> pd.DataFrame:
    times = {"s": table["seconds"].map("{:.1f}".format), "CPU s": table["cpu_seconds"].map("{:.1f}".format)}
    return pd.DataFrame({"step": table["step"], "terms": table["n_terms"]} | times)


def _gene_pairs(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}] · {r.matched:.3f}" for r in table.itertuples()]
    task = [f"{r.task} ({r.n_positive:,} of {r.n_pairs:,} pairs)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, task=task), ["method"], ["task"])


def _kinds(table: pd.DataFrame) -> pd.DataFrame:
    """AUROC without and with a kind or a gate, and the difference with its interval."""
    index = [column for column in ("kind", "query", "task", "gate", "n") if column in table]
    index.sort(key=list(table).index)
    values = {name: table[name].map("{:.3f}".format) for name in ("without", "with", "now", "auroc") if name in table}
    # a gate changes less than the third decimal
    digits = 3 if values else 4
    interval = [f"{r.difference:+.{digits}f} [{r.low:+.{digits}f}, {r.high:+.{digits}f}]" for r in table.itertuples()]
    made = pd.DataFrame({**table[index], **values, "difference": interval})
    if "worst_group" in table:
        made["worst group"] = table["worst_group"].map("{:+.4f}".format)
    if "weight_now" in table:
        made.insert(3, "mean weight now", table["weight_now"].map("{:.2f}".format))
        made.insert(4, "mean weight", table["weight"].map("{:.2f}".format))
    return made


def _gain(table: pd.DataFrame) -> list[str]:
    return [f"{r.difference:+.3f} [{r.low:+.3f}, {r.high:+.3f}]" for r in table.itertuples()]


def _expand(table: pd.DataFrame) -> pd.DataFrame:
    few = table[table["size"].isin(["5 genes", "whole"])]
    few = few.assign(cell=_gain(few), plain=few["plain"].map("{:.3f}".format))
    return wide(few, ["data", "counts", "size", "plain"], ["completion"])


def _expand_choice(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["size", "counts", "n_genes", "added_weight"]
    over = table.groupby(keys, sort=False)["difference"].agg(["mean", "min"]).reset_index()
    over = over.sort_values(["n_genes", "added_weight"], kind="stable").sort_values(["size", "counts"], kind="stable")
    cell = [f"{mean:+.3f} ({low:+.3f})" for mean, low in zip(over["mean"], over["min"], strict=True)]
    weight = over["added_weight"].map("weight {:g}".format)
    return wide(over.assign(cell=cell, weight=weight), ["size", "counts", "n_genes"], ["weight"])


def _expand_methods(table: pd.DataFrame) -> pd.DataFrame:
    gains = zip(table["plain"], _gain(table), strict=True)
    return wide(
        table.assign(cell=[f"{plain:.3f} {gain}" for plain, gain in gains]), ["method", "size", "counts"], ["data"]
    )


def _cell_embedding(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.knn:.3f} · {r.nmi:.3f} · {r.ari:.3f} · {r.asw:.3f}" for r in table.itertuples()]
    data = [f"{r.data} ({r.cells:,} cells, {r.types} types)" for r in table.itertuples()]
    means = table.groupby("method", sort=False)[["knn", "nmi", "ari", "asw"]].mean()
    rows = [f"{r.knn:.3f} · {r.nmi:.3f} · {r.ari:.3f} · {r.asw:.3f}" for r in means.itertuples()]
    mean = pd.DataFrame({"method": means.index, "data": "mean", "cell": rows})
    return wide(pd.concat([table.assign(cell=cell, data=data), mean]), ["method"], ["data"])


def _cell_embedding_choices(table: pd.DataFrame) -> pd.DataFrame:
    mean = table.groupby("choice", sort=False)["knn"].mean().reset_index().assign(data="mean")
    both = pd.concat([table, mean])
    return wide(both.assign(cell=both["knn"].map("{:.3f}".format)), ["choice"], ["data"])


def _label_transfer(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy · F1 (difference) · mixing of each part."""
    parts = {"choose": "data of the choice", "report": "other data", "within": "within data sets"}
    change = [f"{r.difference:+.3f} [{r.difference_low:+.3f}, {r.difference_high:+.3f}]" for r in table.itertuples()]
    mixed = [f" · {r.mixing:.2f}" if r.mixing == r.mixing else "" for r in table.itertuples()]
    cell = [
        f"{r.accuracy:.3f} · {r.f1:.3f}{'' if r.method == table['method'].iloc[0] else f' ({difference})'}{mixing}"
        for r, difference, mixing in zip(table.itertuples(), change, mixed, strict=True)
    ]
    part = [f"{parts[r.part]} ({r.tasks} tasks)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, part=part), ["method"], ["part"])


def _label_transfer_tasks(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy · F1 · mixing between batches; the CSV has the tasks within data sets, too."""
    table = table[table["part"] != "within"]
    cell = [f"{r.accuracy:.3f} · {r.f1:.3f} · {r.mixing:.2f}" for r in table.itertuples()]
    task = [f"{r.task} ({r.cells:,} cells, {r.types} labels, {r.batches} batches)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, task=task), ["method"], ["task"])


def _annotation(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the data sets; the CSV has each of them."""
    columns = list(table.columns[4:])
    mean = table.groupby("method", sort=False)[columns].mean().reset_index()
    return mean.assign(
        **{column: mean[column].map(lambda x: f"{x:.3f}" if x == x else "") for column in columns}
    ).rename(columns=lambda column: column.replace("_", " "))


def _score_properties(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the data sets; the CSV has each of them."""
    mean = table.drop(columns="data").groupby("method", sort=False).mean().reset_index()
    return mean.assign(
        **{column: mean[column].map(lambda x: f"{x:.3f}" if x == x else "") for column in mean.columns[1:]}
    )


def _score_null(table: pd.DataFrame) -> pd.DataFrame:
    """The cost, and the fractions of small p-values in percent."""
    shares = [column for column in table if column.startswith("p <")]
    shown = {"µs per cell": table["us_per_cell"].map("{:.0f}".format)}
    shown |= {
        "with random sets": table["null_us_per_cell"].map("{:.0f}".format),
        "ratio": table["ratio"].map("{:.2f}".format),
    }
    return pd.DataFrame({"method": table["method"], **shown} | {c: table[c].map("{:.2%}".format) for c in shares})


def _scoring(table: pd.DataFrame) -> pd.DataFrame:
    number = lambda column, text: [
        text.format(value) if value == value else "" for value in table[column].astype(float)
    ]
    ratio = table["peer_seconds"].astype(float) / table["seconds"]
    differences = table["differs"].fillna("").where(table["difference"].isna(), number("difference", "{:.2g}"))
    return pd.DataFrame(
        {
            "method": table["method"],
            "cells × sets": [f"{r.cells:,} × {r.sets:,}" for r in table.itertuples()],
            "seconds": number("seconds", "{:.2f}"),
            "CPU seconds": number("cpu_seconds", "{:.2f}"),
            "first call": number("first_seconds", "{:.1f}"),
            "peer": table["peer"].fillna(""),
            "its seconds": number("peer_seconds", "{:.1f}"),
            "its CPU seconds": number("peer_cpu_seconds", "{:.1f}"),
            "ratio": ["" if value != value else f"{value:,.0f}" for value in ratio],
            "largest difference": differences,
        }
    )


def _enrichment_calibration(table: pd.DataFrame) -> pd.DataFrame:
    shares = [column for column in table if column.startswith("p <")]
    cell = [" / ".join(f"{value:.4f}" for value in row) for row in table[shares].to_numpy()]
    size = [f"{n} genes" for n in table["genes"]]
    return wide(table.assign(cell=cell, size=size), ["genes drawn", "size"], ["mode"])


def _enrichment_power(table: pd.DataFrame) -> pd.DataFrame:
    rows = table.itertuples(index=False, name=None)
    cell = [f"{first:.0%} / {ten:.0%} / {reciprocal:.2f}" for *_, first, ten, reciprocal in rows]
    return wide(table.assign(cell=cell, n=table["true genes"].astype(str)), ["library", "terms", "method"], ["n"])


def _enrichment_agreement(table: pd.DataFrame) -> pd.DataFrame:
    formats = {"largest difference of ES": "{:.0e}", "rank correlation of p": "{:.3f}", "shared of p < .01": "{:.2f}"}
    formats |= {"seconds": "{:.1f}", "its seconds": "{:.1f}"}
    return table.assign(**{column: table[column].map(form.format) for column, form in formats.items()})


def _gene_questions(table: pd.DataFrame) -> pd.DataFrame:
    shares = ("exact match", "read rightly", "cited evidence", "model alone")
    counts = {"facts told": table["facts told"].map(lambda n: f"{n:,.0f}" if n == n else "")}
    return table.assign(**counts, **{c: table[c].map(lambda x: f"{x:.1%}" if x == x else "") for c in shares})


def _question_readers(table: pd.DataFrame) -> pd.DataFrame:
    """One line per set of questions: right, and in brackets wrong; of the model only whole sets, since it reads few questions."""
    table = table.assign(shown=[f"{r.right:.1%} ({r.wrong:.1%})" for r in table.itertuples()])
    kept = table[(table["reader"] == "rules") | table["questions"].str.endswith(": all")]
    shown = wide(kept, ["questions"], ["reader"], "shown")
    n = {reader: kept[kept["reader"] == reader].set_index("questions")["n"] for reader in ("rules", "model")}
    shown.insert(1, "n", shown["questions"].map(n["rules"]))
    if "model" in shown:
        n_model = shown["questions"].map(n["model"]).map(lambda value: f"{value:.0f}" if value == value else "")
        shown.insert(3, "n of the model", n_model)
    return shown


def _entity_retrieval(table: pd.DataFrame) -> pd.DataFrame:
    shown = table.assign(
        AUROC=[f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()],
        pairs=table["pairs"].map("{:,}".format),
        candidates=table["candidates"].map("{:,}".format),
        **{name: table[name].map("{:.1%}".format) for name in ("top 10", "top 100")},
    )
    return shown[["query", "embedding", "pairs", "candidates", "AUROC", "top 10", "top 100"]]


def _entity_embedding(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f}" + (f" [{r.low:.3f}, {r.high:.3f}]" if r.low == r.low else "") for r in table.itertuples()]
    order = table.groupby("embedding")["auroc"].transform("mean")
    table = table.assign(cell=cell, order=order).sort_values("order", ascending=False, kind="stable")
    return wide(table, ["embedding", "dimensions"], ["task"])


def _between(row: pd.Series, name: str) -> str:
    return f"{row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"


def _gene_ranking(table: pd.DataFrame) -> pd.DataFrame:
    names = {
        "top1": "top 1",
        "top10": "top 10",
        "mrr": "MRR",
        "macro_top1": "macro top 1",
        "macro_top10": "macro top 10",
    }
    columns = {text: [_between(row, name) for _, row in table.iterrows()] for name, text in names.items()}
    columns["macro MRR"] = [_between(row, "macro_mrr") for _, row in table.iterrows()]
    head = _if_given(table, "annotations") | {
        "method": table["method"],
        "genes ranked": [f"{n:,}" for n in table["candidates"]],
    }
    return pd.DataFrame(head | {"median rank": [f"{rank:.0f}" for rank in table["median"]]} | columns)


def _gene_ranking_shootout(table: pd.DataFrame) -> pd.DataFrame:
    names = {"top1": "top 1", "top5": "top 5", "top10": "top 10", "mrr": "MRR"}
    columns = {text: [_interval_if_any(row, name) for _, row in table.iterrows()] for name, text in names.items()}
    head = table.columns[: table.columns.get_loc("n_cases")]
    return table[list(head)].assign(cases=[f"{n:,}" for n in table["n_cases"]], **columns)


def _interval_if_any(row: pd.Series, name: str) -> str:
    if pd.isna(row[name]):
        return ""
    return f"{row[name]:.3f}" if pd.isna(row[f"{name}_low"]) else _between(row, name)


def _gene_ranking_speed(table: pd.DataFrame) -> pd.DataFrame:
    seconds = {"seconds": table["seconds"], "CPU seconds": table["cpu_seconds"]}
    return table[["task"]].assign(**{name: column.map("{:.2f}".format) for name, column in seconds.items()})


def _gene_relations(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    return wide(table.assign(cell=cell, summaries="summaries " + table["summaries"]), ["method"], ["summaries"])


def _new_associations(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    counts = {"genes": table["n_genes"], "new pairs": [f"{n:,}" for n in table["n_pairs"]]}
    measures = {"AUROC, similar frequency": cell}
    if "auroc_all" in table:
        measures["AUROC, all terms"] = [f"{value:.3f}" for value in table["auroc_all"]]
    return pd.DataFrame(_if_given(table, "pairs") | {"method": table["method"], **counts, **measures})


def _if_given(table: pd.DataFrame, column: str) -> dict[str, pd.Series]:
    """A column that tables of earlier versions do not have."""
    return {column: table[column]} if column in table else {}


def _relation_calibration(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"prediction": table["prediction"]} | _by_probability(table))


def _told_later(table: pd.DataFrame) -> pd.DataFrame:
    head = {"pairs of": table["pairs_of"]} if "pairs_of" in table else {}
    return pd.DataFrame(head | _by_probability(table)).rename(columns={"annotated": "reported later"})


def _by_probability(table: pd.DataFrame) -> dict[str, list[str]]:
    columns = {"probability": [f"{r.low:g} to {r.high:g}" for r in table.itertuples()]}
    columns |= {name: [f"{value:.4f}" for value in table[name]] for name in ("predicted", "annotated")}
    return columns | {"pairs": [f"{n:,}" for n in table["n"]]}


def _phenotype_lists(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.share:.3f} / {r.any:.3f}" for r in table.itertuples()]
    return wide(table.assign(shown=cell), ["genes", "size"], ["rows"], "shown")


def _relation_speed(table: pd.DataFrame) -> pd.DataFrame:
    pairs = [f"{n:,}" for n in table["n_pairs"]]
    return pd.DataFrame({"pairs": pairs, "pairs a second": [f"{n:,.0f}" for n in table["pairs_per_second"]]})


def _regulatory_activity(table: pd.DataFrame) -> pd.DataFrame:
    mean = table.groupby("method", sort=False)[["r", "rmse"]].mean().reset_index().assign(cell="mean")
    both = pd.concat([table, mean.merge(table[["method", "n"]].drop_duplicates())])
    cell = [f"{r.r:.3f} / {r.rmse:.3f}" for r in both.itertuples()]
    return wide(both.assign(shown=cell, n=both["n"].map("{:,}".format)), ["method", "n"], ["cell"], "shown")


def _regulatory_explanations(table: pd.DataFrame) -> pd.DataFrame:
    shares = ["of the claimed sign", "cited exceed uncited"]
    return table.assign(**{column: table[column].map("{:.1%}".format) for column in shares})


def _gsfm_reverse(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "target": table["target"],
            "method": table["method"],
            "queries": table["n_queries"],
            "signatures to find": [f"{r.n_positive:.0f} of {r.n_sets:,.0f}" for r in table.itertuples()],
            "median rank of the first": table["first"].map("{:g}".format),
            "in random order": table["chance"].map("{:.0f}".format),
            "among the first ten": table["top_10"].map("{:.0%}".format),
            "AUROC of all": [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()],
        }
    )


def _gsfm_classes(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    task = [r.task + (f", mean of {r.n_tasks}" if r.n_tasks > 1 else "") for r in table.itertuples()]
    return wide(table.assign(cell=cell, task=task), ["method"], ["task"])


def _gsfm_pairs(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    task = [f"{r.task} ({r.n_pairs:,} pairs)" for r in table.itertuples()]
    table = table.assign(cell=cell, task=task).rename(columns={"pairs_by": "pairs by"})
    return wide(table, ["vectors", "pairs by"], ["task"])


def _rounded(formats: dict[str, str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A layout that formats some columns."""

    def apply(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{column: table[column].map(form.format) for column, form in formats.items()})

    return apply


def _regulatory_averaging(table: pd.DataFrame) -> pd.DataFrame:
    r = [column for column in table if column.startswith(("sequence, ", "joint, "))]
    return table.assign(**{column: table[column].map("{:.4f}".format) for column in r})


def _regulatory_design(table: pd.DataFrame) -> pd.DataFrame:
    shares = [column for column in table if column.startswith(("designs ", "random edits with"))]
    shown = table.assign(**{column: table[column].map("{:.0%}".format) for column in shares})
    if "changes" in table:
        r = table["r on fold 8"].map(lambda x: f"{x:.3f}" if x == x else "")
        shown = shown.assign(changes=table["changes"].map("{:.1f}".format), **{"r on fold 8": r})
    return shown


def _regulatory_saturation(table: pd.DataFrame) -> pd.DataFrame:
    seconds = [column for column in table if column.endswith("seconds")]
    return table.assign(
        **{column: table[column].map("{:.1f}".format) for column in seconds},
        variants=table["variants"].map("{:,}".format),
        **{"largest difference": table["largest difference"].map("{:.0e}".format)},
    )


def _explanation_names(table: pd.DataFrame) -> pd.DataFrame:
    kinds = {"names": "names", "definitions": "names and definitions", "graph": "GO graph"}
    cells = {
        f"{shown}: median, ≥ 95": [f"{r[f'median {kind}']:.1f}, {r[f'95th {kind}']:.1%}" for _, r in table.iterrows()]
        for kind, shown in kinds.items()
    }
    method = table["method"].map({"overlap": "overlap", "explain": "`tl.explain`"})
    shares = {"without a name": table["unnamed"].map("{:.1%}".format)}
    return table[["retrieval", "replaced"]].assign(method=method, **cells, **shares)


def _explanation_studied(table: pd.DataFrame) -> pd.DataFrame:
    shown = {"terms per gene": table["terms per gene"], "sets": table["n_sets"]}
    for retrieval in ("without GO", "with GO"):
        shown[f"{retrieval}: without a name"] = table[f"unnamed {retrieval}"].map("{:.1%}".format)
        kinds = [table[f"95th {kind} {retrieval}"] for kind in ("names", "definitions", "graph")]
        shown[f"{retrieval}: ≥ 95 by names, definitions, graph"] = [
            ", ".join(f"{value:.1%}" for value in row) for row in zip(*kinds, strict=True)
        ]
    coherent = zip(*(table[f"coherent {replaced}"] for replaced in ("0 %", "50 %", "100 %")), strict=True)
    shown["coherent of 0, 50, 100 % replaced"] = [", ".join(f"{value:.1%}" for value in row) for row in coherent]
    for replaced in ("0 %", "50 %"):
        shown[f"AUROC, {replaced} against 100 %"] = table[f"auroc {replaced}"].map("{:.3f}".format)
    return pd.DataFrame(shown)


def _explanation_coherence(table: pd.DataFrame) -> pd.DataFrame:
    columns = {"auroc": ("AUROC", "{:.3f}"), "share": ("share", "{:.1%}")}
    shown = {to: [form.format(v) if v == v else "" for v in table[name]] for name, (to, form) in columns.items()}
    return table[["question"]].assign(n=table["n"].map("{:,}".format), **shown)


def _explanation_claims(table: pd.DataFrame) -> pd.DataFrame:
    shares = {name: table[name].map("{:.1%}".format) for name in ("struck", "refuted")}
    return table[["claims", "n"]].assign(**shares)


def _explanation_speed(table: pd.DataFrame) -> pd.DataFrame:
    seconds = {"seconds": "seconds", "cpu_seconds": "CPU seconds"}
    shown = {to: table[name].map("{:.1f}".format) for name, to in seconds.items()}
    return table[["data", "cells", "groups"]].assign(claims=table["n_claims"], **shown)


def _model_comparison(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[["task", "part"]].assign(
        n=table["n"].map("{:,}".format), reference=table["reference"].map("{:.3f}".format)
    )
    change = [f"{r.difference:+.3f} [{r.low:+.3f}, {r.high:+.3f}]" for r in table.itertuples()]
    return shown.assign(compared=table["compared"], auroc=table["auroc"].map("{:.3f}".format), difference=change)


def _probability_calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Expected per observed genes by the size of the term, and the calibration error of all terms."""
    of_all = table[table["size"] == "all"].set_index(["task", "library", "calibration"])
    error = [f"{r.error:.2f} [{r.error_low:.2f}, {r.error_high:.2f}]" for r in of_all.itertuples()]
    cell = [f"{value:.2f}" for value in table["expected"]]
    sizes = wide(table.assign(cell=cell), ["task", "library", "calibration"], ["size"]).rename(
        columns={"all": "all sizes"}
    )
    return sizes.assign(**{"calibration error": error}).fillna("")


def _probability_reliability(table: pd.DataFrame) -> pd.DataFrame:
    """Share of genes that a later release added, by predicted probability."""
    later = table[table["task"] == "later release"]
    return later.assign(
        cell=[f"{r.observed:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in later.itertuples()],
        probability=[f"from {value:g}" for value in later["from"]],
    ).pipe(wide, ["probability"], ["library", "calibration"])


def _peer_features(table: pd.DataFrame) -> pd.DataFrame:
    """One column for all other packages, as a column for each would be wider than the page."""
    peers = list(table.columns[2:])
    names = {peer: peer.partition(" ")[0] for peer in peers}

    def offer(peer: str, functions: str) -> str:
        """Functions with the name of the package, unless they begin with it."""
        return functions if functions.startswith(f"`{names[peer]}.") else f"{names[peer]} {functions}"

    offered = [
        "; ".join(offer(peer, row[peer]) for peer in peers if row[peer]) for _, row in table.fillna("").iterrows()
    ]
    shown = table[["task", "scgsfm"]].fillna("").assign(**{"other packages": offered})
    shown.loc[len(shown)] = ["versions", "", ", ".join(peers)]
    return shown


def _placed_genes(table: pd.DataFrame) -> pd.DataFrame:
    methods = ("placed", "by cells", "random", "size", "model")
    change = [f"{r.difference:+.3f} [{r.low:+.3f}, {r.high:+.3f}]" for r in table.itertuples()]
    shown = {method: table[method].map("{:.3f}".format) for method in methods}
    return table[["data", "genes", "n"]].assign(**shown, **{"placed − size": change})


LAYOUTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "compare_false_positives": _rounded(
        {"p < 0.05": "{:.3f}", "p < 0.01": "{:.3f}", "KS distance": "{:.3f}", "KS p, one per data set": "{:.2f}"}
    ),
    "compare_power": _rounded({"p < 0.05": "{:.2f}", "fold change of the genes": "{:.2f}"}),
    "compare_prior": _rounded({"p < 0.05": "{:.3f}", "p < 0.01": "{:.4f}", "p < 0.001": "{:.5f}"}),
    "compare_speed": _rounded({"cells": "{:,.0f}", "seconds": "{:.1f}", "CPU seconds": "{:.1f}"}),
    "gpu": _gpu,
    "numerics": _numerics,
    "explorer_libraries": _rounded({"import (CPU s)": "{:.1f}", "first page (CPU s)": "{:.1f}"}),
    "explorer_speed": _rounded({"cells": "{:,.0f}", "seconds": "{:.2f}", "CPU seconds": "{:.2f}"}),
    "wheel_contents": _rounded({"MB": "{:.2f}"}),
    "gene_function": _gene_function,
    "time_split": _gene_function,
    "term_order": _term_order,
    "peer_features": _peer_features,
    "placed_genes": _placed_genes,
    "probability_calibration": _probability_calibration,
    "probability_reliability": _probability_reliability,
    "model_comparison": _model_comparison,
    "model_comparison_cooccurrence": _model_comparison,
    "model_comparison_markers": _model_comparison,
    "model_comparison_vectors": _model_comparison,
    "dropout": _dropout,
    "dropout_types": _dropout_types,
    "enrichment_calibration": _enrichment_calibration,
    "enrichment_power": _enrichment_power,
    "enrichment_peers": _enrichment_power,
    "enrichment_agreement": _enrichment_agreement,
    "gene_embedding": _gene_embedding,
    "explanation_names": _explanation_names,
    "explanation_coherence": _explanation_coherence,
    "explanation_studied": _explanation_studied,
    "explanation_claims": _explanation_claims,
    "explanation_speed": _explanation_speed,
    "gsfm_reverse": _gsfm_reverse,
    "gsfm_classes": _gsfm_classes,
    "gsfm_pairs": _gsfm_pairs,
    "gene_pairs": _gene_pairs,
    **dict.fromkeys(("kinds", "kinds_functions", "neighbor_gate", "neighbor_gate_functions"), _kinds),
    "term_clusters": _term_clusters,
    "term_halves": _term_halves,
    "term_speed": _term_speed,
    "regulatory_activity": _regulatory_activity,
    "regulatory_explanations": _regulatory_explanations,
    "regulatory_averaging": _regulatory_averaging,
    "regulatory_design": _regulatory_design,
    "regulatory_design_motifs": _regulatory_design,
    "regulatory_saturation": _regulatory_saturation,
    "gene_questions": _gene_questions,
    "question_readers": _question_readers,
    "entity_retrieval": _entity_retrieval,
    "entity_embedding": _entity_embedding,
    "score_null": _score_null,
    "score_properties": _score_properties,
    "scoring": _scoring,
    "cell_embedding": _cell_embedding,
    "cell_embedding_choices": _cell_embedding_choices,
    "label_transfer": _label_transfer,
    "label_transfer_tasks": _label_transfer_tasks,
    "annotation": _annotation,
    "expand": _expand,
    "expand_choice": _expand_choice,
    "expand_methods": _expand_methods,
    "gene_ranking": _gene_ranking,
    "gene_ranking_shootout": _gene_ranking_shootout,
    "gene_ranking_speed": _gene_ranking_speed,
    "gene_ranking_years": _gene_ranking_shootout,
    "gene_relations": _gene_relations,
    "new_associations": _new_associations,
    "relation_calibration": _relation_calibration,
    "relation_speed": _relation_speed,
    "told_later": _told_later,
    "phenotype_lists": _phenotype_lists,
}
"""Layouts of the tables that are not printed as they are in their CSV."""


def render(page: str, tables: Path) -> str:
    """The page with all of its tables updated."""

    def one(match: re.Match[str]) -> str:
        file = tables / f"{match[1]}.csv"
        body = MISSING
        if file.exists():
            made = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            as_text = {} if match[1] in LAYOUTS else {"dtype": str, "keep_default_na": False}
            body = f"{layout(match[1], pd.read_csv(file, comment='#', **as_text))}\n\n<small>{made}</small>"
        return f"<!-- table: {match[1]} -->\n\n{body}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", one, page, flags=re.DOTALL)


if __name__ == "__main__":
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        if "<!-- table: " in text:
            page.write_text(render(text, TABLES), encoding="utf-8")
