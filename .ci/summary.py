"""Say what the tests covered: `summary.py NAME=JUNIT_XML …`.

Exit with an error if a test was skipped in the full suite (the first of the runs) because a package is missing there.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

MISSING = ("could not import", "is not installed")

failed = []
for position, argument in enumerate(sys.argv[1:]):
    name, _, path = argument.partition("=")
    if not Path(path).exists():
        continue
    cases = ET.parse(path).getroot().findall(".//testcase")  # noqa: S314  # pytest has just written it
    skips = Counter(skip.get("message", "") for case in cases for skip in case.findall("skipped"))
    print(f"{name}: {len(cases) - skips.total()} tests run, {skips.total()} skipped")
    for reason, n in skips.most_common():
        print(f"  {n:4d} skipped: {reason}")
        if position == 0 and any(words in reason for words in MISSING):
            failed.append(reason)
if failed:
    sys.exit("the full suite must not skip a test because a package is missing")
