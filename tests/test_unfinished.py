"""What killed processes leave is removed, and nothing else."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from scgsfm._unfinished import STALE, remove_stale

if TYPE_CHECKING:
    from pathlib import Path


def test_only_old_temporary_files_are_removed(tmp_path: Path) -> None:
    for name in ("tmpabcd_012", "tmpnew45678", "tmp_notes.txt", ".x.npz.bak"):
        (tmp_path / name).write_text("x")
    for name in ("tmp_archive", ".part-abcd_012"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    long_ago = time.time() - 2 * STALE
    for path in tmp_path.iterdir():
        if path.name != "tmpnew45678":
            os.utime(path, (long_ago, long_ago))
    for prefix in ("tmp", ".x.npz.", ".part-"):
        remove_stale(tmp_path, prefix)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["tmpnew45678", "tmp_notes.txt", ".x.npz.bak", "tmp_archive", ".part-abcd_012"]
    )
    remove_stale(tmp_path, ".part-", directories=True)
    assert not (tmp_path / ".part-abcd_012").exists()
    assert (tmp_path / "tmp_archive" / "file").exists()
