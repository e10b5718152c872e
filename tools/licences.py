"""The distributions that an installation brings, and whether each one's licence is on the list.

    python tools/licences.py

prints a line a distribution and exits with 1 where a licence is unknown or not allowed. What is looked at is what
`pip install 'spinmark[files,ray]'` brings, as it is installed beside this Python.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from itertools import chain

from license_expression import (
    LicenseExpression,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    get_spdx_licensing,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = frozenset({"files", "ray"})

# Permissive, or copyleft of the files alone (MPL): an Apache-2.0 program may depend on all of these. MPL-1.1 is tld's,
# which only those have who read HTML.
ALLOWED = frozenset(
    """
    0BSD Apache-2.0 BSD-1-Clause BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python HPND ISC MIT MIT-0 MIT-CMU
    MPL-1.1 MPL-2.0 PSF-2.0 Python-2.0 Unicode-3.0 Unlicense Zlib ZPL-2.1
    """.split()
)

# How distributions that name no SPDX expression write what they mean.
CLASSIFIERS: Mapping[str, str] = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
}
WORDS: Mapping[str, str] = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "mit license": "MIT",
    "zpl 2.1": "ZPL-2.1",
}

_SPDX = get_spdx_licensing()


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution; `licence` is an SPDX expression, or None where it names none."""

    name: str
    version: str
    licence: str | None
    requires: tuple[str, ...] = ()

    @classmethod
    def installed(cls, name: str) -> "Distribution":
        """Read what is installed. Raises: importlib.metadata.PackageNotFoundError."""
        found = metadata.distribution(name)
        return cls(
            canonicalize_name(found.metadata["Name"]),
            found.version,
            licence_of(found.metadata.json),
            tuple(found.requires or ()),
        )


def licence_of(described: Mapping[str, str | list[str]]) -> str | None:
    """Return the SPDX expression that a distribution's metadata (PEP 566's JSON form) states.

    >>> licence_of({"license": "MIT", "classifier": []})
    'MIT'
    """
    stated = described.get("license_expression")
    if isinstance(stated, str):
        return stated
    named = [
        CLASSIFIERS[last]
        for classifier in described.get("classifier", ())
        if classifier.startswith("License ::") and (last := classifier.rsplit(" :: ", 1)[1]) in CLASSIFIERS
    ]
    written = described.get("license")
    if isinstance(written, str) and "\n" not in written.strip():
        words = re.sub(r"\s+", " ", written.strip())
        expression = WORDS.get(words.lower(), words)
        # The expression says more than classifiers, which know BSD without its number of clauses.
        if _is_expression(expression):
            return expression
    return " AND ".join(sorted(set(named))) or None


def _is_expression(words: str) -> bool:
    return not _SPDX.validate(words).errors


def is_allowed(expression: str | None, allowed: frozenset[str] = ALLOWED) -> bool:
    """Tell whether a licence can be kept: all parts joined by AND, one of those joined by OR.

    >>> is_allowed("MIT AND GPL-3.0-only"), is_allowed("MIT OR GPL-3.0-only"), is_allowed(None)
    (False, True, False)
    """
    if expression is None or not _is_expression(expression):
        return False
    return _holds(_SPDX.parse(expression), allowed)


def _holds(node: LicenseExpression, allowed: frozenset[str]) -> bool:
    if isinstance(node, LicenseWithExceptionSymbol):
        node = node.license_symbol  # an exception only ever permits more
    if isinstance(node, LicenseSymbol):
        return node.key in allowed
    parts = (_holds(part, allowed) for part in node.args)
    return any(parts) if "OR" in node.operator else all(parts)


def brought_by(
    name: str,
    extras: Iterable[str] = (),
    find: Callable[[str], Distribution] = Distribution.installed,
) -> dict[str, Distribution]:
    """Return a distribution and all that it brings on this platform, by name, in the order of names.

    Raises: importlib.metadata.PackageNotFoundError, where one of them is not installed.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(name), extra) for extra in ("", *extras)]
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        needed, extra = wanted
        if needed not in found:
            found[needed] = find(needed)
        waiting.extend(chain.from_iterable(_needs(found[needed], extra)))
    return dict(sorted(found.items()))


def needs(distribution: Distribution, extras: Iterable[str] = ()) -> set[str]:
    """Return the names of what a distribution needs directly, on this platform."""
    wanted = ("", *extras)
    return {needed for extra in wanted for pairs in _needs(distribution, extra) for needed, _ in pairs}


def _needs(distribution: Distribution, extra: str) -> Iterator[list[tuple[str, str]]]:
    """Yield, for each need of one extra (or of none: ""), its name with each of its own extras."""
    for line in distribution.requires:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker.evaluate({"extra": extra}) if marker is not None else extra == "":
            name = canonicalize_name(requirement.name)
            yield [(name, inner) for inner in ("", *sorted(requirement.extras))]


def main() -> int:
    brought = brought_by("spinmark", EXTRAS)
    width = max(map(len, brought))
    refused = [d for d in brought.values() if not is_allowed(d.licence)]
    for distribution in brought.values():
        print(f"{distribution.name:{width}}  {distribution.version:14}  {distribution.licence or 'unknown'}")
    for distribution in refused:
        print(f"Not allowed: {distribution.name} ({distribution.licence or 'unknown'})", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
