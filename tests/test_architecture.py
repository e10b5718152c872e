"""The dependency rule: a module imports only what stands before it in the flow from text to report."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "model" / "spinmark"

# Each module may import those of the lines above it.
FLOW = [
    {"errors", "locality", "taxonomy"},
    {"report", "pool", "journal", "growing"},
    {"language", "segment"},
    {"tokens"},
    {"card"},
    {"scorer"},
    {"decode"},
    {"voice"},
    {"evidence"},
    {"detector"},
    {"formats", "readers"},
    {"corpus", "doctor", "evaluation", "integrations"},
    {"run", "baseline", "revision"},
    {"ray_engine"},
    {"cli"},
    {"__main__", "__init__"},
]

# Each outside library has one owner.
OWNERS = {
    "onnxruntime": {"spinmark/scorer.py", "spinmark_training"},
    "tokenizers": {"spinmark/tokens.py"},
    "py3langid": {"spinmark/language.py"},
    "click": {"spinmark/cli", "spinmark/formats", "spinmark_server", "spinmark_training"},
    "charset_normalizer": {"spinmark/readers/encoding.py"},
    "markdown_it": {"spinmark/readers/markdown.py"},
    "trafilatura": {"spinmark/readers/html.py"},
    "lxml": {"spinmark/readers/html.py"},
    "pypdf": {"spinmark/readers/pdf.py"},
    "pyarrow": {"spinmark/readers/parquet.py", "spinmark/formats/parquet.py"},
    "zstandard": {"spinmark/readers/opening.py"},
    "tqdm": {"spinmark/cli/progress.py"},
    "spacy": {"spinmark/integrations/spacy.py"},
    "ray": {"spinmark/ray_engine.py"},
    "flask": {"spinmark_server"},
    "werkzeug": {"spinmark_server"},
    "waitress": {"spinmark_server"},
    "prometheus_client": {"spinmark_server/metrics.py"},
    "torch": {"spinmark_training"},
    "transformers": {"spinmark_training"},
    "safetensors": {"spinmark_training"},
    "onnx": {"spinmark_training"},
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def python_files() -> list[Path]:
    folders = [LIBRARY, ROOT / "model" / "spinmark_training", ROOT / "server" / "spinmark_server"]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def module_name(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def test_every_module_of_the_library_has_its_place_in_the_flow():
    assert {module_name(path) for path in LIBRARY.rglob("*.py")} == set().union(*FLOW)


@pytest.mark.parametrize(
    "path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: p.relative_to(LIBRARY).as_posix()
)
def test_a_module_imports_only_what_stands_before_it(path: Path):
    name = module_name(path)
    level = next(i for i, names in enumerate(FLOW) if name in names)
    before = set().union(*FLOW[:level]) | {name}
    ours = {imported for imported in imports_of(path) if imported.split(".")[0].startswith("spinmark")}
    assert {imported.split(".")[1] for imported in ours} <= before


@pytest.mark.parametrize("path", python_files(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_each_outside_library_is_imported_by_its_owner_alone(path: Path):
    place = path.relative_to(ROOT).as_posix().split("/", 1)[1]
    for imported in imports_of(path):
        owners = OWNERS.get(imported.split(".")[0])
        assert owners is None or any(place.startswith(owner) for owner in owners), (
            f"{place} imports {imported}"
        )


def test_the_library_never_imports_the_server_or_the_training():
    for path in LIBRARY.rglob("*.py"):
        assert not {i.split(".")[0] for i in imports_of(path)} & {"spinmark_server", "spinmark_training"}


def test_the_server_never_imports_the_training():
    for path in (ROOT / "server").rglob("*.py"):
        assert "spinmark_training" not in {i.split(".")[0] for i in imports_of(path)}


def test_importing_the_library_loads_no_server_and_no_training_framework():
    code = "import sys, spinmark; print(*{'email', 'flask', 'waitress', 'torch', 'ray', 'transformers', 'onnxruntime', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
