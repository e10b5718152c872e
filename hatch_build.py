"""What the build backend asks for: the project's addresses, and a README whose links hold on a package index.

No address is written down, since it is that of the host which publishes: the release workflow gives it as
SPINMARK_REPOSITORY. A build without it names none and keeps the README as it stands.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A link or a picture of Markdown, with what it shows and where it leads.
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)]+)\)")
ABSOLUTE = re.compile(r"[a-z]+:|#")


class Addresses(MetadataHookInterface):
    """Fills in `readme` and `urls`, which pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        if "readme" in metadata:  # a wheel made from an sdist says what the sdist says
            return
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        if repository := os.environ.get("SPINMARK_REPOSITORY", "").rstrip("/"):
            tag = f"v{metadata['version']}"
            readme = with_absolute_links(readme, repository, tag)
            metadata["urls"] = urls(repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}


def urls(repository: str, tag: str) -> dict[str, str]:
    """Return the addresses by the names that package indexes know."""
    return {
        "Source": repository,
        "Documentation": f"{repository}/blob/{tag}/docs/index.md",
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def with_absolute_links(markdown: str, repository: str, tag: str) -> str:
    """Return a page of the repository's root with links and pictures that lead to the tag's files.

    >>> with_absolute_links("[a](docs/b.md) ![c](d.png)", "https://git.example/x", "v1")
    '[a](https://git.example/x/blob/v1/docs/b.md) ![c](https://git.example/x/raw/v1/d.png)'
    """

    def absolute(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if ABSOLUTE.match(target):
            return found[0]
        return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/{tag}/{target})"

    return LINK.sub(absolute, markdown)
