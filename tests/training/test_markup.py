from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.report import Span
from spinmark_training.markup import MarkedSpan, MarkupError, Speech, parse, read_items

CORPUS = Path(__file__).parents[2] / "model" / "corpus"


def words(text: str, span: Span) -> str:
    return text[span.start : span.end]


def test_marks_become_spans_of_the_bare_text():
    text, spans, speech = parse(
        "The landlord says ⦃r The landlord|⟦blame_shifting!:the tenants broke it⟧⦄. No."
    )
    assert text == "The landlord says the tenants broke it. No."
    assert spans == (MarkedSpan(Span(18, 38), "blame_shifting", contested=True),)
    assert speech == (Speech(Span(18, 38), "reported", Span(0, 12)),)


def test_a_text_without_marks_is_itself():
    assert parse("A mill. [x] {y} a|b c:d ⟨e⟩") == ("A mill. [x] {y} a|b c:d ⟨e⟩", (), ())


def test_a_mark_in_a_mark_stands_behind_the_outer_one():
    text, spans, _ = parse("⟦slogan:Now ⟦loaded_language:or⟧ ⟦euphemism:never⟧⟧")
    assert text == "Now or never"
    assert [(s.technique, words(text, s.span)) for s in spans] == [
        ("slogan", "Now or never"),
        ("loaded_language", "or"),
        ("euphemism", "never"),
    ]


def test_speech_in_speech_keeps_both_speakers():
    text, _, speech = parse("Ames wrote: ⦃q Ames|Bell says ⦃r Bell|they lie⦄⦄.")
    assert [(s.voice, words(text, s.span), words(text, s.speaker)) for s in speech] == [
        ("quoted", "Bell says they lie", "Ames"),
        ("reported", "they lie", "Bell"),
    ]


def test_a_dash_is_a_speaker_whom_the_text_does_not_name():
    assert parse("– ⦃q -|Go.⦄")[2] == (Speech(Span(2, 5), "quoted", None),)


@pytest.mark.parametrize(
    ("marked", "start"),
    [
        ("Bell left. Bell said ⦃r Bell|no⦄, which is why Bell slept.", 11),
        ("⦃q Bell|No⦄, said Bell. Later Bell slept.", 9),
        ("Bells rang. ⦃q Bell|No⦄, said Bell.", 21),
        ("⦃q Bell|Call me Bell⦄, he said to Bell.", 8),
        ("A Campbell rang. ⦃q Bell|No⦄ – Bell", 22),
    ],
)
def test_the_speaker_is_the_nearest_whole_name(marked, start):
    text, _, (speech,) = parse(marked)
    assert speech.speaker == Span(start, start + 4)
    assert words(text, speech.speaker) == "Bell"


def test_a_long_name_is_no_farther_away_than_a_short_one():
    text, _, (speech,) = parse(
        "Old Bell of Odla said ⦃r Old Bell of Odla|no⦄, it is said. Old Bell of Odla slept."
    )
    assert text[speech.speaker.end : speech.span.start] == " said "


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ("⟦lying:words⟧", "not a mark"),
        ("⟦slogan words⟧", "not a mark"),
        ("⦃x Bell|words⦄", "not a mark"),
        ("⦃q |words⦄", "not a mark"),
        ("⟦slogan:words", "never closed: '⟦slogan:'"),
        ("⦃q -|words", "never closed"),
        ("words⟧", "closes nothing"),
        ("⟦slogan:a ⦃q -|b⟧ c⦄", "closes nothing or crosses"),
        ("⟦slogan:⟧", "is empty or has space"),
        ("⦃q -|⦄", "is empty or has space"),
        ("⟦slogan: words⟧", "is empty or has space"),
        ("⟦slogan:words ⟧", "is empty or has space"),
        ("⦃q Bell|words⦄ said Campbell", "the speaker 'Bell' is not in the text"),
    ],
)
def test_a_mark_at_fault_is_refused_with_the_reason(marked, reason):
    with pytest.raises(MarkupError, match=reason):
        parse(marked)


@given(
    st.lists(
        st.text(st.characters(exclude_characters="⟦⟧⦃⦄"), min_size=1, max_size=6), min_size=1, max_size=8
    )
)
def test_every_mark_gives_back_its_own_words(pieces):
    marked = "".join(f"⟦slogan:{p}⟧" if p == p.strip() else p for p in pieces)
    text, spans, _ = parse(marked)
    assert text == "".join(pieces)
    assert [words(text, s.span) for s in spans] == [p for p in pieces if p == p.strip()]


def write(folder: Path, content: str) -> Path:
    path = folder / "invented.txt"
    path.write_text(content, encoding="utf-8")
    return path


def test_items_have_the_ids_kinds_and_notes_of_their_file(tmp_path):
    items = list(
        read_items(
            write(
                tmp_path,
                "about this file\n\n=== positive letter\n# note: why\n# and how\n⟦slogan:Now⟧ or later.\n\n"
                "Second paragraph.\n\n=== neutral news\nA mill.\n",
            )
        )
    )
    assert [(i.id, i.kind, i.genre, i.text, i.note) for i in items] == [
        ("invented-0001", "positive", "letter", "Now or later.\n\nSecond paragraph.", "why and how"),
        ("invented-0002", "neutral", "news", "A mill.", ""),
    ]
    assert items[0].spans == (MarkedSpan(Span(0, 3), "slogan", contested=False),)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("=== positive letter\nNo mark.", 1, "a positive with 8 characters and 0 spans"),
        ("\n=== neutral news\n⟦slogan:Now⟧", 2, "a neutral with 3 characters and 1 spans"),
        ("=== neutral news\nA mill.\n=== odd news\nA mill.", 3, "no kind 'odd'"),
        ("=== neutral\nA mill.", 1, ""),
        ("=== neutral news\n\n", 1, "a neutral with 0 characters"),
        ("=== positive news\n⟦lying:x⟧", 1, "not a mark"),
    ],
)
def test_an_item_at_fault_is_named_with_its_file_and_line(tmp_path, content, line, reason):
    with pytest.raises(MarkupError, match=rf"invented\.txt:{line}: .*{reason}"):
        list(read_items(write(tmp_path, content)))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.txt")), ids=lambda p: p.stem)
def test_our_corpus_is_without_fault(path):
    items = list(read_items(path))
    assert items
    for item in items:
        for marked in item.spans:
            assert words(item.text, marked.span).strip() == words(item.text, marked.span) != ""
