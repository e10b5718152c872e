"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import spinmark


def examples() -> list[doctest.DocTest]:
    """Return the docstrings of the library that show something; this imports all of it, spaCy's component too."""
    modules = [module.name for module in pkgutil.walk_packages(spinmark.__path__, "spinmark.")]
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [
        test
        for name in modules
        if not name.endswith(".__main__")
        for test in finder.find(importlib.import_module(name), name)
        if test.examples
    ]


def test_the_examples_give_what_they_say():
    found = examples()
    assert len(found) > 3
    for example in found:
        said: list[str] = []
        result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
        assert result.attempted > 0
        assert result.failed == 0, f"{example.name}: {''.join(said)}"
