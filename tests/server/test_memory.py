"""When memory is handed back: after much text, and after the answer."""

import subprocess
import sys

import pytest
from werkzeug.test import Client

from spinmark_server.memory import ARENAS, Trimmed, trim

# Counts glibc's heaps after twelve threads have each asked for memory at the same time: in a child that did not bound
# them, and in one that did. Each begins anew, as the bound holds for heaps that are still to come.
HEAPS = """
import ctypes, os, re, tempfile, threading
from spinmark_server.memory import bound_heaps

def heaps():
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    meet = threading.Barrier(12)
    def ask():
        meet.wait()
        library.malloc(100_000)
        meet.wait()
    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    with tempfile.TemporaryFile() as file:
        library.fdopen.restype = ctypes.c_void_p
        stream = library.fdopen(os.dup(file.fileno()), b"w")
        library.malloc_info(0, ctypes.c_void_p(stream))
        library.fclose(ctypes.c_void_p(stream))
        file.seek(0)
        return len(re.findall(rb"<heap nr", file.read()))

for prepare in (lambda: None, lambda: bound_heaps()):
    if os.fork() == 0:
        prepare()
        print(heaps(), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""


def answer(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"answer"]


@pytest.fixture
def trims() -> list[str]:
    return []


@pytest.fixture
def client(trims: list[str]) -> Client:
    return Client(Trimmed(answer, lambda: trims.append("trimmed"), after_bytes=1000))


def post(client: Client, size: int) -> bytes:
    with client.post("/", data=b"x" * size) as response:
        return response.data


def test_a_long_text_is_trimmed_after_and_a_short_one_is_not(client, trims):
    assert post(client, 999) == b"answer"
    assert trims == []
    assert post(client, 2000) == b"answer"
    assert trims == ["trimmed"]


def test_many_short_texts_are_one_long_one(client, trims):
    for _ in range(5):
        post(client, 400)
    assert trims == ["trimmed"]  # at 1,200; the next two are 800


def test_a_request_without_a_body_counts_nothing(client, trims):
    for _ in range(3):
        client.get("/").close()
    assert trims == []


def test_trimming_comes_after_the_answer(trims):
    app = Trimmed(answer, lambda: trims.append("trimmed"), after_bytes=0)
    response = app({"CONTENT_LENGTH": "5"}, lambda *_: lambda _: None)
    assert list(response) == [b"answer"]
    assert trims == []
    response.close()
    assert trims == ["trimmed"]


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give back when they see fit")
def test_what_was_freed_is_given_back():
    kept = [bytearray(4000) for _ in range(10_000)]
    last = bytearray(4000)  # above them, so that the library cannot give back by itself
    kept.clear()
    assert trim() is True
    assert len(last) == 4000


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries keep their heaps otherwise")
def test_threads_share_a_few_heaps():
    ran = subprocess.run([sys.executable, "-c", HEAPS], capture_output=True, text=True, check=True)
    unbound, bound = map(int, ran.stdout.split())
    assert unbound > ARENAS
    assert bound <= ARENAS
