"""README, which is also the page of the package index: its links, figures, commands and code."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

import scgsfm

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SITE = "https://scgsfm.readthedocs.io/en/latest/"
RAW = "https://raw.githubusercontent.com/scgsfm/scgsfm/main/"


def links(text: str) -> list[str]:
    """Targets of links and images, in Markdown and in HTML."""
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)


def decimals(text: str) -> list[str]:
    """Numbers with a decimal point in the prose and tables of a page."""
    prose = re.sub(r"```.*?```|\]\([^)]*\)|<[^>]+>|doi:\S+|Python 3\.\d+ to 3\.\d+", "", text, flags=re.DOTALL)
    return re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]*\w)", prose)


def table(name: str, *index: str) -> pd.DataFrame:
    """A table of the benchmarks."""
    return pd.read_csv(ROOT / "docs" / "benchmarks" / f"{name}.csv", comment="#", thousands=",").set_index(list(index))


def measured() -> list[str]:
    """The numbers that README may state, from the tables of the benchmarks, in the order of README."""
    dropout = table("dropout", "sets", "counts", "method")["auroc"]
    gains = table("expand", "counts", "size", "completion").sort_index().loc["3%"]["difference"]
    held_out = table("gene_function", "method", "library")["auroc"]
    later = table("time_split", "method", "library")["auroc"]
    streaming = table("streaming", "input", "run").loc[("zarr", "at a stretch")]
    pairs = "cosine co-occurrence, sets of n genes weigh 1/n²"
    kegg, kegg_later = "kegg_2021_human", "kegg_2016 → kegg_2021_human"
    activity = table("regulatory_activity", "method")["r"]
    transfer = table("label_transfer", "part", "method")["f1"]
    parts = ("choose", "report")
    values = [
        *(dropout["5 genes", counts, method] for counts in ("10%", "3%") for method in ("aucell", "gsfm")),
        *(gains["5 genes", completion].mean() for completion in ("model", "co-expression in the data")),
        gains["whole", "model"].mean(),
        *(held_out[method, library] for method in ("gsfm-base", pairs) for library in ("go_bp_2025", "hpo")),
        *(held_out[method, kegg] for method in (pairs, "gsfm-base")),
        *(later[method, kegg_later] for method in (pairs, "gsfm-base")),
        *(transfer[part, name] for name in ("kind='pca'", "HVG + PCA", "gsfm-base, latent") for part in parts),
        activity.loc["r3lm-mini, both"].mean(),
    ]
    return [f"{value:.3f}" for value in values] + [f"{streaming['peak memory (MB)'] / 1000:.1f}"]


def test_links_are_absolute() -> None:
    found = links(README)
    assert len(found) > 20
    assert [link for link in found if not link.startswith("https://")] == []


def test_pages_and_files_that_are_linked_exist() -> None:
    pages = [link.removeprefix(SITE).partition(".html")[0] for link in links(README) if link.startswith(SITE)]
    files = [link.removeprefix(RAW) for link in links(README) if link.startswith(RAW)]
    assert pages
    assert files
    assert [page for page in pages if not list((ROOT / "docs").glob(f"{page}.*"))] == []
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_numbers_are_those_of_the_benchmarks() -> None:
    assert decimals(README) == measured()
    assert f"in {table('streaming', 'input', 'run').loc[('zarr', 'at a stretch'), 'seconds']} s" in README


def test_corpus_and_methods() -> None:
    stated = re.search(
        r"`gsfm-base` was trained on ([\d,]+) sets", (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    )
    assert stated
    n_sets = int(stated[1].replace(",", ""))
    assert f"{n_sets // 1000},000 gene sets" in README
    assert f"{len(scgsfm.methods())} methods" in README


def test_commands_of_a_clone_are_on_the_first_screen() -> None:
    first = README.splitlines()[:25]
    assert "pip install scgsfm" in first
    assert "pip install . && scgsfm demo" in first
    assert 'pip install ".[test]" && pytest -n auto' in first


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 80


@pytest.mark.torch
def test_quick_start_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(code) == 1
    with mpl.rc_context({"backend": "agg"}):
        names: dict[str, object] = {}
        exec(code[0], names)
        drawn = mpl.pyplot.get_fignums()
        mpl.pyplot.close("all")
    assert drawn
    adata = names["adata"]
    assert adata.obsm["score_gsfm"].shape == (700, 12)


def test_first_page_shows_the_same_quick_start() -> None:
    page = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    blocks = [text.split("```python\n", 1)[1].partition("```")[0] for text in (README, page)]
    calls = [re.findall(r"^ *sg\.tl.*?\)|^sg\.pl[^`]*?\)$", block, flags=re.MULTILINE) for block in blocks]
    assert len(calls[0]) == 2
    assert calls[0] == calls[1]


def test_functions_that_are_named_exist() -> None:
    named = re.findall(r"`((?:tl|pl|pp|get|datasets)\.\w+)`", README)
    assert named
    assert [name for name in named if not hasattr(getattr(scgsfm, name.split(".")[0]), name.split(".")[1])] == []
