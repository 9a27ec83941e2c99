from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scgsfm.models.r3lm import Card, Trace
from scgsfm.regulatory import check_trace
from scgsfm.tl import explain_regulation

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.conftest import SmallR3LM


@pytest.fixture(scope="module")
def sequences() -> dict[str, str]:
    texts = ["".join(np.random.default_rng(i).choice(list("ACGT"), 200)) for i in range(3)]
    return {"a": texts[0][:90] + "CTG" + "AGATAAGA" + texts[0][101:], "b": texts[1], "c": texts[2][:150]}


@pytest.fixture(scope="module")
def tables(sequences: dict[str, str], small_r3lm: SmallR3LM) -> Any:
    return explain_regulation(sequences=sequences, model=small_r3lm)


def test_tables(tables: dict[str, pd.DataFrame], sequences: dict[str, str], small_r3lm: SmallR3LM) -> None:
    elements, motifs, bases = tables["elements"], tables["motifs"], tables["bases"]
    assert elements["element"].tolist() == [name for name in "abc" for _ in range(3)]
    assert elements["cell_type"].tolist() == small_r3lm.cell_types * 3
    predicted = small_r3lm.predict(list(sequences.values()))
    np.testing.assert_allclose(elements["prediction"], predicted.ravel())
    for row in elements.itertuples():
        card, trace = Card.parse(row.card), Trace.parse(row.trace)
        check_trace(trace, card, known_names=small_r3lm.motifs.names)
        assert card == small_r3lm.card(sequences[row.element], row.cell_type)
        assert trace.level == row.level
        own = motifs[(motifs["element"] == row.element) & (motifs["cell_type"] == row.cell_type)]
        assert own["motif"].tolist() == [hit.name for hit in card.hits]
        assert trace.cited(card, "activating") == np.flatnonzero(own["cited"] == 1).tolist()
    site = motifs[(motifs["element"] == "a") & (motifs["cell_type"] == "K562") & (motifs["cited"] == 1)]
    assert len(site)
    assert ((site["start"] < 101) & (site["end"] > 93)).all()
    assert (motifs["cited"][motifs["element"] != "a"] == 0).all()
    assert bases.shape == (9, 200)


def test_is_what_the_model_explains(
    tables: dict[str, pd.DataFrame], sequences: dict[str, str], small_r3lm: SmallR3LM
) -> None:
    seed = int(np.random.default_rng(0).integers(2**32))
    for k, cell_type in enumerate(small_r3lm.cell_types):
        found = small_r3lm.explain(sequences["a"], cell_type, rng=seed)
        assert tables["elements"]["trace"][k] == str(found.trace)
        own = tables["motifs"].query("element == 'a' and cell_type == @cell_type")
        np.testing.assert_allclose(own["effect"], found.effects)


def test_bases_by_hand(tables: dict[str, pd.DataFrame], sequences: dict[str, str], small_r3lm: SmallR3LM) -> None:
    text = sequences["a"]
    others = [text[:95] + base + text[96:] for base in "ACGT" if base != text[95]]
    expected = small_r3lm.predict([text])[0] - small_r3lm.predict(others).mean(axis=0)
    np.testing.assert_allclose(tables["bases"].iloc[:3, 95], expected, atol=1e-6)
    assert tables["bases"].iloc[1, 95] > 1.9
    assert tables["bases"].iloc[6:, 150:].isna().all(axis=None)


@pytest.mark.parametrize("write", ["h5ad", "zarr"])
def test_data(
    sequences: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path, write: str, tables: dict[str, pd.DataFrame]
) -> None:
    adata = ad.AnnData(np.ones((2, 3), np.float32), var=pd.DataFrame({"dna": sequences.values()}, index=list("abc")))
    options = {"sequences": "dna", "model": small_r3lm, "cell_type": "K562"}
    assert explain_regulation(adata, ["c", "a"], **options) is None
    found = adata.uns["r3lm_explanations"]
    assert found["elements"]["element"].tolist() == ["c", "a"]
    assert set(found["elements"]["cell_type"]) == {"K562"}
    getattr(adata, f"write_{write}")(tmp_path / "out")
    again = ad.read_h5ad(tmp_path / "out") if write == "h5ad" else ad.read_zarr(tmp_path / "out")
    stored = again.uns["r3lm_explanations"]
    assert stored["elements"]["card"].tolist() == found["elements"]["card"].tolist()
    np.testing.assert_array_equal(stored["bases"], found["bases"])
    assert str(Card.parse(stored["elements"]["card"].iloc[0])) == found["elements"]["card"][0]


MEME = "MEME version 4\n\nMOTIF mine\nletter-probability matrix: alength= 4 w= 8 nsites= 1000\n" + "".join(
    f"{' '.join(str(float(base == letter)) for base in 'ACGT')}\n" for letter in "AGATAAGA"
)


def test_own_motifs(sequences: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path) -> None:
    (tmp_path / "mine.meme").write_text(MEME.replace("w= 8", "w= 10") + "0.0 0.0 1.0 0.0\n1.0 0.0 0.0 0.0\n")
    text = sequences["a"].replace("AGATAAGA", "AGATAAGAGA")[:200]
    tables = explain_regulation(
        sequences={"a": text}, cell_type="K562", motifs=tmp_path / "mine.meme", model=small_r3lm, bases=False
    )
    motifs = tables["motifs"]
    assert motifs["motif"].tolist() == motifs["family"].tolist() == ["mine"]
    assert motifs[["start", "end", "cited"]].to_numpy().tolist() == [[93, 103, 1]]
    assert motifs["effect"][0] == pytest.approx(2, abs=0.3)
    other = explain_regulation(sequences={"a": text}, motifs="jaspar2026", model=small_r3lm, bases=False)
    assert len(other["motifs"]) > 3


def test_seed(sequences: dict[str, str], small_r3lm: SmallR3LM, tables: dict[str, pd.DataFrame]) -> None:
    again = explain_regulation(sequences=sequences, model=small_r3lm, bases=False)
    assert again["elements"].equals(tables["elements"])
    assert "bases" not in again


def test_errors(sequences: dict[str, str], small_r3lm: SmallR3LM) -> None:
    with pytest.raises(KeyError, match="no element 'x'"):
        explain_regulation(None, "x", sequences=sequences, model=small_r3lm)
    with pytest.raises(ValueError, match="`cell_type` 'HeLa'"):
        explain_regulation(sequences=sequences, cell_type="HeLa", model=small_r3lm)
    with pytest.raises(ValueError, match="201 elements"):
        explain_regulation(sequences=["ACGT"] * 201, model=small_r3lm)
    with pytest.raises(ValueError, match="Give data"):
        explain_regulation(model=small_r3lm)
    with pytest.raises(ValueError, match="No element has a sequence"):
        explain_regulation(sequences=["NNNN"], model=small_r3lm)
