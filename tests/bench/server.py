"""A real server process for benchmarks, and what the system says of its cost."""

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """A running `spinmark serve`."""

    process: subprocess.Popen[str]
    connection: http.client.HTTPConnection

    def check(self, text: str) -> int:
        """Check a text over the kept connection and return the number of its flags."""
        return len(self._ask({"text": text})["flags"])

    def check_several(self, texts: Sequence[str]) -> int:
        """Check texts in one request and return the number of their flags."""
        return sum(len(report["flags"]) for report in self._ask({"texts": texts})["reports"])

    def _ask(self, asked: object) -> Any:
        headers = {"Content-Type": "application/json", "X-Spinmark": "1"}
        self.connection.request("POST", "/v1/check", json.dumps(asked), headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")
        return answer

    @property
    def cpu_s(self) -> float:
        """Processor time so far, of all threads. Linux alone."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def wakeups(self) -> int:
        """How often its threads have been given a processor so far. Linux alone."""
        out = 0
        for status in Path(f"/proc/{self.process.pid}/task").glob("*/status"):
            lines = status.read_text().splitlines()
            out += sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
        return out

    @property
    def memory_mb(self) -> tuple[float, float]:
        """Resident memory now, and the most so far, in MB of 2**20 bytes. Linux alone."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        kb = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
        return int(kb["VmRSS"]) / 1024, int(kb["VmHWM"]) / 1024


@contextmanager
def served() -> Iterator[Served]:
    """Start a server on a free port, give it, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spinmark", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    address = next(part for part in process.stderr if "listens on" in part).rsplit("/", 1)[1].strip()
    threading.Thread(target=process.stderr.read, daemon=True).start()
    connection = http.client.HTTPConnection(address)
    try:
        yield Served(process, connection)
    finally:
        connection.close()
        process.terminate()
        process.wait()
