"""Write the software bill of materials of a wheel as CycloneDX 1.6, and print the licenses.

    python .ci/sbom.py dist/scgsfm-*.whl -o sbom.json

It lists the wheel, its dependencies with the versions and licenses that are installed here, and each data file in the wheel with its
SHA-256 and license, as `THIRD_PARTY_NOTICES.md` states it. It fails if a data file has no license.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from email.parser import Parser
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTICES = Path(__file__).parents[1] / "THIRD_PARTY_NOTICES.md"
OURS = {"NOTICE.txt", "sources.json", "libraries.json", "networks.json"}
"""Files that state the sources of others."""


def data_licenses(files: Iterable[str]) -> dict[str, str]:
    """License of each data file; empty if no row of the notices is about it. The names are below ``data/``."""
    rows = [
        line.strip("| ").split(" | ") for line in NOTICES.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]
    stated = [(pattern, license_) for names, _, license_ in rows for pattern in re.findall(r"`([^`]+)`", names)]
    found = {}
    for name in sorted(files):
        of_rows = dict.fromkeys(license_ for pattern, license_ in stated if fnmatch(name, pattern))
        found[name] = "; ".join(of_rows) or ("BSD-3-Clause" if PurePosixPath(name).name in OURS else "")
    return found


def dependencies(requires: list[str]) -> list[dict[str, object]]:
    """A component for each dependency; those of extras are optional."""
    components: dict[str, dict[str, object]] = {}
    for requirement in requires:
        name = re.match(r"[\w.-]+", requirement)[0].lower()
        if name == "scgsfm":
            continue
        optional = "extra ==" in requirement
        try:
            about = metadata(name)
        except PackageNotFoundError:
            about = None
        version = about["Version"] if about else None
        component: dict[str, object] = {"type": "library", "bom-ref": f"pkg:pypi/{name}", "name": name}
        if version:
            component |= {"version": version, "purl": f"pkg:pypi/{name}@{version}"}
        component["scope"] = "optional" if optional else "required"
        component["licenses"] = _licenses(installed_license(about) if about else "not installed here")
        if name not in components or not optional:
            components[name] = component
    return [components[name] for name in sorted(components)]


def installed_license(about: object) -> str:
    """License of an installed package: its expression, its classifiers or the first line of its text."""
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    return "; ".join(classifiers) or (about.get("License") or "not stated").strip().split("\n")[0][:80]


def _licenses(name: str) -> list[dict[str, object]]:
    return [{"license": {"name": name}}]


def bill(name: str, version: str, requires: list[str], files: dict[str, bytes], digest: str) -> dict[str, object]:
    """The document."""
    licenses = data_licenses(files)
    data = [
        {
            "type": "data",
            "bom-ref": f"data/{path}",
            "name": path,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(files[path]).hexdigest()}],
            "licenses": _licenses(license_ or "not stated"),
        }
        for path, license_ in licenses.items()
    ]
    packages = dependencies(requires)
    root = f"pkg:pypi/{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": root,
                "name": name,
                "version": version,
                "purl": root,
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": _licenses("BSD-3-Clause"),
            }
        },
        "components": [*packages, *data],
        "dependencies": [{"ref": root, "dependsOn": [package["bom-ref"] for package in packages]}],
    }


def main() -> int:
    """Write the bill and print the licenses; 1 if a data file has none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="file of the bill (default: only the licenses are printed)")
    args = parser.parse_args()
    with zipfile.ZipFile(args.wheel) as wheel:
        (about,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        fields = Parser().parsestr(wheel.read(about).decode())
        prefix = "scgsfm/data/"
        files = {n.removeprefix(prefix): wheel.read(n) for n in wheel.namelist() if n.startswith(prefix)}
    digest = hashlib.sha256(args.wheel.read_bytes()).hexdigest()
    document = bill(fields["Name"], fields["Version"], fields.get_all("Requires-Dist") or [], files, digest)
    if args.output:
        args.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    missing = []
    for component in document["components"]:
        license_ = component["licenses"][0]["license"]["name"]
        print(component["type"], component["name"], component.get("version", ""), license_, sep="\t")
        if component["type"] == "data" and license_ == "not stated":
            missing.append(component["name"])
    if missing:
        print(f"No license is stated for {', '.join(missing)}.", file=sys.stderr)
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
