"""`make bench`: timings as ratios of two things measured in the same run, with the machine's noise shown.

    python -m tests.bench [--small] [PART ...]

Each part is a module of this folder with `main(small)`; `--small` tries it out in seconds.
"""

import argparse
import os
from importlib import import_module

from spinmark.locality import forbid_telemetry

PARTS = {
    "check": "(a) sixty words over HTTP against the bare graph",
    "pipeline": "(b) articles against float32 PyTorch through Hugging Face's pipeline",
    "library": "(c) Detector.analyze against raw onnxruntime",
    "length": "(d) what 1,000 words cost, from 100 to 1,000,000",
    "start": "(e) cold start, import, memory",
    "concurrency": "(f) 1, 4 and 16 clients at once",
    "throughput": "(g) one text, JSONL, Parquet and Ray against raw onnxruntime",
    "idle": "what an idle server costs",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--small", action="store_true", help="a few rounds, to see that it works")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    forbid_telemetry()  # some parts load onnxruntime themselves
    print(f"{os.cpu_count()} processors; medians, quartiles, ratios of medians")
    for part in given.parts or PARTS:
        print(f"\n{part}: {PARTS[part]}", flush=True)
        import_module(f"tests.bench.{part}").main(given.small)


if __name__ == "__main__":
    main()
