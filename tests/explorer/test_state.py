from __future__ import annotations

from dataclasses import fields

import pytest

from scgsfm.explorer import State

FULL = State(
    tab="compare",
    query="CD3D,CD3E",
    library="go_bp",
    basis="X_umap",
    groupby="cell type & more",
    expand=True,
    subject="group",
    group="CD4+ <T>",
    mode="gsfm",
    term="a=b&c/d?",
    condition="x y",
    sample="дon or",
    reference="100 %",
    paired=True,
    question="Which gene causes 'Marfan' #1?",
)


def test_link_reopens_the_state() -> None:
    assert all(getattr(FULL, f.name) != f.default for f in fields(State)), "the test must set each field"
    assert State.from_query(FULL.to_query()) == FULL
    assert State.from_query("?" + FULL.to_query()) == FULL


def test_defaults_are_not_in_the_link() -> None:
    assert State().to_query() == ""
    assert State(query="BRCA2").link(tab="cells") == "?tab=cells&query=BRCA2"


def test_pasted_lines_become_commas() -> None:
    assert State(query="CD3D\r\nCD3E\r\n\r\n CD2 ").to_query() == "query=CD3D,CD3E,CD2"


@pytest.mark.parametrize("text", ["", "?", "nothing=1", "&&&=", "tab=%00%ff", "expand=maybe", "query=%E2%80"])
def test_any_query_string_is_read(text: str) -> None:
    state = State.from_query(text)
    assert State.from_query(state.to_query()) == state
    assert state.expand is False


def test_control_characters_are_dropped() -> None:
    assert State.from_query("group=a%00b%1b%5Bc&query=A%09B").group == "ab[c"


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        State.from_query("&".join(f"a{i}=1" for i in range(100)))
