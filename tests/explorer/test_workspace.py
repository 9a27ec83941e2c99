from __future__ import annotations

import logging
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import scgsfm as sg
from scgsfm.errors import GeneMatchError
from scgsfm.explorer import State

if TYPE_CHECKING:
    from anndata import AnnData

    from scgsfm.explorer import Workspace


def test_scores_are_those_of_tl_score(work: Workspace, cells: AnnData, linear_model: Any) -> None:
    genes = ["CD3D", "CD3E", "MS4A1"]
    sg.tl.score(cells, {"x": genes}, method=["aucell", "gsfm"], model=linear_model)
    query = work.query("CD3D, CD3E, CD20")
    for expand, method in ((False, "aucell"), (True, "gsfm")):
        found = work.scored(query, expand=expand)
        np.testing.assert_allclose(found.scores, cells.obsm[f"score_{method}"]["x"], rtol=1e-6, atol=1e-7)
    assert (found.n_listed, found.missing) == (3, [])
    assert found.added > 0


def test_the_data_are_not_changed(work: Workspace, cells: AnnData) -> None:
    before = cells.copy()
    work.prepare()
    work.scored(work.query("CD3D, CD3E"), expand=True)
    work.image("").draw_values(np.arange(cells.n_obs, dtype=float), low=0, high=1)
    work.enriched_groups("types", "cell_type")
    work.compared(State(condition="condition", sample="donor"))
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(cells.X, name), getattr(before.X, name))
    assert list(cells.obs) == list(before.obs)
    assert cells.obs.equals(before.obs)
    assert list(cells.uns) == list(cells.varm) == []
    assert list(cells.obsm) == ["X_umap"]


def test_large_data_are_read_for_each_set(
    work: Workspace, cells: AnnData, linear_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed = work.scored(work.query("CD3D, CD3E"), expand=False).scores
    monkeypatch.setattr("scgsfm.explorer._workspace.MAX_INDEXED", 1)
    other = type(work)(work.data, libraries={"types": {"a": ["CD3D"]}}, model=linear_model)
    assert other._planned[3] is None
    np.testing.assert_allclose(other.scored(other.query("CD3D, CD3E"), expand=False).scores, indexed, rtol=1e-6)


def test_missing_genes_are_reported(work: Workspace) -> None:
    found = work.scored(work.query("CD3D, BRCA2"), expand=False)
    assert (found.n_listed, found.missing) == (2, ["BRCA2"])
    with pytest.raises(GeneMatchError, match="No gene of 'BRCA2' is in the data"):
        work.scored(work.query("BRCA2"), expand=False)


def test_scores_by_group(work: Workspace) -> None:
    from sklearn.metrics import roc_auc_score

    values = work.scored(work.query("CD3D, CD3E"), expand=False).scores
    found = work.scores_by_group(values, "donor").set_index("group")
    donors = np.asarray(work.data.groups["donor"])
    for donor in ("d0", "d5"):
        assert found.loc[donor, "mean"] == pytest.approx(values[donors == donor].mean())
        assert found.loc[donor, "auroc"] == pytest.approx(roc_auc_score(donors == donor, values))


def test_known_and_predicted_terms_are_those_of_predict_functions(work: Workspace, linear_model: Any) -> None:
    found = work.functions_of_gene("CD4", "types")
    library = {name: work.libraries["types"][name] for name in work.libraries["types"]}
    expected = sg.tl.predict_functions(["CD4"], library=library, model=linear_model).set_index("term")
    assert set(found["term"]) == set(expected.index)
    assert found["known"].tolist() == [True, False, False]
    for column in ("probability", "auroc", "uniqueness"):
        np.testing.assert_allclose(found[column], expected[column].loc[found["term"]], rtol=1e-5)


def test_completion_is_that_of_complete_sets(work: Workspace, linear_model: Any) -> None:
    found = work.completed(work.query("CD3D, CD3E"))
    expected = sg.tl.complete_sets({"x": ["CD3D", "CD3E"]}, model=linear_model)
    assert found["gene"].tolist() == expected["gene"].tolist()
    assert found["in_data"].all()


def test_enrichment_of_groups_and_lists(work: Workspace, cells: AnnData) -> None:
    found = work.enriched_groups("types", "cell_type")
    sg.tl.enrich(cells, work.libraries["types"], mode="ranked", groupby="cell_type")
    np.testing.assert_allclose(found["score"], cells.uns["enrich"]["score"])
    listed = work.enriched_list(work.query("CD3D, CD3E, CD2"), "types", "overlap")
    assert listed["term"].iloc[0] == "T cells"


def test_conditions_are_compared_with_donors(work: Workspace, cells: AnnData) -> None:
    state = State(condition="condition", sample="donor", reference="control")
    found, _ = work.compared(state)
    sg.tl.compare(
        cells, work.libraries["types"], condition="condition", sample="donor", groupby="cell_type", reference="control"
    )
    np.testing.assert_allclose(found["effect"], cells.uns["compare"]["effect"])
    of_query, _ = work.compared(state, work.query("CD3D, CD3E"))
    assert of_query["set"].unique().tolist() == ["CD3D, CD3E"]


def test_groups_that_are_the_samples_are_not_compared_within(work: Workspace) -> None:
    found, _ = work.compared(State(condition="condition", sample="donor", groupby="donor", reference="control"))
    assert found["cell_type"].unique().tolist() == ["all cells"]


def test_results_are_kept(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    query = work.query("CD3D, CD3E")
    assert work.scored(query, expand=False) is work.scored(query, expand=False)
    monkeypatch.setattr("scgsfm.explorer._workspace.MAX_KEPT", 3)
    for i in range(10):
        work.kept(i, lambda: 0)
    assert len(work._kept) == 3


def test_results_used_last_are_kept(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scgsfm.explorer._workspace.MAX_KEPT", 3)
    made: list[str] = []

    def ask(key: str) -> None:
        work.kept((key,), lambda: made.append(key))

    for key in ("index", "a", "index", "b", "index", "c", "index", "d", "index"):
        ask(key)
    assert made == ["index", "a", "b", "c", "d"]


def test_tables_of_dropped_comparisons_are_removed(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scgsfm.explorer._workspace.MAX_KEPT", 4)
    state = State(condition="condition", sample="donor")
    _, first = work.compared(state)
    assert first in work.data.adata.uns
    for i in range(5):
        work.kept((i,), lambda: None)
    assert [key for key in work.data.adata.uns if key.startswith(first)] == []
    assert first not in work.data.adata.uns["scgsfm"]
    table, second = work.compared(state)
    assert second != first
    assert len(table)


def test_only_the_lines_of_its_own_thread_are_left_out(work: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("scgsfm")
    with work.working():
        logger.warning("of the page")
        other = Thread(target=logger.warning, args=("of the notebook",))
        other.start()
        other.join()
    logger.warning("afterwards")
    assert list(dict.fromkeys(caplog.messages)) == ["of the notebook", "afterwards"]
