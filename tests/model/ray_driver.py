"""A run on a Ray cluster of its own, for `test_ray_engine.py`: a process apart, as Ray leaves children behind.

Arguments: a file or folder, the weights, a file that does not exist, a file for the results. The first worker to
meet the row with the id "fatal" makes the third and is killed there. The last gets what becomes of each document, as
JSON lines, and then the counts: stdout is Ray's. With "always" behind them every worker that meets the row is killed.
"""

import json
import os
import signal
import sys
from pathlib import Path

from spinmark.cli.writing import as_json
from spinmark.corpus import Fields
from spinmark.ray_engine import rows
from spinmark.run import Analysis, Tally

PATH, WEIGHTS, MARK, RESULTS = map(Path, sys.argv[1:5])
ALWAYS = "always" in sys.argv[5:]


class Dying(Analysis):
    __slots__ = ()

    def __call__(self):
        work = super().__call__()

        def row(item):
            if getattr(item[1], "id", None) == "fatal" and (ALWAYS or not MARK.exists()):
                MARK.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return work(item)

        return row


tally = Tally()
said: list[tuple[str, str]] = []
done = rows(
    [PATH],
    None,
    Fields(),
    Dying(as_json, WEIGHTS),
    tally,
    workers=2,
    part_bytes=700,
    notice=lambda *words: said.append(words),
)
with RESULTS.open("w", encoding="utf-8") as file:
    for found in done:
        document = found.document and [found.document.id, found.document.file and str(found.document.file)]
        error = found.error and found.error.to_json()
        print(json.dumps([found.source, document, found.result, error, str(found.problem)]), file=file)
    print(json.dumps({"rows": tally.rows, "failures": tally.failures, "said": said}), file=file)
