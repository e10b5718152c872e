"""`TECHNIQUE[:CONFIDENCE]`: what a check is not to find."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import click
from click.shell_completion import CompletionItem

from spinmark.card import Card
from spinmark.cli.options import no_technique
from spinmark.report import Flag, Report
from spinmark.taxonomy import TECHNIQUE_IDS

ANY = "any"

DIGITS = 4
"""A confidence counts as a report has it: what is shown as .95 breaks a rule of .95."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Flags of a technique, or of any, from a confidence on; None leaves it to each technique's own threshold."""

    technique: str
    confidence: float | None = None


class RuleType(click.ParamType[Rule]):
    """The rule as it is written at a prompt."""

    name = "technique[:confidence]"

    def convert(self, value: str | Rule, param: click.Parameter | None, ctx: click.Context | None) -> Rule:
        if isinstance(value, Rule):
            return value
        technique, colon, confidence = value.partition(":")
        if technique != ANY and technique not in TECHNIQUE_IDS:
            self.fail(no_technique(technique), param, ctx)
        if not colon:
            return Rule(technique)
        try:
            number = float(confidence)
        except ValueError:
            number = -1
        if not 0 <= number <= 1:  # refuses what is no number as well
            self.fail(f"{confidence!r} is no confidence from 0 to 1.", param, ctx)
        return Rule(technique, number)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(id_) for id_ in (ANY, *TECHNIQUE_IDS) if id_.startswith(incomplete)]


@dataclass(frozen=True, slots=True)
class Breaches:
    """From each technique's confidence on, a flag breaks a rule."""

    least: dict[str, float]

    @classmethod
    def of(cls, rules: Collection[Rule], card: Card) -> "Breaches":
        """Take the most lenient confidence of each technique; no rules at all mean every technique's own."""
        thresholds = {id_: c.threshold for id_, c in zip(TECHNIQUE_IDS, card.calibrations, strict=True)}
        least: dict[str, float] = {}
        for rule in rules or (Rule(ANY),):
            for id_ in TECHNIQUE_IDS if rule.technique == ANY else (rule.technique,):
                confidence = thresholds[id_] if rule.confidence is None else rule.confidence
                least[id_] = min(confidence, least.get(id_, 1.0))
        return cls(least)

    @property
    def least_confidence(self) -> float:
        """What the detector must show, so that nothing is missed by rounding."""
        return max(0.0, min(self.least.values()) - 10.0**-DIGITS)

    def includes(self, flag: Flag) -> bool:
        return round(flag.confidence, DIGITS) >= self.least[flag.technique]

    def within(self, report: Report) -> Report:
        """Return the report with these flags alone."""
        return replace(report, flags=tuple(filter(self.includes, report.flags)))
