from __future__ import annotations

import pandas as pd
import pytest
from anndata import AnnData

from scgsfm import get
from scgsfm.explanation import Claim, Explanation, Sentence, claims_table


@pytest.fixture
def adata() -> AnnData:
    true = Claim("genes", "enriched for", "T", 1e-5, "lib", "1", "supported")
    false = Claim("g", "annotated to", "T", source="lib", version="1", verdict="refuted", found="g is not annotated")
    sentences = [Sentence("function", "To T.", (true,)), Sentence("genes", "By g.", (true, false))]
    parts = [claims_table(sentences, "B"), claims_table(sentences[:1], "NK")]
    data = AnnData(pd.DataFrame([[1.0]]))
    data.uns = {
        "explanations": pd.concat(parts, ignore_index=True),
        "scgsfm": {"explanations": {"function": "tl.explain"}},
    }
    return data


def test_selection(adata: AnnData) -> None:
    assert len(get.explain(adata)) == 4
    assert get.explain(adata, "B", role="genes")["verdict"].tolist() == ["supported", "refuted"]
    assert get.explain(adata, verdict="refuted")["found"].tolist() == ["g is not annotated"]
    get.explain(adata)["text"] = ""
    assert adata.uns["explanations"]["text"].iloc[0] == "To T."


def test_texts(adata: AnnData) -> None:
    found = get.explain(adata, as_text=True)
    assert list(found) == ["B", "NK"]
    assert isinstance(found["B"], Explanation)
    assert [sentence.text for sentence in found["B"].kept] == ["To T."]
    assert "By g." in found["B"].to_markdown().split("Struck")[1]
    assert found["B"].sources == ["lib, 1"]
    pd.testing.assert_frame_equal(found["B"].table, get.explain(adata, "B"))


def test_errors(adata: AnnData) -> None:
    with pytest.raises(KeyError, match="which has: 'B', 'NK'"):
        get.explain(adata, "T")
    with pytest.raises(ValueError, match="verdict"):
        get.explain(adata, verdict="true")
    del adata.uns["explanations"]
    with pytest.raises(KeyError, match=r"tl\.explain"):
        get.explain(adata)
