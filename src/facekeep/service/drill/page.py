"""A drill's report as one HTML file that carries everything and runs nothing."""

from collections.abc import Sequence
from html import escape

from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.report import DrillReport, TierResult

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>Report of a drill</title>
<style>
body{font:14px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}table{border-collapse:collapse;width:100%;font-size:12px}
td,th{border:1px solid #ccc;padding:.25rem .4rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#eef1f6}tr.fails td{background:#fde8e8;font-weight:600}
</style></head><body>
"""
_COLUMNS = ("Tier", "What a thief holds", "Declared", "Found", "Bytes", "Controls found", "What was found")


def page(report: DrillReport) -> str:
    """The page. Everything that comes from the report is escaped."""
    head = "".join(f"<th>{one}</th>" for one in _COLUMNS)
    rows = "\n".join(_row(one) for one in report.tiers)
    missing = "".join(f"<li>{escape(one)}</li>" for one in report.not_tried)
    return (
        f"{_HEAD}<h1>Report of a drill</h1>\n<p>{escape(verdict(report))}</p>\n"
        f"<p>facekeep {escape(report.program)}, {escape(report.drilled_at)}. A small keep with default settings was "
        "made for this, filled with planted names and photos, used, and robbed. The vault's memory, and what passes "
        f"between server and vault, are readable: that is declared.</p>\n<table><tr>{head}</tr>\n{rows}</table>\n"
        f"{_tries(report)}<h2>Not tried</h2>\n<ul>{missing}</ul>\n"
        f"<p>Signed by the log {escape(report.verifier_key)}.</p></body></html>\n"
    )


def _tries(report: DrillReport) -> str:
    """What was measured, tier by tier; nothing where nothing was."""
    head = "".join(f"<th>{one}</th>" for one in ("Tier", "Try", "Came to", "By chance", "With the flaw", "At most"))
    rows = "\n".join(_try(tier.tier, one) for tier in report.tiers for one in tier.measured)
    return f"<h2>Tries</h2>\n<table><tr>{head}</tr>\n{rows}</table>\n" if rows else ""


def _try(tier: str, one: Measurement) -> str:
    mark = ' class="fails"' if one.succeeds or one.is_blind else ""
    figures = (f"{figure:.3g}" for figure in (one.value, one.by_chance, one.with_flaw, one.at_most))
    return f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in (tier, one.attempt, *figures)) + "</tr>"


def verdict(report: DrillReport) -> str:
    """One sentence that says how the drill ended."""
    failing = [one.tier for one in report.tiers if one.fails]
    undrilled = [one.tier for one in report.tiers if one.outcome == "not drilled" and not one.is_blind]
    said = f"NOT as declared: {', '.join(failing)}." if failing else "Every tier that was drilled is as declared."
    return said + (f" Not drilled: {', '.join(undrilled)}." if undrilled else "")


def found_words(result: TierResult) -> str:
    """What was found in a tier, by kind and encoding, in a few words."""
    if result.problem:
        return result.problem
    kinds = sorted({label.split(" as ")[0] for label in result.found})
    tried = f" (also tried: {'; '.join(result.attempts)})" if result.attempts else ""
    return (", ".join(kinds) or "nothing") + tried + _tried_words(result.measured)


def _tried_words(measured: Sequence[Measurement]) -> str:
    """Of the tries that end in a figure, how many were as declared; those that were not, one by one."""
    failing = [one for one in measured if one.succeeds or one.is_blind]
    if not failing:
        return f"; tries as declared: {len(measured)}" if measured else ""
    return "".join(f"; {one.attempt}: {'BLIND, ' * one.is_blind}{one.value:.3g}" for one in failing)


def _row(one: TierResult) -> str:
    outcome = "the search is blind" if one.is_blind else one.outcome
    cells = (one.tier, one.holds, one.expected, outcome, f"{one.size_bytes:,}", f"{one.controls:,}", found_words(one))
    mark = ' class="fails"' if one.fails else ""
    return f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
