from __future__ import annotations

import logging

import pytest

from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.genes import check_share

TEXT = {"what": "genes of the sets in the data", "examples_given": ["a", "b"], "examples_expected": ["CD4"]}


def test_good_share_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("scgsfm"), "propagate", True)
    with caplog.at_level(logging.DEBUG, "scgsfm"):
        assert check_share(1500, 2000, **TEXT) == 0.75
    assert "1,500 of 2,000 genes of the sets in the data were matched (75.0%)" in caplog.text


def test_low_share_warns_with_examples() -> None:
    with pytest.warns(GeneMatchWarning, match=r"4 of 10 .*'a', 'b'; expected, for example: 'CD4'.*gene_symbols="):
        assert check_share(4, 10, **TEXT) == 0.4


@pytest.mark.parametrize(("n_matched", "n_total"), [(0, 10), (0, 0), (4, 100)])
def test_too_low_share_is_refused(n_matched: int, n_total: int) -> None:
    with pytest.raises(GeneMatchError, match="use_raw=True"):
        check_share(n_matched, n_total, **TEXT)


def test_advice_fits_what_was_given() -> None:
    names = {"examples_given": ["CD3F"], "examples_expected": ["CD3E", "CD4"]}
    with pytest.raises(GeneMatchError, match=r"Did you mean 'CD3E'\?") as error:
        check_share(0, 1, what="genes in the model's vocabulary", **names)
    assert "gene_symbols" not in str(error.value)
    with pytest.raises(GeneMatchError, match="gene_symbols") as error:
        check_share(0, 100, what="genes of the data", **names)
    assert "Did you mean" not in str(error.value)


def test_no_other_name_is_suggested_for_a_known_gene() -> None:
    names = {"examples_given": ["CD4", "CD3F"], "examples_expected": ["CD3E", "CD4"]}
    with pytest.warns(GeneMatchWarning, match=r"Did you mean 'CD3E'\?"):
        check_share(1, 3, what="genes of the sets", **names)
    with pytest.warns(GeneMatchWarning) as caught:
        check_share(1, 3, what="genes of the sets", **names | {"examples_given": ["CD4"]})
    assert "Did you mean" not in str(caught[0].message)


def test_minimum() -> None:
    with pytest.raises(GeneMatchError):
        check_share(6, 10, minimum=0.7, **TEXT)
    with pytest.warns(GeneMatchWarning):
        check_share(1, 100, minimum=0.0, **TEXT)
