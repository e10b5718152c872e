"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import spinmark

MODULES = [
    module.name
    for module in pkgutil.walk_packages(spinmark.__path__, "spinmark.")
    if not module.name.endswith(".__main__")
]
EXAMPLES = [
    pytest.param(test, id=test.name)
    for name in MODULES
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name)
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_what_it_says(example):
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(said)
