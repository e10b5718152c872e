"""Reported speech and the attribution of direct speech: verbs, "according to", "in her view", "his claim that".

Everything here reads a masked text, in which quoted words are NUL characters, so that no verb inside a
quotation attributes anything outside it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from spinmark.report import Span
from spinmark.voice.speakers import Subject, first_subject, owner_before, subject_after, subject_before

_IRREGULAR = {
    "cry": "cry, cries, cried, crying",
    "quip": "quip, quips, quipped, quipping",
    "sing": "sing, sings, sang, singing",
    "begin": "begin, begins, began",
    "go": "go, goes",
    "go on": "went on, goes on",
    "read": "read, reads",
    "run": "run, runs, ran",
    "speak of": "speaks of, spoke of, speak of, speaking of, spoken of",
    "talk of": "talks of, talked of, talk of",
    "refer to": "refers to, referred to, refer to, referring to",
    "put it": "puts it, put it",
    "label": "label, labels, labelled, labeled, labelling",
    "decry": "decry, decries, decried, decrying",
    "know": "wanted to know, wants to know",
    "let know": "let it be known",
    "make clear": "made clear, makes clear, made it clear, makes it clear",
    "point out": "points out, pointed out, pointing out",
    "say": "say, says, said, saying",
    "write": "write, writes, wrote, written, writing",
    "reply": "reply, replies, replied, replying",
    "admit": "admit, admits, admitted, admitting",
    "deny": "deny, denies, denied, denying",
    "swear": "swear, swears, swore, sworn, swearing",
    "testify": "testify, testifies, testified, testifying",
    "rule": "rule, ruled, ruling",
    "imply": "imply, implies, implied, implying",
    "submit": "submit, submits, submitted, submitting",
    "foretell": "foretell, foretells, foretold",
    "think": "think, thinks, thought, thinking",
    "hold": "hold, holds, held, holding",
    "find": "find, finds, found, finding",
    "prophesy": "prophesy, prophesies, prophesied",
    "teach": "teach, teaches, taught, teaching",
    "signal": "signal, signals, signalled, signaled",
    "tell": "tell, tells, told, telling",
    "persuade": "persuade, persuaded",
    "convince": "convince, convinced",
}
"""The forms of the verbs that add no plain -s, -ed and -ing, or of which only some are wanted."""

_REPORTING = (
    "say claim argue insist maintain assert contend allege warn declare announce explain write add reply respond "
    "answer note observe remark comment state stress emphasise emphasize underline suggest report reveal admit concede "
    "acknowledge confirm deny predict promise vow pledge swear threaten complain boast joke repeat reiterate recall "
    "testify conclude rule proclaim profess hint imply affirm reaffirm submit plead foretell protest counter retort "
    "lament reckon believe think fear hold find caution tweet estimate recommend propose demand prophesy preach teach "
    "stipulate decree forecast calculate fume thunder theorise muse bluster certify disclose signal establish indicate"
).split()
_MEANS_CLEAR = ["let know", "make clear", "point out"]
_TELLING = "tell inform assure remind warn persuade convince advise notify instruct".split()
_ASKING = "ask wonder inquire enquire know".split()
_NAMING = (
    "call describe brand label dub denounce dismiss portray characterise characterize condemn accuse blame hail liken "
    "compare term decry attribute reproach deplore deride mock ridicule style regard justify praise criticise criticize "
    "lambast slam".split()
)
_GOING_ON = ["go on", "continue"]
_MENTIONING = ["speak of", "talk of", "refer to", "put it"]
_SPEAKING_OF = frozenset({"speak of", "talk of"})
_CHARGING = frozenset("accuse blame reproach attribute".split())
# These stand beside direct speech and report nothing by themselves.
_UTTERING = (
    "shout cry yell scream whisper mutter murmur quip sneer scoff rail gush sing chant snap bark growl sigh begin go read "
    "run post interject volunteer venture continue boom declaim moan urge offer roar snort intone sigh remark toll conclude call".split()
)

_BARE_CLAUSE = frozenset("say claim insist argue reckon swear maintain allege contend warn".split())
_WEAK = frozenset(
    "believe think fear hold find establish suggest imply recall confirm estimate calculate".split()
)
"""Where the subject is `I` or `we`, or a thing, these say nothing about speech."""

_NOUN_TOO = frozenset(
    "claim claims report reports answer answers note notes reply replies promise promises comment comments state states "
    "call calls post posts fear fears cry cries blame vow vows pledge shout joke jokes protest protests run runs read "
    "reads remark remarks counter counters whisper whispers scream screams estimate estimates thought finding ruling "
    "saying rail rails term terms brand brands label labels style styles demand demands signal signals hint hints forecast find "
    "finds decree praise warning warnings".split()
)
_DETERMINER = re.compile(
    r"(?:\b\d+|\b(?:the|a|an|his|her|their|its|our|my|your|no|any|every|each|some|this|these|those|of|in|on|for|with|from|by|"
    r"at|under|into|more|most|such|whose|other|one|two|three|first|second|last|own|new|old|false|single|many|few|"
    r"latest|recent|perfect|usual|\w+ed)|['’]s|s['’])\s+$",
    re.IGNORECASE,
)


def _forms(lemma: str) -> list[str]:
    if lemma in _IRREGULAR:
        return _IRREGULAR[lemma].split(", ")
    stem = lemma.removesuffix("e")
    third = lemma + ("es" if lemma.endswith(("sh", "ch", "ss", "x")) else "s")
    return [lemma, third, stem + "ed", stem + "ing"]


_LEMMA: dict[str, str] = {}
for _lemma in (
    *_GOING_ON,
    *_UTTERING,
    *_MENTIONING,
    *_NAMING,
    *_ASKING,
    *_MEANS_CLEAR,
    *_REPORTING,
    *_TELLING,
):
    for _form in _forms(_lemma):
        _LEMMA[_form] = _lemma
_TELL, _ASK, _NAME, _REPORT = (
    frozenset(_TELLING), frozenset(_ASKING), frozenset(_NAMING), frozenset((*_REPORTING, *_MEANS_CLEAR)),
)  # fmt: skip


def _trie(words: Iterable[str]) -> str:
    """Return a pattern that matches the longest of `words`, and looks at each letter once."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[:1], []).append(word[1:])
    ends = by_first.pop("", None) is not None
    if not by_first:
        return ""
    branches = "|".join(re.escape(first) + _trie(rest) for first, rest in sorted(by_first.items()))
    return f"(?:{branches})?" if ends else f"(?:{branches})"


# Hundreds of alternatives one after the other cost a third of the whole reading.
_VERB = re.compile(rf"\b(?<!-){_trie(_LEMMA)}(?![\w-])")

_WORD = r"[^\s,;:.!?\0“”\"«»]+"
_CLAUSE_START = (
    r"(?=(?:(?:the|a|an|he|she|it|they|we|you|i|his|her|their|its|our|my|your|no|every|everyone|everything|all|any|there|"
    r"this|these|those|nobody|nothing|one|two|three|most|many|some|half|both|if|when|while|after|in|on|by|with|without|"
    r"such|only|what|who|whoever|either|neither|not|people|as|at|for|from|to|had|once|under|until|each|more|even)\b|"
    r"[A-Z0-9“\"'‘„«\0$€£]|\w+s\b))"
)
_THAT_AFAR = re.compile(rf"(?!,)(?:[ ,]+(?!that\b){_WORD}){{0,16}}?,?\s+that\b,?\s*")
_THAT_DIRECT = re.compile(
    r"(?=\s+(?:that|on|in|at|to|of|by|after|before|during|through|outside|inside|again|only|later|yesterday|merely|earlier|about|"
    r"from|over|under|this|last|today|tonight|with|without|for|also|then|once|twice|more|flatly|further|instead|as|"
    r"afterwards|itself|himself|herself|themselves|publicly|\w+ly|\w+day)\b)" + _THAT_AFAR.pattern
)
_THAT_NEAR = re.compile(rf"(?!,)(?: +(?!that\b){_WORD}){{0,6}}?,?\s+that\b,?\s*")
_QUESTION = re.compile(rf"(?:\s+{_WORD}){{0,5}}?\s+(?=(?:whether|why|how|what|who|when|where|if)\b)")
_COLON = re.compile(rf"(?:\s+{_WORD}){{0,4}}:\s*(?=\S)")
_TIME = (
    r"(?:\s+(?:(?:on|in|at|by|late|last|this|during)\s+)?(?:the\s+)?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"January|February|March|April|May|June|July|August|September|October|November|December|yesterday|today|tonight|"
    r"again|later|recently|\d{4}|week|month|year|night|morning|evening|afternoon|also)\b,?)*"
)
_BARE = re.compile(
    rf"{_TIME}\s+(?=(?:the|a|an|he|she|it|they|we|you|i|i'm|it's|he's|his|her|their|its|our|my|your|no|every|everyone|everybody|"
    r"all|any|there|there's|this|these|those|that's|nobody|nothing|one|two|three|four|most|many|some|half|both|if|such|"
    r"only|either|neither|people|more|april|him|them|another|each|prime|\0|"
    r"[A-Z0-9$€£“‘„«][\w’'.\0-]*|\w+s|\w+ (?:is|are|was|were|will|would|has|had|have|can|must|does|do|did))\b)",
)
_BARE_TOO = _BARE_CLAUSE | frozenset(
    "announce confirm admit predict estimate indicate imply suggest explain add note stress promise acknowledge report repeat "
    "testify declare reveal deny state conclude rule".split()
)
_FINITE = (
    r"(?:is|are|was|were|will|would|has|had|have|can|could|may|might|must|should|does|did|do|isn['’]t|aren['’]t|wasn['’]t|won['’]t|"
    r"can['’]t|didn['’]t|don['’]t|doesn['’]t)"
)
_CLAUSE = re.compile(
    rf"{_TIME}\s+(?!(?:to|of|by|with|for|from|as|at|in|on|and|but|or|into|up|out|over|against|it|so|that)\b)"
    rf"(?=(?:{_WORD}\s+){{1,7}}?{_FINITE}\b)"
)
"""Words that hold a subject and its verb: a clause without `that`."""
_NOT_BARE = re.compile(
    r"\s+(?:it|so|this|that|nothing|something|a word|the same|no|yes|yes to|no to|as)(?:[.,;:!?]|$|\s+(?:again|plainly|and|in|to|at|on|with))|\s+\w+[.,;!?]?$"
)
_TELL_BARE = re.compile(
    r"\s+(?:me|us|him|her|them|you|everyone|people|reporters|journalists|delegates|parliament|viewers|listeners|voters|"
    r"(?:(?:the|a|an|his|her|their|its|our|my)\s+)?(?!(?:that|to|of|about|how|what|the)\b)[\w’'-]+(?:\s+[A-Z][\w’'.-]*|\s+[a-z]+(?=\s+(?:he|she|it|they|there|the)\b)){0,3})"
    rf"{_TIME},?\s+{_CLAUSE_START}(?!(?:to|of|about|on|in|at|as|and|by|a|from|for|when|after|off|how|what|the truth|with|this)\b)"
)
_NAMED = re.compile(
    r"\s+(?!(?:for|on|off|up|in|out|at|a halt|upon|by|to|from|into|with|and|or|itself)\b)(?=[\w“\"‘„«\0])"
)
_ACCORDING = re.compile(
    r"(?<!\w)(?:according to|in the (?:words|view|opinion|judgement|judgment|account|telling|version) of)\s+",
    re.IGNORECASE,
)
_VIEWS = (
    "view", "opinion", "words", "account", "telling", "version", "judgement", "judgment", "reckoning", "estimation",
    "submission", "mind", "eyes", "way of thinking",
)  # fmt: skip
_IN_VIEW = re.compile(
    r"(?<!\w)(?:in|to|by|on)\s+(?P<whose>(?:his|her|their|its)|[^.,;:\0]{2,60}?(?:['’]s|s['’]))\s+(?:own\s+)?"
    rf"(?:{'|'.join(_VIEWS)})\b,?\s*",
    re.IGNORECASE,
)
_NOUN_THAT = re.compile(
    r"(?<!\w)(?P<owner>(?:his|her|their|its|[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*){0,3}['’]s|the\s+(?:[\w-]+\s+){0,3}?[\w-]+(?:['’]s|s['’])|the)\s+)"
    r"(?:[\w-]+\s+){0,2}?(?:claim|assertion|allegation|accusation|argument|contention|statement|warning|belief|insistence|"
    r"suggestion|charge|assurance|promise|declaration|rumour|rumor|explanation|excuse|theory|thesis|complaint|view|opinion|"
    r"remark|answer|reply|announcement|prediction|prophecy|threat|myth|boast|doctrine|legend|pretext|justification|"
    rf"objection|news|fact|message|ground)s?(?:\s+{_WORD}){{0,6}}?,?\s+that\s+{_CLAUSE_START}",
)
_PASSIVE = re.compile(
    r"(?<!\w)it\s+(?:is|was|has been|had been)\s+(?:\w+\s+){0,2}?(?:said|claimed|alleged|reported|argued|announced|"
    r"asserted|stated|maintained|rumoured|rumored|suggested|whispered|held|believed|explained|put about|stressed|"
    rf"submitted|declared|pointed out|given out|put to \w+)\b(?:\s+{_WORD}){{0,9}}?\s+that\s+",
    re.IGNORECASE,
)
_BY_AGENT = re.compile(r"\s+by\s+(?!(?:way|email|e-mail|phone|letter|post|then|now|\d))")
_INFINITIVE = re.compile(r"\bto\s+(?:\w+ly\s+)?$")
_FINITE_INFINITIVE = re.compile(
    r"\b(?:went on|goes on|go on|continued|continues|used|rose|began|likes|hastened|is said|reported|"
    r"Commons|floor|wishes|proceeded)\s+to\s+(?:\w+ly\s+)?$"
)
_PERFORMATIVE = frozenset(
    "notes informs reminds announces reaffirms advises regrets regards reiterates recalls underlines stresses invites wishes "
    "declares proposes finds considers".split()
)
"""What a body does in its own statement: `The Ministry informs …` is the author's voice."""
_WISHES = re.compile(r"\bwish(?:es)?\s+to\s+$")
_BODY = re.compile(r"(?:[Tt]he|Our|Your|This|Members)\s")

_MOCKING = re.compile(
    r"\b(?:evidently|apparently|obviously|seems? to|no doubt|clearly|presumably)\s+$", re.IGNORECASE
)
_HYPOTHETICAL = re.compile(
    r"(?:\b(?:could|might|will|won['’]t|should|must|cannot|can['’]t|couldn['’]t|would have us|shouldn['’]t|let us|let me|let['’]s|"
    r"do(?:es)? not|don['’]t|doesn['’]t|didn['’]t|did not|never|nobody|no one|please|if you|if they|would have us|if anyone)|['’]ll)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_CLAUSE_CUT = re.compile(
    r",?\s+(?:although|even though|whereas|despite the fact|when in (?:fact|reality)|while in (?:fact|reality)|in spite of|"
    r"a claim|an assertion|a charge|an accusation|which is (?:false|untrue|wrong|not true)|without (?:offering|giving|"
    r"providing|presenting|citing)|but in (?:fact|reality)|a statement that)\b|;\s"
)
_TO_BE = re.compile(r"\s+to\s+(?:have|be)\b")
_PAUSE = re.compile(r"\s*(?:[,:;.!?–—\0“\"]|$)")
"""`He went on:` is speech, `the strike went on for weeks` is none."""
_SECOND_VERB = re.compile(r"\s+and\s+(?=\w+(?:ed|s)?\b)|,\s")
_QUOTING = re.compile(r"\b(?:quote[sd]?|cite[sd]?)\s+(?P<whom>[^,;:\0]{2,60}?)\s+as\s+$")
_COORDINATION = re.compile(
    r"(?:,\s*)?\b(?:and|but|or)\s+(?:(?:\w+ly|also|then|later|even|once|has|had|again|is|was)\s+)*$|,\s*(?:\w+ly\s+)?$"
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """A place that gives words to somebody: the attribution itself, its subject, the words where it reports them."""

    at: Span
    subject: Subject | None
    content: Span | None


def _by(how: str, subject: Subject | None) -> Subject | None:
    return None if subject is None else replace(subject, how=how)


def attributions(masked: str, sentence: Span) -> list[Attribution]:
    """Return the attributions of one sentence in reading order."""
    end = sentence.end
    while end > sentence.start and (masked[end - 1].isspace() or masked[end - 1] in ".!?…"):
        end -= 1
    found = list(_phrases(masked, sentence, end))
    previous: Subject | None = None
    for verb in _VERB.finditer(masked, sentence.start, end):
        attribution = _of_verb(masked, sentence, end, verb, previous)
        if attribution is not None:
            previous = attribution.subject or previous
            found.append(attribution)
    found.sort(key=lambda a: (a.at.start, a.at.end))
    return _without_overrun(masked, found)


def _phrases(masked: str, sentence: Span, end: int) -> list[Attribution]:
    """Return what prepositions and nouns attribute: `according to`, `in her view`, `the claim that`."""
    found: list[Attribution] = []
    # A pattern is tried where its commonest words stand: looking for them costs next to nothing.
    words = masked[sentence.start : end].lower()
    that = "that" in words
    accord = "according to" in words or "in the " in words
    for match in _ACCORDING.finditer(masked, sentence.start, end) if accord else ():
        stop = _ENDS_PHRASE.search(masked, match.end(), end)
        at = Span(match.start(), stop.start() if stop is not None else end)
        by = _WHOSE_DATA.match(masked, match.end(), at.end)
        subject = subject_after(masked, match.end() if by is None else by.end(), at.end)
        if subject is not None and subject.pronoun not in ("you", "i", "we"):
            found.append(Attribution(at, _by("according", subject), _around(masked, sentence, at, end)))
    view = any(noun in words for noun in _VIEWS)
    for match in _IN_VIEW.finditer(masked, sentence.start, end) if view else ():
        subject = _possessor(masked, Span(*match.span("whose")))
        found.append(
            Attribution(
                Span(*match.span()), _by("view", subject), _around(masked, sentence, Span(*match.span()), end)
            )
        )
    for match in _NOUN_THAT.finditer(masked, sentence.start, end) if that else ():
        owner = Span(*match.span("owner"))
        subject = None if match["owner"].strip().lower() == "the" else _possessor(masked, owner)
        if " fact " in match[0] and subject is None:
            continue
        content = Span(match.end(), _cut(masked, match.end(), end))
        found.append(Attribution(Span(*match.span()), _by("noun", subject), content))
    for match in _PASSIVE.finditer(masked, sentence.start, end) if that else ():
        found.append(
            Attribution(Span(*match.span()), None, Span(match.end(), _cut(masked, match.end(), end)))
        )
    return found


_WHOSE_DATA = re.compile(
    r"(?:(?:the|a|an|new|recent|latest|official|preliminary)\s+){0,3}(?:data|figures|numbers|statistics|records|documents|statements?|"
    rf"reports?|stud(?:y|ies)|surveys?|research|analysis|estimates?|polls?|letter)(?:\s+{_WORD}){{0,3}}?\s+(?:by|from)\s+(?=\S)"
)
"""`according to data released by the agency`: the agency says it."""
_ENDS_PHRASE = re.compile(r"[,;:\0“”\"«»]|\s[–—]\s")


def _possessor(masked: str, span: Span) -> Subject | None:
    words = masked[span.start : span.end].rstrip()
    for ending in ("'s", "’s"):
        words = words.removesuffix(ending)
    words = words.rstrip("'’")
    return subject_before(masked, span.start, span.start + len(words))


def _around(masked: str, sentence: Span, at: Span, end: int) -> Span:
    """Return what a parenthetical attribution speaks of: what follows it, what stands before, or both."""
    before = len(masked[sentence.start : at.start].split())
    after = len(masked[at.end : end].split())
    if before > 2 and after > 2 and masked[at.end : at.end + 1] == ",":
        return Span(sentence.start, _cut(masked, at.end, end))
    if after >= before:
        start = at.end
        while start < end and masked[start] in " ,:\t":
            start += 1
        return Span(start, _cut(masked, start, end))
    return Span(sentence.start, at.start)


def _cut(masked: str, start: int, end: int) -> int:
    cut = _CLAUSE_CUT.search(masked, min(end, start + 8), end)
    return cut.start() if cut is not None else end


def _of_verb(
    masked: str, sentence: Span, end: int, verb: re.Match[str], previous: Subject | None
) -> Attribution | None:
    word, lemma = verb[0], _LEMMA[verb[0]]
    before = masked[sentence.start : verb.start()]
    if word in _NOUN_TOO and _DETERMINER.search(before[-40:]):
        return None
    if _INFINITIVE.search(before[-30:]) and not _FINITE_INFINITIVE.search(before[-40:]):
        return None
    if _HYPOTHETICAL.search(before[-40:]):
        return Attribution(
            Span(*verb.span()),
            _by("hypothetical", subject_before(masked, sentence.start, verb.start())),
            None,
        )
    if _TO_BE.match(masked, verb.end(), end) or (
        lemma == "go on" and not _PAUSE.match(masked, verb.end(), end)
    ):
        return None
    inverted = _inverted(masked, sentence, end, verb)
    if inverted is not None:
        return inverted
    agent = _BY_AGENT.match(masked, verb.end(), end)
    passive = re.search(r"\b(?:is|was|were|are|been|being)\s+(?:\w+\s+)?$", before[-24:]) is not None
    quoting = _QUOTING.search(before) if before.endswith("as ") else None
    subject = _by("verb", subject_before(masked, sentence.start, verb.start()))
    if agent is not None:
        subject = _by("agent", subject_after(masked, agent.end(), end))
    elif passive and word != "quoted":
        if lemma in _TELL or lemma in _ASK:
            subject = None
        elif lemma in _NAME:
            return None
    elif quoting is not None:
        whom = Span(sentence.start + quoting.start("whom"), sentence.start + quoting.end("whom"))
        subject = _by("quoting", subject_before(masked, whom.start, whom.end))
    elif _has_no_subject(word, before, subject):
        subject = _by("shared", previous) or _by("first", first_subject(masked, sentence.start, verb.start()))
    own = subject is not None and subject.pronoun in ("i", "we", "you", "one", "me")
    if (
        (word in _PERFORMATIVE or _WISHES.search(before[-20:]))
        and subject is not None
        and _BODY.match(masked, subject.span.start)
    ):
        own = True
    if lemma in _WEAK and _MOCKING.search(before[-24:]):
        own = True
    start = None if own else _content_start(masked, verb, end, lemma, subject)
    if start is not None and start < end:
        stop = _cut(masked, start, end)
        if lemma in _NAME and lemma not in _CHARGING:
            coordinated = _SECOND_VERB.search(masked, start, stop)
            stop = coordinated.start() if coordinated is not None and coordinated.start() > start else stop
        if re.search(r"\b(?:who|which)\s+(?:\w+\s+){0,2}$", before[-40:]):
            comma = masked.find(", ", start, stop)
            stop = comma if comma > start else stop
        return Attribution(Span(verb.start(), start), subject, Span(start, stop))
    begin = None if subject is None else subject.span.start
    if quoting is not None:  # `…, the clerk quoted them as saying`
        quoter = subject_before(masked, sentence.start, sentence.start + quoting.start())
        begin = None if quoter is None else quoter.span.start
    trailing = _trailing(masked, sentence, end, verb, subject, begin)
    return trailing or Attribution(Span(*verb.span()), subject, None)


def _has_no_subject(word: str, before: str, subject: Subject | None) -> bool:
    """Say whether a verb shares the subject of the sentence: `…, adding that`, `… and said`."""
    if word.endswith("ing"):
        return subject is None or re.search(r",\s+(?:\w+ly\s+)?$", before) is not None
    return subject is None and _COORDINATION.search(before) is not None


def _content_start(
    masked: str, verb: re.Match[str], end: int, lemma: str, subject: Subject | None
) -> int | None:
    """Return where the reported words begin after a verb, or None where it reports none."""
    after = verb.end()
    match: re.Match[str] | None = None
    if lemma in _TELL:
        match = _THAT_AFAR.match(masked, after, end) or _COLON.match(masked, after, end)
        match = match or _TELL_BARE.match(masked, after, end)
    elif lemma in _ASK:
        match = (
            _QUESTION.match(masked, after, end) or _THAT_NEAR.match(masked, after, end) if subject else None
        )
    elif lemma in _NAME or lemma in _SPEAKING_OF:
        match = _NAMED.match(masked, after, end) if subject else None
    elif lemma in _REPORT:
        match = (_THAT_DIRECT if lemma == "say" else _THAT_NEAR).match(masked, after, end)
        if match is not None and lemma in _WEAK and subject is None:
            match = None
        match = match or _COLON.match(masked, after, end)
        if match is None and subject is not None and not _NOT_BARE.match(masked, after, end):
            match = _BARE.match(masked, after, end) if lemma in _BARE_CLAUSE else None
            match = match or (_CLAUSE.match(masked, after, end) if lemma in _BARE_TOO else None)
    if match is not None and lemma == "claim" and _TOLL.match(masked, match.end(), end):
        return None
    return None if match is None else match.end()


_TOLL = re.compile(
    r"(?:at least |more than |nearly |about |up to )?(?:[\d,]+|the lives|lives) [a-z]+", re.IGNORECASE
)
"""`The fires had claimed 1,588 homes` reports nothing."""


def _inverted(masked: str, sentence: Span, end: int, verb: re.Match[str]) -> Attribution | None:
    """Return the attribution of `…, said the minister` and `“…” says the sign`."""
    head = masked[sentence.start : verb.start()].rstrip()
    if not head or head[-1] not in ",”\"’'»“?!–—" or _LEMMA[verb[0]] in _NAME or verb[0].endswith("ing"):
        return None
    begin = verb.end()
    while begin < end and masked[begin].isspace():
        begin += 1
    if _NOT_INVERTED.match(masked, begin, end):
        return None
    if head[-1] == "," and _LEMMA[verb[0]] in _ADDRESSED:
        return None  # `X, who sells courses, told a packed room: “…”`
    if head[-1] == "," and _SUBJECT_ALONE.fullmatch(head):
        return None  # `Ada Krohl, 18, said her sister, Ida, was away`
    subject = subject_after(masked, begin, end)
    if (
        subject is None
        or subject.pronoun in ("me", "him", "them", "her")
        or masked.endswith(("'s", "’s"), subject.span.start, subject.span.end)
        or _GOES_ON.match(masked, subject.span.end, end)
        or not _closes_attribution(masked, subject.span.end, end)
    ):
        return None
    content = None
    if head[-1] in ",–—":
        content = _spoken(masked, sentence, sentence.start + len(head) - 1, subject.span.end, end)
    return Attribution(Span(verb.start(), subject.span.end), _by("inverted", subject), content)


_ADDRESSED = _TELL | _ASK | {"urge"}
_SUBJECT_WORD = r"(?:[A-Z][\w’'.-]*|the|[a-z]+(?= [A-Z]))"
_SUBJECT_ALONE = re.compile(
    rf"\s*{_SUBJECT_WORD}(?: {_SUBJECT_WORD}){{0,7}},\s+(?:\d{{1,3}}|(?:an?|the|who|whose)\b[^\0“”\"]{{3,90}}|"
    r"[^\0“”\",]{0,50}\b[a-z]+[^\0“”\",]{0,30}),"
)
"""Nothing but a subject and its apposition stands before the verb."""
_GOES_ON = re.compile(
    rf"(?:\s+(?:of|in|on|at|from|for|by|to)(?:\s+{_WORD}){{1,4}}?)?\s+(?:was|were|is|are|has|had|have|will|would|must|should)\b"
)
"""A verb after what would be the subject: `X, the general, said the withdrawal from Varsk was “…”`."""
_NOT_INVERTED = re.compile(r"(?:that|whether|in|on|at|to|of|it|as|by|with|for|from|about|against|so)\b")
_AFTER_ATTRIBUTION = re.compile(
    rf"(?:\s+(?:of|in|on|at|to|from|for|by|during|before|after|when|with|as|later|yesterday|today|who|reading|leaning|"
    rf"through|over|under|\w+ing|\w+ly|\w+day)\b(?:\s+{_WORD})*)*\s*(?:[,.;:!?–—\0“\"]|$)"
)
_QUALIFIED_VERB = re.compile(
    rf"(?:\s+(?:me|us|him|her|them|parliament|[a-z]+s|[A-Z]\w+(?:\s+[A-Z]\w+)?|(?:the|this|a|his|her|their)\s+{_WORD}(?:\s+{_WORD})?))?"
    rf"(?:\s+(?:of|in|on|at|to|from|for|by|during|before|after|when|with|as|later|yesterday|today|again|out|through|"
    rf"over|\w+ly|last|this|and(?=\s+\w+ed\b)|\w+day)\b(?:\s+{_WORD}){{0,7}})?\s*(?:[,;–—]|$)"
)


def _closes_attribution(masked: str, position: int, end: int) -> bool:
    return _AFTER_ATTRIBUTION.match(masked, position, end) is not None or position >= end


def _trailing(
    masked: str, sentence: Span, end: int, verb: re.Match[str], subject: Subject | None, begin: int | None
) -> Attribution | None:
    """Return the attribution of `…, X said.` and `…, X said, …`, whose words stand around it from `begin` on."""
    lemma = _LEMMA[verb[0]]
    if subject is None or begin is None or subject.span.start >= verb.start():
        return None
    if verb[0].endswith("ing") and not masked.endswith("as ", sentence.start, verb.start()):
        return None
    if lemma not in _REPORT and lemma not in _TELL and lemma not in _ASK and lemma not in _GOING_ON:
        return None
    if "," in masked[subject.span.end : verb.start()] or subject.pronoun in ("i", "we", "you", "who"):
        return None
    if not _QUALIFIED_VERB.match(masked, verb.end(), end):
        return None
    head = masked[sentence.start : begin].rstrip()
    if not head or head[-1] not in ",–—" or _NO_TRAILING_SUBJECT.match(masked, begin):
        return None
    content = _spoken(masked, sentence, sentence.start + len(head) - 1, verb.end(), end, _RESUMES_AFTER_VERB)
    how = "quoting" if subject.how == "quoting" else "trailing"
    return Attribution(Span(begin, verb.end()), _by(how, subject), content)


_NO_TRAILING_SUBJECT = re.compile(r"(?:whose|which|one|not|as|who)\b")


_RESUMES_AFTER_VERB = re.compile(r"[^,;:\0.]{0,60},\s+(?!(?:who|whose|which|adding|saying|in a|on|at|in)\b)")
_RESUMES = re.compile(rf"{_RESUMES_AFTER_VERB.pattern}(?!(?:a|the|an)\b)")
"""Where words go on; after `said X` an article begins an apposition."""


def _spoken(
    masked: str, sentence: Span, stop: int, resume: int, end: int, resumes: re.Pattern[str] = _RESUMES
) -> Span | None:
    """Return the words before an attribution at `stop:resume`, and after it where they go on."""
    start = sentence.start
    while start < stop and masked[start].isspace():
        start += 1
    if not masked[start:stop].strip(" ,.“”\"'‘’«»„!?…\0–—-") or _LEADS_IN.match(masked, start, stop):
        return None
    goes_on = resumes.match(masked, resume, end)
    if goes_on is not None and len(masked[goes_on.end() : end].split()) > 1:
        return Span(start, _cut(masked, goes_on.end(), end))
    return Span(start, stop)


_LEADS_IN = re.compile(
    r"(?:in|on|at|after|before|during|asked|pressed|speaking|appearing|when|while|if|as|later|then|by|for|from|under|with|"
    r"two|today|yesterday|\w+ing)\b(?:(?!\b(?:is|was|were|are|has|had|will|would|did)\b)[^,])*$",
    re.IGNORECASE,
)


def _without_overrun(masked: str, found: list[Attribution]) -> list[Attribution]:
    """End reported words where a coordinated verb of speech with its own words begins."""
    out = list(found)
    for index, (attribution, later) in enumerate(pairwise(found)):
        content = attribution.content
        if content is None or later.content is None or later.content.start < later.at.start:
            continue
        if content.start + 4 < later.at.start < content.end:
            stop = _COORDINATION.search(masked, content.start, later.at.start)
            if stop is not None:
                out[index] = Attribution(
                    attribution.at, attribution.subject, Span(content.start, stop.start())
                )
    return [a for a in out if a.content is None or a.content.end > a.content.start]


def quoted_by(masked: str, sentence: Span, quotation: Span, found: list[Attribution]) -> Subject | None:
    """Return whom the sentence gives a quotation at `quotation` (marks included) to, or None."""
    after = masked[quotation.end : min(sentence.end, quotation.end + 160)]
    headline = re.match(r":\s+", after)
    if headline is not None:
        return _by(
            "headline", subject_after(masked, quotation.end + headline.end(), sentence.end, headline=True)
        )
    signed = _signed(masked, quotation.end) or _identified(masked, quotation.end)
    if signed is not None:
        return signed
    begin = quotation.end + len(after) - len(after.lstrip(" ,.–—-"))
    ended = masked[quotation.end - 2 : quotation.end - 1] == "." and not after.startswith(",")
    named = _NAMED_BY.search(masked, max(sentence.start, quotation.start - 90), quotation.start)
    if named is not None:
        owner = owner_before(masked, sentence.start, named.start())
        if owner is not None and not owner.pronoun:
            return _by("owner", owner)
    if not ended:
        for a in found:
            if a.subject is None or a.at.end <= begin:
                continue
            gap = masked[begin : min(a.subject.span.start, a.at.start)]
            if len(gap) < 4 or (len(gap) < 60 and _NOUN_AND_COMMA.fullmatch(gap)):
                return _by(f"{a.subject.how} after", a.subject)
            break
    if (
        masked[quotation.end - 2 : quotation.end - 1] == ","
        and begin < sentence.end
        and not _COMMENTED.match(masked, begin)
    ):
        speaker = subject_after(masked, begin, sentence.end)
        if speaker is not None:
            return _by("after comma", speaker)
    preceding = [a.subject for a in found if a.at.start < quotation.start and a.subject is not None]
    if preceding:
        return _by(f"{preceding[-1].how} before", preceding[-1])
    owner = owner_before(masked, sentence.start, quotation.start)
    if owner is not None:
        return _by("owner", owner)
    lead = masked[sentence.start : quotation.start].rstrip()
    if not lead.endswith(":"):
        return None
    colon = sentence.start + len(lead) - 1
    message = _MESSAGE.search(masked, max(sentence.start, colon - 100), colon)
    if message is not None:
        whose = (
            subject_after(masked, message.start("sender"), colon)
            if message["sender"]
            else _possessor(masked, Span(*message.span("owner")))
        )
        if whose is not None:
            return _by("message", whose)
    return _by("colon", first_subject(masked, sentence.start, sentence.start + len(lead) - 1))


_MESSAGE = re.compile(
    r"(?:(?P<owner>\b(?:his|her|their|its)|(?:\b(?:[Tt]he|[Mm]y|[Oo]ur|[Aa]n?) )?(?:[\w’'-]+ ){0,3}?[\w’'-]+(?:['’]s|s['’]))\s+(?:[\w-]+\s+){0,2}?)?"
    r"\b(?:reply|replies|answer|response|message|msg|statement|verdict|comment|explanation|slogan|text|email|tweet|post|advice|caption)"
    r"(?(owner)|\s+(?:from|by)\s+(?=\w))(?P<sender>(?(owner)|[^:]{2,60}))[^:]{0,50}$",
    re.IGNORECASE,
)
"""`The ministry's answer to us: “…”`, `Reply from the owner on Monday: “…”`: words before a colon name whose they are."""

_SIGNED = re.compile(
    r"[.,]?\s*(?:\((?=[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){1,3}[),])|[–—] (?=[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){1,3}(?:[,.\n]| \(|$)))"
)
"""`“…” (Ada Krohl)` and `“…” – Ada Krohl, mayor`."""

_IDENTIFIED = re.compile(
    r"[.,]?\s+(?:(?:[Tt]hat|[Tt]his)(?:['’]s|\s+(?:is|was))|is|was|were|are)\s+"
    r"(?:(?:what|how)\s+|(?P<owner>(?:[\w’'.-]+\s+){0,4}?[\w’'.-]+(?:['’]s|s['’]))\s+(?:[\w-]+\s+){0,2}?"
    r"(?:verdict|answer|reply|response|word|words|term|name|phrase|description|comment|conclusion|view|summary|slogan|motto)\b)"
)
"""`“…” is what the mayor calls us` and `“…” was Ada Krohl's verdict`."""


def _signed(masked: str, position: int) -> Subject | None:
    signed = _SIGNED.match(masked, position)
    return (
        None
        if signed is None
        else _by("signed", subject_after(masked, signed.end(), len(masked), headline=True))
    )


def _identified(masked: str, position: int) -> Subject | None:
    identified = _IDENTIFIED.match(masked, position, position + 160)
    if identified is None:
        return None
    if identified["owner"]:
        return _by("identified", _possessor(masked, Span(*identified.span("owner"))))
    line_end = masked.find("\n", identified.end())
    end = min(len(masked) if line_end < 0 else line_end, identified.end() + 90)
    verb = _VERB.search(masked, identified.end(), end)
    if verb is not None:
        return _by("identified", subject_before(masked, identified.end(), verb.start()))
    return _by("identified", subject_after(masked, identified.end(), end))


_COMMENTED = re.compile(
    r"an? (?:\w+ )?(?:reference|allusion|nod|phrase|term|line|comment|remark|move|claim|charge|response|reply)\b"
)
"""`“…,” a reference to Sunday's vote`: nobody is named."""

_NAMED_BY = re.compile(
    r"(?<=['’]s) (?:own |favourite |new )?(?:term|phrase|word|words|slogan|expression|label|motto|formula|euphemism)\s*$"
)
"""`The company's term “…” was misleading, the court ruled`: whose words they are stands before them."""

_NOUN_AND_COMMA = re.compile(r"(?:the|a|an|its|his|her|their|our)?\s*(?:[\w’'-]+\s*){1,6},\s*", re.IGNORECASE)
