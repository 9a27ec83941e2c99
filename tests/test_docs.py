"""Shared descriptions of parameters."""

from __future__ import annotations

import inspect

import pytest

import scgsfm
from scgsfm import _docs

PUBLIC = {
    f"{namespace.__name__}.{name}": getattr(namespace, name)
    for namespace in (scgsfm.tl, scgsfm.pl, scgsfm.get, scgsfm.pp)
    for name in namespace.__all__
}


@_docs.doc_params
def example() -> None:
    r"""Summary with braces: {"a": 1}, :math:`\frac{1}{2}`, {layer}.

    layer
        {layer}
    model
        {model} Further text.
    """


def test_placeholders_are_replaced() -> None:
    lines = (inspect.getdoc(example) or "").splitlines()
    assert lines[0] == r"""Summary with braces: {"a": 1}, :math:`\frac{1}{2}`, {layer}."""
    assert lines[3] == f"    {_docs.PARAMETERS['layer']}"
    assert lines[5] == f"    {_docs.PARAMETERS['model']} Further text."


def test_lines_keep_their_indentation() -> None:
    doc = inspect.getdoc(scgsfm.tl.score) or ""
    first, second = _docs.PARAMETERS["gene_symbols"].splitlines()
    assert f"gene_symbols\n    {first}\n    {second}\n" in doc


@pytest.mark.parametrize("name", PUBLIC)
def test_no_placeholder_is_left(name: str) -> None:
    lines = [line.strip() for line in (PUBLIC[name].__doc__ or "").splitlines()]
    assert not [line for line in lines if any(line.startswith(f"{{{name}}}") for name in _docs.PARAMETERS)]


def test_no_docstring() -> None:
    def bare() -> None: ...

    assert _docs.doc_params(bare) is bare
