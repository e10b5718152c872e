"""Pages, read as browsers read them (html5lib follows the same algorithm)."""

import base64
import hashlib
import html
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.made import FLAGS, GERMAN, MODEL, QUIET, REPORT, TEXT

import spinmark
from spinmark.formats.corpus_folder import CorpusFolder
from spinmark.formats.corpus_page import corpus_page
from spinmark.formats.page import page
from spinmark.formats.summary import CorpusSummary, Period, day_of, periods
from spinmark.report import Flag, Report, Span, Voice
from spinmark.taxonomy import BY_ID


def read(content: str) -> Element:
    """Parse a page; a page that a parser has to mend is a fault."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content)


def words(element: Element) -> str:
    return "".join(element.itertext())


def plain(element: Element) -> str:
    return " ".join(words(element).split())


def by_class(root: Element, name: str) -> list[Element]:
    return [e for e in root.iter() if isinstance(e.tag, str) and name in (e.get("class") or "").split()]


def local(element: Element) -> str:
    """Return the name of an element, whose namespace is SVG's or none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def by_id(root: Element, id_: str) -> Element:
    (found,) = [e for e in root.iter() if isinstance(e.tag, str) and e.get("id") == id_]
    return found


def text_of(root: Element) -> str:
    """Return the text that the page shows, without the numbers of its marks."""

    def walk(element: Element) -> str:
        if element.tag == "sup":
            return ""
        return (element.text or "") + "".join(walk(child) + (child.tail or "") for child in element)

    (article,) = by_class(root, "text")
    return walk(article)


def stands_alone(content: str) -> Element:
    """Check that a page needs and does nothing beyond itself, and return it."""
    root = read(content)
    tags = set(map(local, root.iter()))
    assert not tags & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "audio",
        "video",
        "image",
    }
    for element in root.iter():
        if isinstance(element.tag, str):
            assert not [
                k for k in element.attrib if isinstance(k, str) and k.startswith(("on", "style", "src"))
            ]
            href = element.get("href")
            assert href is None or re.match(r"#|documents/\d+\.html|\.\./index\.html", href)
    (style,) = root.iter("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    (policy,) = [
        m.get("content") for m in root.iter("meta") if m.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ids = [e.get("id") for e in root.iter() if isinstance(e.tag, str) and e.get("id")]
    assert len(ids) == len(set(ids))
    for anchor in root.iter("a"):
        if anchor.get("href").startswith("#"):
            assert anchor.get("href")[1:] in ids
    return root


# The page of one text


@pytest.mark.parametrize(
    "report", [REPORT, QUIET, GERMAN, Report("", (), MODEL, status="too_short", language=None)]
)
def test_a_page_stands_alone(report):
    stands_alone(page(report, "odla.txt"))


def test_the_page_shows_the_text_with_nothing_added_and_nothing_lost():
    assert text_of(read(page(REPORT))) == TEXT.replace("\r\n", "\n")


def test_a_mark_covers_the_words_of_its_flag_and_has_its_number():
    root = read(page(REPORT))
    (article,) = by_class(root, "text")
    for number, flag in enumerate(FLAGS, start=1):
        name = f"t-{flag.technique}"
        covered = "".join(_covered(article, name, flag))
        assert covered == flag.quote.replace("\r\n", "\n")
        assert by_id(root, f"mark-{number}").tag == "mark"
        assert by_id(root, f"flag-{number}").get("value") == str(number)


def _covered(article: Element, name: str, flag: Flag) -> list[str]:
    """Return the pieces below the marks of one flag: those that lie in its part of the text."""
    pieces: list[str] = []
    position = 0
    wanted = Span(
        len(TEXT[: flag.span.start].replace("\r\n", "\n")), len(TEXT[: flag.span.end].replace("\r\n", "\n"))
    )

    def walk(element: Element, inside: bool) -> None:
        nonlocal position
        if element.tag == "sup":
            return
        inside = inside or (element.tag == "mark" and name in element.get("class").split())
        take(element.text, inside)
        for child in element:
            walk(child, inside)
            take(child.tail, inside)

    def take(text: str | None, inside: bool) -> None:
        nonlocal position
        if text and inside and wanted.start <= position < wanted.end:
            pieces.append(text)
        position += len(text or "")

    walk(article, False)
    return pieces


def test_a_card_says_first_who_says_it_and_then_all_that_a_reader_may_ask():
    root = read(page(REPORT))
    card = plain(by_id(root, "flag-1"))
    technique = BY_ID["justification_by_provocation"]
    parts = [
        "Bell, quoted. The text disputes this.", "Disputed by: “Observers saw no such attack.”",
        "an inevitable response to months of their provocative attacks", "resembles justification by provocation (0.81)",
        technique.definition, technique.question, technique.effect, f"Legitimate: {technique.legitimate}",
        "Words that moved the score: “inevitable” (+0.31), “months” (-0.02)",
    ]  # fmt: skip
    places = [card.index(" ".join(part.split())) for part in parts]
    assert places == sorted(places)
    assert places[0] == 0


def test_nobody_is_judged():
    for content in (page(REPORT), page(QUIET)):
        shown = plain(next(read(content).iter("body")))
        assert not re.search(r"\bpropaganda\b|\blie\b|\bfake\b|guilty|verdict on", shown, re.IGNORECASE)


def test_each_filter_box_has_its_rules_and_its_flags():
    root = read(page(REPORT))
    (style,) = root.iter("style")
    boxes = {box.get("id").removeprefix("show-") for box in root.iter("input")}
    assert boxes == {f"t-{f.technique}" for f in FLAGS} | {f"v-{f.voice.kind}" for f in FLAGS}
    for name in boxes:
        assert f"body:has(#show-{name}:not(:checked)) :is(li,a,sup).f.{name}" in style.text
        for kind in ("li", "mark", "sup", "a"):
            assert [e for e in by_class(root, name) if local(e) == kind and "f" in e.get("class").split()]
    assert all(plain(label) for label in root.iter("label"))


def test_the_strip_shows_where_the_flags_lie():
    root = read(page(REPORT))
    ticks = by_class(root, "tick")
    assert len(ticks) == len(FLAGS)
    for tick, flag in zip(ticks, FLAGS, strict=True):
        assert float(tick.get("x")) == pytest.approx(1000 * flag.span.start / len(TEXT), abs=0.1)
        assert float(tick.get("x")) + float(tick.get("width")) <= 1000.1
    first, second = ticks[0], ticks[1]  # which overlap in the text
    assert first.get("y") != second.get("y")


def test_a_text_without_flags_gets_no_clean_bill():
    shown = plain(next(read(page(QUIET)).iter("body")))
    assert "nothing found (26 characters checked). That is no clean bill" in shown
    assert "irony" in shown
    assert "not checked: the text seems to be in another language than English (de)." in plain(
        next(read(page(GERMAN)).iter("body"))
    )


def test_no_name_and_no_text_becomes_markup():
    text = "</style><script>alert(1)</script><img src=x onerror=alert(1)> & \"' \x00\x1b[2J \ufdd0"
    voice = Voice("quoted", Span(0, len(text)), True, Span(0, len(text)))
    report = Report(text, (Flag("slogan", Span(0, len(text)), text, 0.9, voice),), MODEL, id=text)
    root = stands_alone(page(report, text))
    assert text_of(root) == re.sub("[\x00\x1b\ufdd0]", "\ufffd", text)
    folder = CorpusSummary()
    folder.add(report, text, "2024", "documents/000001.html")
    folder.add(report, text, "2025", "documents/000002.html")
    stands_alone(corpus_page(folder, MODEL, text))


@given(data=st.data())
def test_any_flags_on_any_text_show_the_text(any_text, data):
    text = data.draw(any_text) or "."
    edges = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda p: p[0] < p[1])
    spans = edges.map(lambda p: Span(*p))
    flags = sorted(
        (Flag("slogan", s, text[s.start : s.end], 0.5) for s in data.draw(st.lists(spans, max_size=6))),
        key=lambda f: f.span,
    )
    root = stands_alone(page(Report(text, tuple(flags), MODEL)))
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = text_of(root)
    assert len(seen) == len(shown)
    assert all(b in (a, "\ufffd") for a, b in zip(shown, seen, strict=True))


def test_a_notebook_shows_the_page_in_a_frame_that_can_run_nothing(tiny_detector):
    report = tiny_detector.analyze("The traitors left.")
    markup = report._repr_html_()
    (frame,) = html5lib.parseFragment(markup, namespaceHTMLElements=False)
    assert (frame.tag, frame.get("sandbox")) == ("iframe", "")
    assert frame.get("srcdoc") == page(report)
    assert html.unescape(markup).count("<script") == 0
    assert spinmark.Report.view is not None


# The pages of a corpus


@pytest.fixture
def folder(tmp_path) -> Path:
    with CorpusFolder(tmp_path / "report", MODEL, "Odla papers") as corpus:
        corpus.add(REPORT, "a.txt", "2024-01-05")
        corpus.add(QUIET, "b.txt", "2024-03-01T12:00:00Z")
        corpus.add(GERMAN, "c.txt")
        corpus.add(replace(REPORT, flags=FLAGS[3:]), "d <b>.txt", "no date")
        corpus.unread()
    return tmp_path / "report"


def test_the_pages_of_a_corpus_stand_alone_and_lead_to_one_another(folder):
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.html")) == [
        "documents/000001.html", "documents/000004.html", "index.html",
    ]  # fmt: skip
    for path in folder.rglob("*.html"):
        root = stands_alone(path.read_text(encoding="utf-8"))
        for anchor in root.iter("a"):
            target, _, fragment = anchor.get("href").partition("#")
            other = path if not target else (path.parent / target).resolve()
            ids = re.findall(r'id="([^"]*)"', other.read_text(encoding="utf-8"))
            assert not fragment or fragment in ids


def test_the_index_counts_what_there_is(folder):
    root = read((folder / "index.html").read_text(encoding="utf-8"))
    shown = plain(next(root.iter("body")))
    assert "7 passages stand out in 2 of 4 documents." in shown
    assert "1 not checked: another language" in shown
    assert "1 could not be read" in shown
    techniques, speakers, *_ = root.iter("table")
    rows = {plain(tr[0]): [plain(td) for td in tr[2:]] for tr in next(techniques.iter("tbody"))}
    assert rows["Slogan"] == ["2", "0", "1", "2"]
    assert rows["Justification by provocation"] == ["0", "1", "0", "1"]
    rows = {plain(tr[0]): [plain(td) for td in tr[2:]] for tr in next(speakers.iter("tbody"))}
    assert rows["Bell"][:3] == ["2", "0", "1"]


def test_the_index_ranks_passages_and_documents(folder):
    root = read((folder / "index.html").read_text(encoding="utf-8"))
    passages = next(t for t in root.iter("table") if "times" in plain(t))
    first = next(passages.iter("tbody"))[0]
    assert [plain(td) for td in first] == ["2", "“traitors of Odla <b>have</b>”", "name calling", "0.77"]
    documents = list(root.iter("table"))[-1]
    assert [plain(tr[0]) for tr in next(documents.iter("tbody"))] == ["a.txt", "d <b>.txt"]


def test_a_corpus_without_flags_says_that_this_is_no_clean_bill(tmp_path):
    with CorpusFolder(tmp_path / "report", MODEL) as corpus:
        corpus.add(QUIET, "b.txt")
    shown = plain(next(stands_alone((tmp_path / "report" / "index.html").read_text()).iter("body")))
    assert "Nothing found in 1 document. That is no clean bill" in shown


def test_a_corpus_is_there_whole_or_not_at_all(tmp_path):
    def broken() -> None:
        with CorpusFolder(tmp_path / "report", MODEL) as corpus:
            corpus.add(REPORT, "a.txt")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "mine.txt").touch()
    with pytest.raises(FileExistsError):
        CorpusFolder(tmp_path / "report", MODEL)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["mine.txt", "report"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "report").mkdir()
    with CorpusFolder(tmp_path / "report", MODEL) as corpus:
        corpus.add(REPORT, "a.txt")
    assert (tmp_path / "report" / "index.html").exists()


def test_the_figures_stay_bounded_and_say_what_they_forgot():
    figures = CorpusSummary(max_documents=2, max_counted=3)
    for n in range(40):
        text = f"often said by Ames{n}"
        flags = (
            Flag("slogan", Span(0, 5), "often", 0.5, Voice("quoted", Span(14, len(text)))),
            Flag("slogan", Span(6, len(text)), text[6:], 0.9),
        )
        figures.add(Report(text, flags, MODEL), f"{n}.txt", None, f"documents/{n:06}.html")
    assert figures.flags == 80
    assert len(figures.speakers) <= 6
    assert len(figures.passages) <= 6
    assert figures.passages["slogan", "often"].times == 40
    assert [entry.name for entry in figures.top] == ["0.txt", "1.txt"]
    assert "not counted to the end" in corpus_page(figures, MODEL)


# Time


def month(*days: str) -> dict[str, Period]:
    return {day: Period(1, 100, Counter(slogan=1)) for day in days}


@pytest.mark.parametrize(
    ("days", "unit", "found"),
    [
        (["2024-02-27", "2024-03-01"], "day", ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]),
        (["2023-11-05", "2024-02-01"], "month", ["2023-11", "2023-12", "2024-01", "2024-02"]),
        (["2023-11-05", "2023-12"], "month", ["2023-11", "2023-12"]),
        (["2020-01-01", "2023"], "year", ["2020", "2021", "2022", "2023"]),
        (["1900-01-01", "1903-05-05"], "month", None),
        (["1900-01-01", "1940-05-05"], "year", None),
    ],
)
def test_periods_are_as_fine_as_dates_and_room_allow_and_leave_none_out(days, unit, found):
    name, merged = periods(month(*days))
    assert name == unit
    assert len(merged) <= 60
    assert sum(p.documents for p in merged.values()) == len(days)
    if found is not None:
        assert list(merged) == found


def test_no_dates_are_no_periods():
    assert periods({}) == ("year", {})


@given(st.text(max_size=12) | st.dates().map(str))
def test_any_date_is_read_or_left(date):
    day = day_of(date)
    assert day is None or (len(day) in (4, 7, 10) and date.lstrip().startswith(day[:4]))


def test_a_corpus_over_time_is_drawn_by_its_rate():
    figures = CorpusSummary()
    for n, day in enumerate(["2024-01-02", "2024-02-02", "2024-04-02"]):
        figures.add(replace(REPORT, flags=FLAGS[: 1 + 2 * n]), f"{n}", day, f"documents/{n:06}.html")
    root = read(corpus_page(figures, MODEL))
    chart = by_class(root, "chart")[0]
    columns = [e for e in chart.iter() if local(e) == "rect" and e.get("class") == "column"]
    heights = [float(column.get("height")) for column in columns]
    assert len(heights) == 3
    assert heights == sorted(set(heights))
    assert len([e for e in chart.iter() if local(e) == "rect" and e.get("class") == "missing"]) == 1
    assert "the most, " in chart.get("aria-label")
    assert chart.get("aria-label").endswith("in 2024-04.")


def test_techniques_over_time_share_one_scale_and_those_without_a_date_are_left_out():
    figures = CorpusSummary()
    dated, undated = replace(REPORT, flags=(FLAGS[0], FLAGS[0], FLAGS[1])), replace(REPORT, flags=FLAGS)
    for n, day in enumerate(["2024-01", "2024-02", None]):
        figures.add(dated if day else undated, f"{n}", day, f"documents/{n:06}.html")
    root = read(corpus_page(figures, MODEL))
    (multiples,) = by_class(root, "multiples")
    names = [words(e) for e in multiples.iter() if local(e) == "figcaption"]
    assert names == [BY_ID[flag.technique].name for flag in (FLAGS[0], FLAGS[1])]
    heights = [
        [float(e.get("height")) for e in by_class(chart, "column")] for chart in by_class(multiples, "chart")
    ]
    assert [len(columns) for columns in heights] == [2, 2]
    assert heights[0][0] == pytest.approx(2 * heights[1][0], abs=0.2)
    tops = [
        next(e for e in chart.iter() if local(e) == "text").text for chart in by_class(multiples, "chart")
    ]
    assert tops[0] == tops[1]


def test_the_scale_of_a_chart_is_written_out():
    figures = CorpusSummary()
    short = Report("Traitors!", (Flag("name_calling", Span(0, 8), "Traitors", 0.9),), MODEL)
    for day in ("2024-01", "2024-02"):
        figures.add(short, day, day, f"documents/{day}.html")
    chart = by_class(read(corpus_page(figures, MODEL)), "chart")[0]
    assert next(e.text for e in chart.iter() if local(e) == "text") == "1,000"
