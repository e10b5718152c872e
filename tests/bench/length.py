"""(d) What 1,000 words cost, from a paragraph to a book shelf."""

from tests.bench.texts import words
from tests.bench.timing import Timed, seconds

from spinmark import Detector

ROUNDS = {100: 200, 1_000: 40, 10_000: 7, 100_000: 3, 1_000_000: 1}
BASE_WORDS = 1_000


def main(small: bool) -> None:
    detector = Detector.load()
    base = words(BASE_WORDS)
    cost: dict[int, float] = {}
    for number, rounds in ({100: 5, 1_000: 3, 3_000: 1} if small else ROUNDS).items():
        took = _timed(detector, f"{number:,} words", words(number), rounds)
        again = _timed(detector, "", base, 3)
        cost[number] = took.median * 1000 / number
        print(
            f"{took.line()} {1000 * cost[number]:9.2f} ms per 1,000 words; right after, {BASE_WORDS:,} words took "
            f"{1000 * again.median:.1f} ms"
        )
    ratios = (f"{number:,}: {each / cost[BASE_WORDS]:.2f} x" for number, each in cost.items())
    print("  against 1,000 words:", ", ".join(ratios))


def _timed(detector: Detector, name: str, text: str, rounds: int) -> Timed:
    return Timed(name, tuple(seconds(lambda: detector.analyze(text)) for _ in range(rounds)))
