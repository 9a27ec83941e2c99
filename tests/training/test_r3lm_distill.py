"""Teachers and students of regulatory activity: a small run, and that a student is the package's network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import r3lm_distill
import torch
from r3lm_distill import LENGTH, STUDENTS, WIDTH, Data, Student, packed, predictions, unpacked

from scgsfm.models.r3lm._network import ActivityConfig, SequenceBranch, one_hot

if TYPE_CHECKING:
    from pathlib import Path

N_SEQUENCES = 240


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (N_SEQUENCES, LENGTH)).astype(np.uint8)
    y = np.stack([(codes == base).mean(1) for base in range(3)], 1).astype(np.float32)
    y = (y - y.mean(0)) / y.std(0)
    role = (np.arange(N_SEQUENCES) % 4 == 0).astype(np.uint8)
    motifs = rng.normal(size=(30, 4, WIDTH)).astype(np.float16)
    out = tmp_path_factory.mktemp("distill") / "distill.npz"
    np.savez(out, packed=packed(codes), y=y, role=role, motifs=motifs)
    return out


@pytest.fixture(scope="module")
def data(file: Path) -> Data:
    return Data(file, torch.device("cpu"))


def test_packing() -> None:
    codes = np.random.default_rng(1).integers(0, 4, (5, LENGTH)).astype(np.uint8)
    np.testing.assert_array_equal(unpacked(packed(codes)), codes)


@pytest.mark.parametrize("name", STUDENTS)
def test_a_student_is_the_package_s_network(data: Data, name: str) -> None:
    """The same tensors give the same predictions, on both strands."""
    torch.manual_seed(0)
    student = Student(**STUDENTS[name], motifs=data.motifs, seed=0)
    with torch.no_grad():
        student(data.windows(data.codes[:16]))  # variances other than 1
    branch = SequenceBranch(ActivityConfig(3, 1, card_hidden=(2, 2), **STUDENTS[name]))
    branch.load_state_dict(student.state_dict())
    with torch.inference_mode():
        expected = branch.eval().both_strands(one_hot(data.codes[:4]))
    np.testing.assert_allclose(predictions(data, [student.eval()], torch.arange(4))[0], expected, atol=1e-6)


def test_changes_of_sequences(data: Data) -> None:
    """Shifts leave N at the ends, strands are reverse complements, and mutations change the stated share."""
    torch.manual_seed(0)
    codes = data.codes
    shifted = data.shifted(codes, 3)
    for own, moved in zip(codes.numpy()[:20], shifted.numpy()[:20], strict=True):
        padded = np.pad(own, 3, constant_values=4)
        assert any((padded[at : at + LENGTH] == moved).all() for at in range(7))
    strands = data.strands(codes)
    same, other = (strands == codes).all(1), (strands == 3 - codes.flip(1)).all(1)
    assert (same ^ other).all()
    assert 0.3 < same.float().mean() < 0.7
    assert abs((data.mutated(codes, 0.2) != codes).float().mean() - 0.15) < 0.01
    invented = data.invented(100)
    assert invented.shape == (100, LENGTH)
    assert invented.max() <= 4


def test_a_small_run(file: Path, tmp_path: Path) -> None:
    """Every part runs on a CPU, and the files hold what the recipe reads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    r3lm_distill.main(arguments=[f"--data={file}", f"--out={tmp_path}", "--device=cpu", "--tiny", "--seconds=12"])
    torch.set_num_threads(before)
    log = json.loads((tmp_path / "log.json").read_text())
    found = np.load(tmp_path / "predictions.npz")["predictions"]
    assert found.shape == (len(log["teachers"]), N_SEQUENCES, 3)
    assert log["mean"]["teachers"]
    stored = np.load(tmp_path / "students.npz")
    assert {key.partition(".")[0] for key in stored.files} == set(STUDENTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.json", "predictions.npz", "students.npz"]
