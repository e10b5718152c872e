"""(e) A cold start, the import, and memory after loading."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.server import served
from tests.bench.timing import compare

SENTENCE = "They left us no choice: the raid was an answer to their shelling."
_RSS = (
    "from spinmark import Detector; d = Detector.load(); d.analyze({!r});"
    "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmRSS')))"
)


def main(small: bool) -> None:
    def python(*arguments: str, stdin: str = "") -> Callable[[], object]:
        command = [sys.executable, *arguments]
        return lambda: subprocess.run(command, input=stdin, capture_output=True, text=True, check=True)

    found = compare(
        ("python -c ''", python("-c", "")),
        [
            ("python -c 'import spinmark', at most 60 ms more", python("-c", "import spinmark")),
            (
                "python -c 'import numpy, onnxruntime, tokenizers'",
                python("-c", "import numpy, onnxruntime, tokenizers"),
            ),
            (
                "spinmark score on one sentence, at most 600 ms",
                python("-m", "spinmark", "score", stdin=SENTENCE),
            ),
            ("spinmark --version", python("-m", "spinmark", "--version")),
        ],
        rounds=2 if small else 15,
    )
    print(*found.lines(), sep="\n")
    bare = found.base.median
    print(f"  import spinmark: {1000 * (found.others[0].median - bare):.0f} ms beyond an empty Python")
    if Path("/proc/self/status").exists():
        shown = subprocess.run(
            [sys.executable, "-c", _RSS.format(SENTENCE)], capture_output=True, text=True, check=True
        )
        print(f"  resident after loading and one sentence: {int(shown.stdout) / 1024:.0f} MB, at most 200")
        with served() as server:
            server.check(SENTENCE)
            print(f"  the server after one sentence: {server.memory_mb[0]:.0f} MB")
