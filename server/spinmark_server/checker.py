"""Checks and explanations: from memory, or from the detector when the turn comes; whole, or line by line."""

import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import NotRequired, Protocol, TypedDict, Unpack

from spinmark.detector import Turn
from spinmark.errors import OptionError, SpanError, UnscoredError
from spinmark.report import (
    Explanation,
    Flag,
    FlagJson,
    FlagLines,
    Model,
    Report,
    ReportHeadJson,
    ReportJson,
    Span,
    json_line,
)
from spinmark_server import problems
from spinmark_server.admission import Admission, BusyError
from spinmark_server.body import Check, Explain, Options
from spinmark_server.cache import ReportCache
from spinmark_server.metrics import Metrics
from spinmark_server.problems import Problem, ProblemJson

Gone = Callable[[], bool]
"""Tells whether a request's client has gone."""


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class BatchJson(TypedDict):
    """The reports of several texts, in their order."""

    reports: list[ReportJson]


class FlagLineJson(TypedDict):
    """A flag as soon as it is certain; `index` tells whose text it is, where several were sent."""

    index: NotRequired[int]
    flag: FlagJson


class ReportLineJson(TypedDict):
    """The end of a text: its report, without the flags that the lines before it gave."""

    index: NotRequired[int]
    report: ReportHeadJson


class ProblemLineJson(TypedDict):
    """The end of a stream that broke off."""

    problem: ProblemJson


class Keywords(TypedDict):
    """The options of a check, as the library's analysis and stream both take them."""

    min_confidence: float | None
    techniques: tuple[str, ...] | None
    voices: tuple[str, ...] | None
    explain: bool


class Analyzer(Protocol):
    """What the server needs of a `spinmark.Detector`."""

    @property
    def model(self) -> Model: ...

    def analyze(
        self,
        text: str,
        *,
        id: str | None,  # noqa: A002  # the library's name
        turn: Turn | None,
        **options: Unpack[Keywords],
    ) -> Report: ...

    def stream(
        self,
        text: str,
        *,
        id: str | None,  # noqa: A002  # the library's name
        turn: Turn | None,
        **options: Unpack[Keywords],
    ) -> Iterator[Flag | Report]: ...

    def explain(self, text: str, span: Span, technique: str, *, turn: Turn | None = None) -> Explanation: ...


class _Place:
    """A place of the queue that a request takes when it finds that it needs one."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = ExitStack()
        self._taken = False

    def __enter__(self) -> "_Place":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def take(self, asked: bytes) -> None:
        """Hold a place from now on; `asked` is the key of the first answer that needs it.

        Raises: Problem, BUSY.
        """
        if self._taken:
            return
        try:
            self._held.enter_context(self._admission.place(asked))
        except BusyError:
            raise busy(self._admission) from None
        self._taken = True


class Lines:
    """The lines of a stream, which holds its place of the queue until it is closed."""

    def __init__(self, lines: Generator[str, None, None], place: _Place) -> None:
        self._lines = lines
        self._place = place

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> bytes:
        return next(self._lines).encode() + b"\n"

    def close(self) -> None:
        with self._place:
            self._lines.close()


class Checker:
    """Answers what is asked of one detector."""

    def __init__(
        self, detector: Analyzer, admission: Admission, cache: ReportCache, metrics: Metrics
    ) -> None:
        self._detector = detector
        self._admission = admission
        self._cache = cache
        self._metrics = metrics

    def answer(self, check: Check, gone: Gone = lambda: False) -> str:
        """Return the report of a check, or its reports, as the library writes them.

        Raises: Problem, BUSY or INVALID_REQUEST; ClientGoneError.
        """
        with _Place(self._admission) as place:
            reports = [self._report(check, i, gone, place) for i in range(len(check.texts))]
        # Joined by hand: parsing and writing again could only make the bytes differ from the library's.
        joined = ",".join(reports)
        return f'{{"reports":[{joined}]}}\n' if check.batch else f"{joined}\n"

    def explain(self, asked: Explain, gone: Gone = lambda: False) -> str:
        """Return why a passage resembles a technique.

        Raises: Problem, BUSY, INVALID_REQUEST or NO_PASSAGE; ClientGoneError.
        """
        key = _key("explain", asked.text, asked.start, asked.end, asked.technique)

        def make() -> str:
            turn = self._turn(gone)
            return self._detector.explain(
                asked.text, Span(asked.start, asked.end), asked.technique, turn=turn
            ).to_json()

        with _Place(self._admission) as place:
            return self._once(key, asked.text, make, place) + "\n"

    def lines(self, check: Check, gone: Gone = lambda: False) -> Lines:
        """Return the answer to a check line by line, each as soon as it is certain; see `docs/api.md`.

        What goes wrong on the way becomes the last line. Raises: Problem, BUSY.
        """
        place = _Place(self._admission)
        keys = (_check_key(check, i) for i in range(len(check.texts)))
        unknown = next((key for key in keys if self._cache.get(key) is None), None)
        if unknown is not None:
            place.take(unknown)
        return Lines(self._lines(check, gone), place)

    def _report(self, check: Check, i: int, gone: Gone, place: _Place) -> str:
        def make() -> str:
            turn = self._turn(gone)
            options = _keywords(check.options)
            return self._detector.analyze(check.texts[i], id=check.ids[i], turn=turn, **options).to_json()

        return self._once(_check_key(check, i), check.texts[i], make, place)

    def _once(self, key: bytes, text: str, make: Callable[[], str], place: _Place) -> str:
        """Return what is known under `key`, or make it, which takes a place."""
        known = self._cache.get(key)
        if known is not None:
            self._metrics.texts.labels("known").inc()
            return known
        place.take(key)
        made = False

        def counted() -> str:
            nonlocal made
            made = True
            answer = make()
            self._count(text)
            return answer

        try:
            answer = self._cache.once(key, counted, max_wait_s=self._admission.max_wait_s)
        except (BusyError, TimeoutError):
            raise busy(self._admission) from None
        except SpanError as error:
            raise Problem(
                problems.NO_PASSAGE,
                f"A passage lies in the text: 0 <= start < end <= {error.length:,}.",
                length=error.length,
            ) from None
        except UnscoredError as error:
            raise Problem(problems.NO_PASSAGE, f"The model does not read it: {error.reason}.") from None
        except OptionError as error:
            raise _refused(error) from None
        except ClientGoneError:
            self._metrics.cancelled.inc()
            raise
        if not made:
            self._metrics.texts.labels("known").inc()
        return answer

    def _lines(self, check: Check, gone: Gone) -> Generator[str, None, None]:
        try:
            for i in range(len(check.texts)):
                for line in self._text_lines(check, i, gone):
                    yield json_line({"index": i, **line} if check.batch else line)
        except BusyError:
            yield _problem_line(busy(self._admission))
        except OptionError as error:
            yield _problem_line(_refused(error))
        except ClientGoneError:
            self._metrics.cancelled.inc()
        except GeneratorExit:
            self._metrics.cancelled.inc()
            raise
        except Exception as error:  # noqa: BLE001  # the answer has begun: a line is all that can still be said
            yield _problem_line(problems.failure(error))

    def _text_lines(self, check: Check, i: int, gone: Gone) -> Iterator[FlagLineJson | ReportLineJson]:
        key, text = _check_key(check, i), check.texts[i]
        known = self._cache.get(key)
        if known is not None:
            self._metrics.texts.labels("known").inc()
            value = json.loads(known)
            for flag in value.pop("flags"):
                yield {"flag": flag}
            yield {"report": value}
            return
        flags = FlagLines(text)
        options = _keywords(check.options)
        for found in self._detector.stream(text, id=check.ids[i], turn=self._turn(gone), **options):
            if isinstance(found, Flag):
                yield {"flag": flags.to_dict(found)}
            else:
                self._cache.put(key, found.to_json())
                self._count(text)
                yield {"report": _head(found.to_dict())}

    def _count(self, text: str) -> None:
        self._metrics.texts.labels("model").inc()
        self._metrics.characters.inc(len(text))

    def _turn(self, gone: Gone) -> Turn:
        """Return what a detector enters for each window: a turn of the queue, unless the client has gone."""

        @contextmanager
        def turn() -> Iterator[None]:
            with self._admission.turn():
                if gone():
                    raise ClientGoneError
                self._metrics.windows.inc()
                yield

        return turn


def _keywords(options: Options) -> Keywords:
    return {
        "min_confidence": options.min_confidence,
        "techniques": options.techniques,
        "voices": options.voices,
        "explain": options.explain,
    }


def _check_key(check: Check, i: int) -> bytes:
    options = check.options
    return _key(
        "check",
        check.texts[i],
        check.ids[i],
        options.min_confidence,
        options.techniques,
        options.voices,
        options.explain,
    )


def _key(*asked: object) -> bytes:
    """Return a hash of all that an answer depends on."""
    return hashlib.sha256(json.dumps(asked).encode("ascii")).digest()


def _head(report: ReportJson) -> ReportHeadJson:
    return {
        "schema": report["schema"],
        "id": report["id"],
        "model": report["model"],
        "language": report["language"],
        "status": report["status"],
        "text_length": report["text_length"],
        "summary": report["summary"],
    }


def _problem_line(problem: Problem) -> str:
    line: ProblemLineJson = {"problem": problem.to_dict()}
    return json_line(line)


def busy(admission: Admission) -> Problem:
    """Return what is said to whom there is no place for; its own member is closer than HTTP's header can be."""
    return Problem(
        problems.BUSY,
        "Other texts are being checked; try again in a moment.",
        headers=(("Retry-After", str(admission.retry_whole_s)),),
        retry_after_s=round(admission.retry_s, 3),
    )


def _refused(error: OptionError) -> Problem:
    return Problem(
        problems.INVALID_REQUEST, f"Expected here is {error.expected}.", pointer=f"/{error.option}"
    )
