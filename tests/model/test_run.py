"""Where the work is done, and what is counted of it."""

import os
from collections import Counter

from spinmark.corpus import BadRow, Document
from spinmark.errors import InputError
from spinmark.run import UNANALYSED, UNREAD, Analysis, Row, Tally, pool_for, rows


def process_of(_source, _document, _report) -> int:
    return os.getpid()


def test_a_single_text_of_any_size_is_worked_off_here_with_all_cores(tiny_weights):
    text = "The traitors left. " * 2000
    with pool_for(Analysis(process_of, tiny_weights), 2, 10 * len(text) * 100, many=False) as pool:
        (row,) = rows([("book.txt", Document(None, text))], pool, Tally())
    assert row.result == os.getpid()


def test_a_row_knows_the_status_that_its_result_need_not_tell(tiny_weights):
    tally = Tally()
    texts = ["The traitors left.", "Die alte Mühle am Fluss steht seit dem Winter leer.", "Odla"]
    with pool_for(Analysis(process_of, tiny_weights), 1) as pool:
        found = list(rows([("rows", Document(n, text)) for n, text in enumerate(texts)], pool, tally))
    assert [row.status for row in found] == ["ok", "unsupported_language", "too_short"]
    assert tally.passed_over() == [
        "1 of 3 not scored: another language than English",
        "1 of 3 not scored: too short",
    ]
    assert (tally.failed, tally.said()) == (0, [])


def test_failures_and_what_is_not_scored_are_counted_apart():
    tally = Tally()
    document = Document(1, "x")
    for row in (
        Row("a", problem=InputError("a", "is a folder")),
        Row("b", error=BadRow(None, "line 1 is not JSON")),
        Row("c", document, error=BadRow(1, "could not be analysed")),
        Row("d", document, 7, "ok"),
        Row("e", document, 7, "too_short"),
    ):
        tally.add(row)
    assert (tally.rows, tally.failures, tally.unscored) == (
        5, Counter({UNREAD: 2, UNANALYSED: 1}), Counter({"too_short": 1}),
    )  # fmt: skip
