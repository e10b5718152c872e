"""What an installation brings may be brought: each licence is known and on the list."""

import pytest
from licences import EXTRAS, Distribution, brought_by, is_allowed, licence_of, needs


def made(*requires: str, name: str = "a") -> Distribution:
    return Distribution(name, "1", "MIT", requires)


def test_every_licence_of_what_an_installation_brings_is_on_the_list():
    brought = brought_by("spinmark", EXTRAS)
    assert {"numpy", "onnxruntime", "waitress", "trafilatura", "ray"} <= set(brought)
    assert {d.name: d.licence for d in brought.values() if not is_allowed(d.licence)} == {}


@pytest.mark.parametrize(
    ("described", "licence"),
    [
        ({"license_expression": "MIT AND Zlib", "license": "BSD"}, "MIT AND Zlib"),
        (
            {"license": "BSD-2-Clause", "classifier": ["License :: OSI Approved :: BSD License"]},
            "BSD-2-Clause",
        ),
        ({"license": "Apache License, Version 2.0"}, "Apache-2.0"),
        ({"license": "Copyright (c) somebody\nPermission is granted"}, None),
        ({"license": "see the file", "classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"classifier": ["License :: OSI Approved", "Topic :: Utilities"]}, None),
        ({}, None),
    ],
)
def test_a_licence_is_read_from_where_a_distribution_states_it(described, licence):
    assert licence_of(described) == licence


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND Apache-2.0", True),
        ("MIT AND (GPL-3.0-only OR BSD-3-Clause)", True),
        ("MIT AND GPL-3.0-only", False),
        ("LGPL-3.0-or-later", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("our own words", False),
        (None, False),
    ],
)
def test_all_that_is_joined_by_and_must_be_allowed_and_one_of_what_is_joined_by_or(expression, allowed):
    assert is_allowed(expression) is allowed


def test_what_is_brought_is_followed_through_needs_extras_and_circles():
    known = {
        "a": made("b[fast]>=1", 'c; extra == "more"', 'd; python_version < "3"'),
        "b": made('e; extra == "fast"', 'f; extra == "slow"', name="b"),
        "c": made("a", name="c"),
        "e": made(name="e"),
    }
    assert list(brought_by("a", find=known.__getitem__)) == ["a", "b", "e"]
    assert list(brought_by("a", ["more"], find=known.__getitem__)) == ["a", "b", "c", "e"]
    assert needs(known["a"]) == {"b"}
    assert needs(known["b"], ["fast"]) == {"e"}
