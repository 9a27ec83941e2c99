"""What is in the wheel: files, size and licenses, as `THIRD_PARTY_NOTICES.md` states them.

    python -m build
    python benchmarks/wheel_contents.py dist/*.whl

One row for each folder or file of `scgsfm/data`, by size in the wheel, and one for all else. The script stops if a file has no license.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
from _common import parser, report, stop

DATA = "scgsfm/data/"
NOTICES = "THIRD_PARTY_NOTICES.md"
ABOUT_OTHERS = {"NOTICE.txt", "sources.json", "libraries.json", "networks.json"}
"""Files that themselves state sources and licenses."""
DEEPER = {"models"}
"""Folders with a row for each of their folders."""


def rows_of_notices(text: str) -> list[tuple[list[str], str]]:
    """Patterns of files, and the license of each row of the notices."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", files), re.split(r" \(|, ", licence)[0]) for files, _, licence in cells]


def contents(wheel: ZipFile) -> pd.DataFrame:
    """The table."""
    infos = [info for info in wheel.infolist() if not info.is_dir()]
    notices = next((info for info in infos if info.filename.endswith(f"licenses/{NOTICES}")), None)
    if notices is None:
        stop(f"The wheel has no {NOTICES}.")
    rows, found = rows_of_notices(wheel.read(notices).decode()), []
    for info in infos:
        path = info.filename.removeprefix(DATA)
        if path == info.filename:
            found.append(("code and metadata", info.compress_size, ["BSD-3-Clause"]))
            continue
        licenses = [licence for patterns, licence in rows if any(fnmatch(path, pattern) for pattern in patterns)]
        if not licenses and Path(path).name not in ABOUT_OTHERS:
            stop(f"{NOTICES} has no license of {path}.")
        parts = path.split("/")
        found.append(("/".join(parts[: 1 + (parts[0] in DEEPER)]), info.compress_size, licenses))
    table = pd.DataFrame(found, columns=["content", "MB", "licenses"])
    grouped = table.groupby("content").agg(
        files=("MB", "size"),
        MB=("MB", "sum"),
        licenses=("licenses", lambda lists: "; ".join(sorted({licence for each in lists for licence in each}))),
    )
    grouped = grouped.sort_values("MB", ascending=False).reset_index()
    total = {"content": "wheel", "files": len(infos), "MB": grouped["MB"].sum(), "licenses": "–"}
    return pd.concat([grouped, pd.DataFrame([total])], ignore_index=True).assign(MB=lambda t: (t["MB"] / 1e6).round(2))


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("wheel", type=Path)
    args = options.parse_args()
    with ZipFile(args.wheel) as wheel:
        report("wheel_contents", contents(wheel)[["content", "files", "MB", "licenses"]], args.out)


if __name__ == "__main__":
    main()
