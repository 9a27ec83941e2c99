from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from scgsfm.regulatory import ENZYMES, DesignLimits, site_of
from scgsfm.tl import design_elements

if TYPE_CHECKING:
    from tests.conftest import SmallR3LM

START = "".join(np.random.default_rng(0).choice(list("ACGT"), 200))


class Additive:
    """A model whose activity is the number of A in K562, of C in HepG2, and of A at even positions in WTC11."""

    name, length = "additive", 200
    cell_types = ("HepG2", "K562", "WTC11")

    def __init__(self, motifs: Any) -> None:
        self.motifs = motifs

    def predict(self, sequences: list[str], *, mode: str = "joint") -> np.ndarray:
        scale = 0.5 if mode == "card" else 1.0
        rows = [[s.count("C"), s.count("A"), s[::2].count("A")] for s in sequences]
        return scale * np.array(rows, np.float32).reshape(-1, 3)

    def predict_substitutions(self, sequences: list[str], *, mode: str = "joint") -> list[np.ndarray]:
        variants = [[s[:i] + base + s[i + 1 :] for i in range(len(s)) for base in "ACGT"] for s in sequences]
        return [self.predict(each, mode=mode).reshape(-1, 4, 3) for each in variants]


@pytest.fixture
def additive(small_r3lm: SmallR3LM, monkeypatch: pytest.MonkeyPatch) -> Additive:
    model = Additive(small_r3lm.motifs)
    monkeypatch.setattr("scgsfm.tl._design_elements.as_model", lambda *_: model)
    return model


def test_goal_and_limits_by_an_exact_model(additive: Additive) -> None:
    """Each A raises the activity by one, and only those at odd positions that replace no C keep the other cells."""
    found = design_elements({"x": START}, "K562", max_changes=6, max_shift=0, forbidden="EcoRI")
    row, steps = found["designs"].iloc[0], found["steps"]
    assert row["K562"] - row["K562_start"] == 6
    assert row["K562_card"] - row["K562_card_start"] == 3
    assert (row["HepG2"], row["WTC11"]) == (row["HepG2_start"], row["WTC11_start"])
    edits = steps.iloc[1:]
    assert (edits["alt"] == "A").all()
    assert (edits["position"] % 2 == 1).all()
    assert not (edits["ref"] == "C").any()
    text = START
    for edit, after in zip(edits.itertuples(), edits["sequence"], strict=True):
        assert text[edit.position] == edit.ref
        text = text[: edit.position] + edit.alt + text[edit.position + 1 :]
        assert text == after
    assert text == row["sequence"]
    assert steps["step"].tolist() == list(range(7))
    assert edits["explanation"].str.contains(r"\(\+1\.00 in K562\)").all()
    free = design_elements(START, "K562", hold=[], max_changes=3)["steps"]
    assert free["K562"].diff().iloc[1:].tolist() == [1, 1, 1]
    held = design_elements(START, "K562", hold="HepG2", max_shift=1, max_changes=3)["designs"]
    assert held["HepG2"].iloc[0] >= held["HepG2_start"].iloc[0] - 1


def test_side_by_side_equals_one_by_one(additive: Additive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if some elements have no more edits before others; variants are predicted once for each sequence."""
    starts = {"a": START[:60], "b": "A" * 12 + "G", "c": START[60:100]}
    predicted: list[str] = []
    plain = additive.predict_substitutions
    monkeypatch.setattr(additive, "predict_substitutions", lambda texts: predicted.extend(texts) or plain(texts))
    options: dict[str, Any] = {"hold": [], "gc": (0, 1), "max_run": 30, "max_changes": 3}
    together = design_elements(starts, "K562", **options)
    assert together["designs"]["n_changes"].tolist() == [3, 1, 3]
    assert len(predicted) == len(set(predicted)) == 4 + 2 + 4
    alone = [design_elements({name: text}, "K562", **options) for name, text in starts.items()]
    for key in ("designs", "steps"):
        pd.testing.assert_frame_equal(together[key], pd.concat([each[key] for each in alone], ignore_index=True))
    for i, each in enumerate(alone):
        values = each["bases"].iloc[:, 2:].to_numpy()
        np.testing.assert_array_equal(together["bases"].iloc[2 * i : 2 * i + 2, 2 : 2 + values.shape[1]], values)


def test_limits_stop_edits(additive: Additive) -> None:
    """A start without any other way: its GC content, a site or a run would become worse."""
    start = "GC" * 40
    gc = design_elements(start, "K562", hold=[], gc=(0.95, 1.0), max_changes=20)["designs"].iloc[0]
    assert gc["n_changes"] == 4
    assert gc["gc"] == pytest.approx(0.95)
    runs = design_elements("GC" * 4, "K562", hold=[], gc=(0, 1), max_run=2, max_changes=8)["designs"]["sequence"][0]
    assert "AAA" not in runs
    # the only edit that gains most creates EcoRI
    assert design_elements("GAGTTC", "K562", hold=[], gc=(0, 1), max_changes=1)["designs"]["n_changes"][0] == 1
    sites = design_elements("GAGTTC", "K562", hold=[], gc=(0, 1), forbidden="GAATTC", max_changes=6)["designs"].iloc[0]
    assert sites["forbidden_sites"] == 0
    worse = design_elements("GAATTC", "K562", hold=[], gc=(0.9, 1), forbidden="EcoRI", max_changes=6)["designs"].iloc[0]
    assert worse["forbidden_sites_start"] == 1  # the site is its own reverse complement, and counts once


def test_evolutionary_is_never_worse_and_deterministic(small_r3lm: SmallR3LM) -> None:
    """AGATAAGA needs several changes at once, none of which gains alone, which only the evolutionary search finds."""
    start = START[:100] + "AGAAAATA" + START[108:]
    options: dict[str, Any] = {"max_changes": 5, "model": small_r3lm, "max_shift": 0.5}
    greedy = design_elements(start, "K562", **options)["designs"]
    one, two = (design_elements(start, "K562", method="evolutionary", rng=1, **options) for _ in range(2))
    for key, table in one.items():
        pd.testing.assert_frame_equal(table, two[key])
    assert one["designs"]["K562"][0] >= greedy["K562"][0]
    assert one["designs"]["K562"][0] > 0.9
    assert one["designs"]["n_changes"][0] <= 5
    last = one["steps"].iloc[-1]
    assert last["sequence"] == one["designs"]["sequence"][0]
    assert "AGATAAGA" in last["sequence"]


def test_steps_name_motifs(small_r3lm: SmallR3LM) -> None:
    """One change completes the site."""
    start = START[:100] + "TCTAGATAAGC" + START[111:]
    found = design_elements({"x": start}, "K562", max_changes=1, model=small_r3lm)
    step = found["steps"].iloc[1]
    assert (step["ref"], step["alt"], step["position"]) == ("C", "A", 110)
    assert step["K562"] - found["steps"]["K562"][0] == pytest.approx(2, abs=0.01)
    assert step["explanation"].startswith("C110A ")
    assert found["bases"][["element", "when"]].to_numpy().tolist() == [["x", "start"], ["x", "design"]]
    contributions = found["bases"].iloc[1, 2:].to_numpy(float)
    assert np.flatnonzero(contributions > 1.5).tolist() == list(range(103, 111))
    assert set(found["motifs"]["when"]) == {"start", "design"}


def test_inputs(small_r3lm: SmallR3LM) -> None:
    given = pd.Series({"long": "ACGT" * 60, "ok": START, "n": "ACGN"})
    with pytest.warns(UserWarning, match=r"contains N|can't be designed") as found:
        tables = design_elements(given, "K562", max_changes=0, model=small_r3lm)
    assert tables["designs"]["element"].tolist() == ["ok"]
    messages = " ".join(str(each.message) for each in found)
    assert "contains N" in messages
    assert "more than 200 bases can't be designed" in messages
    with pytest.raises(ValueError, match="more than 200 bases"):
        design_elements("ACGT" * 60, "K562", model=small_r3lm)
    for options, message in (
        ({"target": "HeLa"}, "^`target` 'HeLa' is not a cell type"),
        ({"target": "K562", "hold": "HeLa"}, "^`hold` 'HeLa' is not a cell type"),
        ({"target": "K562", "hold": ["K562"]}, "contains the target"),
        ({"target": "K562", "gc": (0.6, 0.4)}, "`gc` is"),
        ({"target": "K562", "method": "x"}, "`method` is"),
        ({"target": "K562", "max_changes": -1}, "`max_changes` is -1"),
        ({"target": "K562", "forbidden": "EcoR1"}, r"neither an enzyme nor a site.*Did you mean.*'EcoRI'"),
    ):
        with pytest.raises(ValueError, match=message):
            design_elements(START, **options, model=small_r3lm)
    with pytest.raises(ValueError, match="^`start` has no sequence"):
        design_elements([], "K562", model=small_r3lm)


def test_enzymes_agree_with_biopython() -> None:
    restriction = pytest.importorskip("Bio.Restriction")
    for name, site in ENZYMES.items():
        assert getattr(restriction, name).site == site
    assert site_of("AlwNI") == "CAGNNNCTG"
    assert site_of("ggtctc") == "GGTCTC"


def test_sites_on_both_strands() -> None:
    limits = DesignLimits(gc=(0, 1), forbidden=["BsaI", "GANTC"], max_run=3)
    assert limits.flaws("AAGGTCTCAA").sites == 1
    assert limits.flaws("AAGAGACCAA").sites == 1
    assert limits.flaws("GAATCGATTC").sites == 2  # GANTC, which is its own reverse complement
    assert limits.flaws("AAAAAC").run == 2
    assert DesignLimits(gc=(0.4, 0.5), forbidden=[], max_run=9).flaws("AAAC").gc == pytest.approx(0.15)
