"""Figures -> SVG drawings in text, to stand inside an HTML page; shapes tell apart what colours do."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from spinmark.evaluation.estimates import Estimate
from spinmark.evaluation.summary import Bin, CurvePoint, Slice

BAR_WIDTH, BAR_HEIGHT = 150, 14

MIN_FLAGS = 10
"""Points of the curve with fewer flags are not drawn: one flag more or less would move them across the plot."""

_MARKED = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Least confidences that the curve names."""


def bar(estimate: Estimate, most: float = 1.0) -> str:
    """Return a bar from 0 to the figure on a scale to `most`, with its interval as a whisker."""
    if estimate.value is None:
        return ""

    def x(value: float) -> float:
        return round(min(1.0, value / most) * (BAR_WIDTH - 2) + 1, 1)

    middle = BAR_HEIGHT / 2
    parts = [
        f'<path class="grid" d="M1 {middle}H{BAR_WIDTH - 1}"/>',
        f'<line class="axis" x1="1" y1="0" x2="1" y2="{BAR_HEIGHT}"/>',
        f'<rect class="bar" x="1" y="3" width="{round(x(estimate.value) - 1, 1)}" height="{BAR_HEIGHT - 6}"/>',
    ]
    if estimate.low is not None and estimate.high is not None:
        low, high = x(estimate.low), x(estimate.high)
        parts.append(
            f'<path class="whisker" d="M{low} {middle}H{high}M{low} {middle - 3}v6M{high} {middle - 3}v6"/>'
        )
    return (
        f'<svg class="inline" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" width="{BAR_WIDTH}" '
        f'height="{BAR_HEIGHT}" aria-hidden="true">{"".join(parts)}</svg>'
    )


class _Plot:
    """A square with axes from 0 to 1; y grows upwards."""

    size, left, top, bottom, right = 340, 52, 16, 48, 20

    def __init__(self, title: str, x_title: str, y_title: str, below: int = 0) -> None:
        self.parts: list[str] = []
        self._title, self._below = title, below
        edge = self.left + self.size
        for step in range(0, 11, 2):
            value = step / 10
            x, y = self.x(value), self.y(value)
            self.parts += [
                f'<path class="grid" d="M{self.left} {y}H{edge}M{x} {self.top}V{self.top + self.size}"/>',
                f'<text class="tick" x="{self.left - 8}" y="{y + 4}" text-anchor="end">{value:.1f}</text>',
                f'<text class="tick" x="{x}" y="{self.top + self.size + 18}" text-anchor="middle">{value:.1f}</text>',
            ]
        middle = self.top + self.size / 2
        self.parts += [
            f'<path class="axis" d="M{self.left} {self.top}V{self.top + self.size}H{edge}"/>',
            f'<text class="name" x="{self.left + self.size / 2}" y="{self.top + self.size + 38}" '
            f'text-anchor="middle">{escape(x_title)}</text>',
            f'<text class="name" transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
            f"{escape(y_title)}</text>",
        ]

    def x(self, value: float) -> float:
        return round(self.left + value * self.size, 1)

    def y(self, value: float) -> float:
        return round(self.top + (1 - value) * self.size, 1)

    def line(self, class_: str, points: Iterable[tuple[float, float]]) -> None:
        path = "L".join(f"{self.x(x)} {self.y(y)}" for x, y in points)
        if path:
            self.parts.append(f'<path class="{class_}" d="M{path}"/>')

    def text(self, x: float, y: float, words: str, class_: str = "note", anchor: str = "start") -> None:
        """Write at a place in pixels."""
        self.parts.append(
            f'<text class="{class_}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def svg(self) -> str:
        width = self.left + self.size + self.right
        height = self.top + self.size + self.bottom + self._below
        return (
            f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(self._title)}">'
            f"{''.join(self.parts)}</svg>"
        )


def precision_recall(curve: Sequence[CurvePoint], shown: Slice) -> str:
    """Return precision over recall as the least confidence falls; a square is what is shown to a reader."""
    plot = _Plot("Precision over recall as the least confidence falls", "recall", "precision")
    for f1 in (0.2, 0.4, 0.6, 0.8):
        recalls = [f1 / (2 - f1) + i / 60 * (1 - f1 / (2 - f1)) for i in range(61)]
        plot.line("level", [(r, f1 * r / (2 * r - f1)) for r in recalls])
        plot.text(plot.x(1) - 4, plot.y(f1 / (2 - f1)) - 4, f"F1 {f1:g}", "tick", "end")
    drawn = [point for point in curve if point.flags >= MIN_FLAGS]
    _curve(plot, "first", drawn, lambda p: (p.typed_span_recall, p.typed_span_precision), shown, "typed_span")
    _curve(
        plot,
        "second",
        drawn,
        lambda p: (p.span_identification_recall, p.span_identification_precision),
        shown,
        "span_identification",
    )
    return plot.svg()


def _curve(
    plot: _Plot,
    class_: str,
    curve: Iterable[CurvePoint],
    place: Callable[[CurvePoint], tuple[float | None, float | None]],
    shown: Slice,
    measure: str,
) -> None:
    points = []
    for point in curve:
        recall, precision = place(point)
        if recall is not None and precision is not None:
            points.append((point.min_confidence, recall, precision))
    plot.line(f"curve {class_}", [(recall, precision) for _, recall, precision in points])
    for least, recall, precision in points:
        x, y = plot.x(recall), plot.y(precision)
        plot.parts.append(f'<circle class="dot {class_}" cx="{x}" cy="{y}" r="3"/>')
        if least in _MARKED:
            plot.text(x + 6, y - 6, f"{least:g}", "note")
    recall = shown.figures[f"{measure}_recall"].value
    precision = shown.figures[f"{measure}_precision"].value
    if recall is not None and precision is not None:
        x, y = plot.x(recall), plot.y(precision)
        plot.parts.append(f'<rect class="dot {class_}" x="{x - 5}" y="{y - 5}" width="10" height="10"/>')


def reliability(bins: Sequence[Bin]) -> str:
    """Return the part that is right over the confidence, with the number of flags in each bin below."""
    room = 92
    plot = _Plot("The part of flags that is right over their confidence", "mean confidence", "right", room)
    plot.line("level", [(0, 0), (1, 1)])
    x, y = plot.x(0.32), plot.y(0.28)
    plot.parts.append(
        f'<text class="tick" transform="translate({x} {y}) rotate(-45)" dy="10" '
        'text-anchor="middle">as right as confident</text>'
    )
    for one in bins:
        if one.confidence is None or one.correct.value is None:
            continue
        x, y = plot.x(one.confidence), plot.y(one.correct.value)
        if one.correct.low is not None and one.correct.high is not None:
            low, high = plot.y(one.correct.low), plot.y(one.correct.high)
            plot.parts.append(
                f'<path class="whisker" d="M{x} {low}V{high}M{x - 4} {low}h8M{x - 4} {high}h8"/>'
            )
        plot.parts.append(f'<circle class="dot first" cx="{x}" cy="{y}" r="4"/>')
    most = max((one.flags for one in bins), default=0)
    base = plot.top + plot.size + plot.bottom + room - 6
    for one in bins:
        # By the root, so that a bin of ten can be seen beside one of a thousand; the number is written above.
        height = round((one.flags / most) ** 0.5 * (room - 34), 1) if most else 0.0
        x, width = plot.x(one.least), plot.x(one.most) - plot.x(one.least)
        plot.parts.append(
            f'<rect class="bar" x="{x + 2}" y="{base - height}" width="{width - 4}" height="{height}"/>'
        )
        plot.text(round(x + width / 2, 1), base - height - 4, f"{one.flags:,}", "tick", "middle")
    plot.parts.append(f'<path class="axis" d="M{plot.left} {base}h{plot.size}"/>')
    plot.parts.append(
        f'<text class="name" transform="translate(14 {base - 30}) rotate(-90)" text-anchor="middle">flags</text>'
    )
    return plot.svg()
