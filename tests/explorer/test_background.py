"""What is computed next to the page: its turns, its progress, and that other threads notice nothing of it."""

from __future__ import annotations

import time
import warnings
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scgsfm._messages import warn
from scgsfm._progress import progress_over
from scgsfm.errors import GeneMatchWarning
from scgsfm.explorer import State
from scgsfm.explorer._background import Background, without_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.explorer import Workspace

tabs = pytest.importorskip("scgsfm.explorer._tabs", reason="needs the extra explore")
content_of, csv_of = tabs.content_of, tabs.csv_of
GENE = State(query="CD4")


def steps_until(is_last: Callable[[], bool], seen: list[str]) -> None:
    for i in progress_over(range(3000), total=3000, unit="steps", description="Counting"):
        seen.append(f"step {i}")
        time.sleep(0.001)
        if is_last():
            return


def test_requests_go_first() -> None:
    background, seen = Background(), list[str]()
    started = Event()

    def is_last() -> bool:
        started.set()
        return "request" in seen

    job = background.start("job", lambda: steps_until(is_last, seen))
    assert background.start("job", lambda: None) is job
    assert started.wait(10)
    with background.request(), background.request():  # also within each other
        n = len(seen)
        seen.append("request")
        time.sleep(0.05)
        assert len(seen) == n + 1  # the job waits
    assert job.done.wait(10)
    assert job.error is None
    assert job.progress.startswith("Counting: ")
    assert background.stage == 1


def test_jobs_end_when_the_page_is_closed() -> None:
    background, seen = Background(), list[str]()
    job = background.start("job", lambda: steps_until(lambda: False, seen))
    background.stop()
    assert job.done.wait(10)
    assert len(seen) < 3000
    assert job.error is None


def test_failed_jobs_are_repeated_on_request() -> None:
    background = Background()

    def fail() -> None:
        raise ZeroDivisionError

    job = background.start("job", fail)
    assert job.done.wait(10)
    assert isinstance(job.error, ZeroDivisionError)
    assert background.start("job", fail) is job
    again = background.start("job", lambda: None, again=True)
    assert background.stage == 2 or again.done.is_set()  # the error is outdated
    assert again.done.wait(10)
    assert again.error is None


def test_the_job_that_was_asked_for_last_goes_first() -> None:
    background, seen = Background(), list[str]()
    started, ended = Event(), Event()

    def first() -> None:
        steps_until(lambda: started.set() or ended.is_set(), seen)  # type: ignore[func-returns-value]

    def second() -> None:
        n = len(seen)
        for _ in progress_over(range(20), total=20, unit="steps", description="Counting"):
            time.sleep(0.005)
            assert len(seen) == n  # never two at a time

    one = background.start("one", first)
    assert started.wait(10)
    other = background.start("other", second)
    assert other.done.wait(10)
    is_waiting = not one.done.is_set()
    ended.set()
    assert one.done.wait(10)
    assert is_waiting
    assert (one.error, other.error) == (None, None)


def test_a_job_that_is_asked_for_again_goes_first() -> None:
    background, go_on = Background(), Event()
    started, order = Event(), list[str]()

    def work(name: str) -> None:
        for _ in progress_over(range(10), total=10, unit="steps", description="Counting"):
            started.set()
            go_on.wait(10)
        order.append(name)

    one = background.start("one", lambda: work("one"))
    assert started.wait(10)
    other = background.start("other", lambda: work("other"))
    assert background.start("one", lambda: work("one")) is one
    go_on.set()
    assert one.done.wait(10)
    assert other.done.wait(10)
    assert order == ["one", "other"]


def test_warnings_of_other_threads_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the filters of the process nor what another thread sees change while a page computes."""

    def in_notebook() -> None:
        warn("of the notebook", GeneMatchWarning)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters, show = list(warnings.filters), warnings.showwarning
        with without_messages(lambda *_: None) as notes:
            assert (list(warnings.filters), warnings.showwarning) == (filters, show)
            other = Thread(target=in_notebook)
            other.start()
            other.join()
            for _ in range(2):
                warn("of the page", GeneMatchWarning)
            for _ in progress_over(range(2), total=2, unit="steps"):
                pass
        warn("afterwards", GeneMatchWarning)
    assert notes == ["of the page"]
    assert [str(each.message) for each in caught] == ["of the notebook", "afterwards"]
    assert capsys.readouterr().err == ""


@pytest.fixture
def slow(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Holds the predictions of a workspace after the first step, until it is set."""
    go_on, full = Event(), work._functions

    def held(library: str) -> Any:
        for _ in progress_over(range(10_000), total=10_000, unit="steps", description="Cross-validating"):
            if go_on.wait(0.002):
                break
        return full(library)

    monkeypatch.setattr(work, "_functions", held)
    monkeypatch.setattr("scgsfm.explorer._workspace.is_cross_validated", lambda *_: False)
    return go_on


def test_what_is_known_is_shown_at_once(work: Workspace, slow: Event) -> None:
    work.predict(GENE)
    assert ">B cells</a>" in str(content_of(work, GENE, "functions"))
    end = time.monotonic() + 60  # kernels may be compiled first
    while not work.stage and time.monotonic() < end:
        time.sleep(0.01)
    first = work.functions_of_gene("CD4", "types")
    progress = work.progress("types")
    html = str(content_of(work, GENE, "functions"))
    slow.set()
    work.predict(GENE, wait=True)
    found = work.functions_of_gene("CD4", "types")
    assert progress.startswith("Predicted terms are listed; reliabilities follow. Cross-validating: ")
    assert ">T cells</a>" in html
    assert "is not in the vocabulary" not in html
    assert work.progress("types") == ""
    assert work.stage == 2
    assert first["known"].tolist() == found["known"].tolist() == [True, False, False]
    assert first["term"].tolist() == found["term"].tolist()
    assert first.loc[0, ["probability", "auroc"]].isna().all()
    np.testing.assert_allclose(first["probability"][1:], found["probability"][1:], rtol=1e-6)
    assert first["auroc"].isna().all()
    assert found["auroc"].notna().all()


def test_errors_of_predictions_are_shown(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(work, "_functions", fail)
    work.predict(GENE, wait=True)
    html = str(content_of(work, GENE, "functions"))
    assert "no such thing" in html
    assert 'class="problem"' in html
    assert ">B cells</a>" in html  # what is known is shown nevertheless
    assert 'data-input="again"' in html
    assert "cross-validated" not in html
    with pytest.raises(ValueError, match="no such thing"):  # half a table is none
        csv_of(work, GENE)


def test_predictions_that_failed_are_tried_again(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    full, n_calls = work._functions, []

    def fail_twice(library: str) -> Any:
        n_calls.append(library)
        if len(n_calls) < 3:
            raise OSError("no space left")
        return full(library)

    monkeypatch.setattr(work, "_functions", fail_twice)
    work.predict(GENE, wait=True)
    assert not work.predict(GENE)  # not by itself
    assert not work.predict(State(query="CD3D"))
    assert len(n_calls) == 1
    with pytest.raises(OSError, match="no space left"):
        csv_of(work, GENE)
    assert work.predict(GENE, again=True)
    work.predict(GENE, wait=True)
    html = str(content_of(work, GENE, "functions"))
    assert len(n_calls) == 3
    assert 'data-input="again"' not in html
    assert "cross-validated" in html
    assert "T cells" in csv_of(work, GENE)


def test_terms_and_lists_predict_nothing(work: Workspace) -> None:
    for query in ("", "T cells", "CD3D, CD4", "nonsense"):
        assert not work.predict(State(query=query))
    assert not work._background._jobs


def test_nothing_is_computed_after_the_page_was_closed(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise AssertionError("computed after the end")

    monkeypatch.setattr(work, "_functions", fail)
    work.stop()
    work.predict(GENE, wait=True)
    found = work.functions_of_gene("CD4", "types")
    assert found["known"].all()
    assert found["probability"].isna().all() if "probability" in found else True
