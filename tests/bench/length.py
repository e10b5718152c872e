"""(d) What 1,000 words cost, from a paragraph to a book shelf: as one text, and sent over HTTP in batches of articles."""

from collections.abc import Callable, Iterator

from tests.bench.server import served
from tests.bench.texts import words
from tests.bench.timing import Timed, seconds

from spinmark import Detector

ROUNDS = {100: 200, 1_000: 40, 10_000: 7, 100_000: 3, 1_000_000: 1}
BASE_WORDS = 1_000
TEXT_WORDS = 1_000
"""Words of each text of a batch."""
BATCH_TEXTS = 20
"""So much is below the 200,000 characters that a request may have."""


def main(small: bool) -> None:
    rounds = {100: 5, 1_000: 3, 3_000: 1} if small else ROUNDS
    detector = Detector.load()
    print("  Detector.analyze, one text")
    _compare(rounds, detector.analyze)
    with served() as server:
        number = iter(range(10**9))  # texts that differ, so that no memory of answers helps

        def post(text: str) -> None:
            for batch in _batches(text):
                server.check_several([f"Item {next(number)}. {each}" for each in batch])

        print(f"  POST /v1/check, in batches of {BATCH_TEXTS} texts of {TEXT_WORDS:,} words")
        _compare(rounds, post)


def _compare(rounds: dict[int, int], check: Callable[[str], object]) -> None:
    base = words(BASE_WORDS)
    cost: dict[int, float] = {}
    for number, times in rounds.items():
        took = _timed(check, f"{number:,} words", words(number), times)
        again = _timed(check, "", base, 3)
        cost[number] = took.median * 1000 / number
        print(
            f"{took.line()} {1000 * cost[number]:9.2f} ms per 1,000 words; right after, {BASE_WORDS:,} words took "
            f"{1000 * again.median:.1f} ms"
        )
    ratios = (f"{number:,}: {each / cost[BASE_WORDS]:.2f} x" for number, each in cost.items())
    print("  against 1,000 words:", ", ".join(ratios))


def _batches(text: str) -> Iterator[list[str]]:
    parts = text.split()
    texts = [" ".join(parts[i : i + TEXT_WORDS]) for i in range(0, len(parts), TEXT_WORDS)]
    for i in range(0, len(texts), BATCH_TEXTS):
        yield texts[i : i + BATCH_TEXTS]


def _timed(check: Callable[[str], object], name: str, text: str, rounds: int) -> Timed:
    return Timed(name, tuple(seconds(lambda: check(text)) for _ in range(rounds)))
