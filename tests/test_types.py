"""What a type checker tells users of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import scgsfm as sg
reveal_type(sg.GeneSets({"t cells": ["CD3D"]}).names)
sg.tl.score(sg.datasets.pbmc(), "hallmark", method=1)
"""

CONFIG = """
[mypy]
strict = true
ignore_missing_imports = true
[mypy-matplotlib.*,peft.*,pytorch_lightning.*,tokenizers.*,torch.*,transformers.*]
follow_imports = skip
"""


@pytest.mark.slow
def test_users_see_the_types(tmp_path: Path) -> None:
    from mypy import api

    script, config = tmp_path / "script.py", tmp_path / "mypy.ini"
    script.write_text(SCRIPT, encoding="utf-8")
    config.write_text(CONFIG, encoding="utf-8")
    out, _, status = api.run(["--config-file", str(config), "--cache-dir", str(tmp_path / "cache"), str(script)])
    assert 'script.py:3: note: Revealed type is "list[str]"' in out
    assert 'script.py:4: error: Argument "method" to "score" has incompatible type "int"' in out
    assert "Found 1 error in 1 file" in out
    assert status == 1
