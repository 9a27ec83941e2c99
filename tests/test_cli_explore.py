from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pytest

from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> str:
    adata = ad.AnnData(np.ones((3, 2), np.float32))
    adata.var_names = ["CD3D", "CD3E"]
    adata.write_h5ad(tmp_path / "cells.h5ad")
    return str(tmp_path / "cells.h5ad")


def test_options_are_passed_on(file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {}

    class Page:
        url = "http://127.0.0.1:8765/"

        def wait(self) -> None:
            given["waited"] = True

    def explore(adata: ad.AnnData, **options: Any) -> Page:
        given.update(options, shape=adata.shape)
        return Page()

    monkeypatch.setattr("scgsfm.explorer.explore", explore)
    main(["explore", file, "--sets", "hallmark", "reactome", "--port", "8765", "--no-browser"])
    assert capsys.readouterr().out == "http://127.0.0.1:8765/\n"
    assert given["waited"]
    assert (given["libraries"], given["port"], given["open_browser"]) == (["hallmark", "reactome"], 8765, False)
    assert given["title"] == "cells.h5ad · 3 cells × 2 genes"


def test_wrong_port(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["explore", file, "--port", "70000"])
    assert stop.value.code == 2
    assert "must be a whole number from 0 to 65535, found '70000'" in capsys.readouterr().err


def test_wrong_layer(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", file, "--layer", "countz"]) == 2
    assert "--layer: 'countz' is not in .layers" in capsys.readouterr().err
