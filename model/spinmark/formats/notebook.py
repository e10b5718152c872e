"""Report -> its page within a notebook, in a frame of its own that can run nothing."""

import html

from spinmark.formats.page import page
from spinmark.report import Report

LEAST_HEIGHT = 320
MOST_HEIGHT = 720


def notebook_view(report: Report) -> str:
    """Return markup for a notebook's output cell."""
    name = None if report.id is None else str(report.id)
    height = min(MOST_HEIGHT, LEAST_HEIGHT + 60 * len(report.flags) + len(report.text) // 10)
    return (
        f'<iframe title="Spinmark report" sandbox srcdoc="{html.escape(page(report, name))}" '
        f'width="100%" height="{height}" frameborder="0"></iframe>'
    )
