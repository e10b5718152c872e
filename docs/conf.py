"""How Sphinx builds the site: `python -m sphinx -W -n docs dist/docs`. Nothing in it is loaded from elsewhere."""

from sphinx.application import Sphinx

from spinmark import __version__

project = "Spinmark"
version = release = __version__
html_title = f"Spinmark {__version__}"
html_logo = "../extension/icons/icon.svg"
html_favicon = "../extension/icons/icon.svg"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3  # links such as cli.md#score, as code hosts understand them too

# Docstrings have single backquotes for code, as their readers know them from Markdown.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True  # a default that is a path would show this machine's
python_maximum_signature_line_length = 80
nitpick_ignore = [
    # Parts that a reader of the library never holds, and the types of JSON, which the HTTP reference describes.
    ("py:class", f"spinmark.{name}")
    for name in ("tokens.Tokenizer", "scorer.Scorer", "report.ReportJson", "report.ExplanationJson")
]
# The standard library is described elsewhere, and its index would have to be fetched.
nitpick_ignore_regex = [("py:.*", r"(pathlib|collections|contextlib|typing)\..*")]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["spinmark.css"]
html_copy_source = False
html_domain_indices = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1d4a5f", "color-brand-content": "#1d4a5f"},
    "dark_css_variables": {"color-brand-primary": "#8cc6de", "color-brand-content": "#8cc6de"},
}


def _keep_drawings(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Keep the lines of what a docstring draws below an indent: reStructuredText would run them together."""
    for i in range(len(lines) - 1, 0, -1):
        if lines[i].startswith("    ") and lines[i - 1] == "":
            lines[i:i] = ["::", ""]


def setup(app: Sphinx) -> None:
    """Add what the extensions above lack; Sphinx calls it."""
    app.connect("autodoc-process-docstring", _keep_drawings)
