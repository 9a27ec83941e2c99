"""Take the pictures of the page on the explorer: needs the extra ``explore``, playwright, and Chromium on the path.

python docs/explorer_figures.py
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

import scgsfm as sg

STATIC = Path(__file__).parent / "_static"
PICTURES = {
    "explorer_cells": ("?tab=cells&query=CD3D,CD3E,CD2", 640),
    "explorer_enrichment": ("?tab=enrich&subject=group&group=CD14%2B%20Mono&library=hallmark", 660),
}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DONE = """() => {
  const shown = document.querySelector('.tab-pane.active .content');
  return shown && shown.children.length > 0 && !shown.classList.contains('recalculating');
}"""


def main() -> None:
    served = sg.explore(sg.datasets.pbmc(), title="Blood cells · 700 cells", open_browser=False, block=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        for name, (query, height) in PICTURES.items():
            tab = browser.new_page(viewport={"width": 1340, "height": height})
            tab.goto(served.url + query)
            tab.wait_for_function(DONE, timeout=180_000)
            tab.wait_for_timeout(500)
            picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
            picture.quantize(128, dither=Image.Dither.NONE).save(STATIC / f"{name}.png", optimize=True)
        browser.close()
    served.stop()


if __name__ == "__main__":
    main()
