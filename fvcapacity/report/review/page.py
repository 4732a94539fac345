"""A review as one HTML file without anything from outside, and as Markdown.

Names come from results and are hostile until they are escaped: the HTML template escapes whatever is not markup of
ours, Markdown is escaped by a filter, and a policy in the page's head forbids scripts altogether.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fvcapacity.report.blocks import Key, Page
from fvcapacity.report.markup import environment
from fvcapacity.report.review.ahead import advice_section, forecast_section, notes_section
from fvcapacity.report.review.past import (
    bill_section,
    change_words,
    idle_section,
    quality_section,
    services_section,
)
from fvcapacity.report.review.words import review_tongue
from fvcapacity.report.tongue import NOTHING, Language, Tongue, plain
from fvcapacity.review.extra import needed
from fvcapacity.review.quarter import QuarterReview
from fvcapacity.review.quarter_summary import SCHEMA_VERSION
from fvcapacity.tabular import directory

_TEMPLATES = Path(__file__).with_name("templates")


def review_html(summary: Mapping[str, Any], language: Language = "en") -> str:
    """Return a review as one self-contained HTML file.

    Parameters
    ----------
    summary
        The document of a review (``QuarterReview.summary``).
    language
        ``en`` or ``es``.
    """
    markup = needed("markupsafe", "MarkupSafe").Markup
    page = review_page(summary, review_tongue(language))
    template = environment(_TEMPLATES, html=True).get_template("review.html.j2")
    return str(template.render(page=page, lang=language, ours=markup))


def review_markdown(summary: Mapping[str, Any], language: Language = "en") -> str:
    """Return a review as GitHub-flavoured Markdown, without its charts."""
    page = review_page(summary, review_tongue(language), drawn=False)
    return str(environment(_TEMPLATES, html=False).get_template("review.md.j2").render(page=page))


def check_review_replaceable(target: Path) -> None:
    """Check that a review may be written here, before it is made.

    Raises
    ------
    InputError
        When something else stands there.
    """
    directory.check_replaceable(target, "review.json", SCHEMA_VERSION, "review")


def write_review(review: QuarterReview, target: str | Path, language: Language = "en") -> Path:
    """Write ``review.html``, ``review.md`` and ``review.json`` into a directory, all of them or nothing.

    Parameters
    ----------
    review
        From `review_quarter`.
    target
        Where to; a review of ours that stands there is replaced.
    language
        ``en`` or ``es``.

    Returns
    -------
    Path
        The directory that was written.

    Raises
    ------
    InputError
        When something else stands there, or it cannot be written.
    """
    goal = Path(target)
    check_review_replaceable(goal)
    html, markdown = review_html(review.summary, language), review_markdown(review.summary, language)

    def fill(work: Path) -> None:
        (work / "review.html").write_text(html, encoding="utf-8")
        (work / "review.md").write_text(markdown, encoding="utf-8")
        (work / "review.json").write_text(review.to_json(), encoding="utf-8")

    return directory.write_directory(goal, fill)


def review_page(summary: Mapping[str, Any], tongue: Tongue, *, drawn: bool = True) -> Page:
    """Return what a review shows, in a language, with its charts drawn or without them."""
    subtitle = tongue(
        "subtitle",
        first=tongue.day(summary["first_day"]),
        last=tongue.day(summary["last_day"]),
        scenarios=", ".join(plain(name) for name in summary["scenarios"]),
        zone=plain(summary["time_zone"]),
    )
    sections = (
        bill_section(summary, tongue, drawn=drawn),
        services_section(summary, tongue, drawn=drawn),
        idle_section(summary, tongue),
        quality_section(summary, tongue),
        advice_section(summary, tongue),
        forecast_section(summary, tongue, drawn=drawn),
        notes_section(summary, tongue),
    )
    title = tongue("title", quarter=summary["quarter"])
    return Page(title, subtitle, _keys(summary, tongue), sections, tongue("made-by"))


def _keys(summary: Mapping[str, Any], tongue: Tongue) -> tuple[Key, ...]:
    keys = [Key(tongue("key.bill"), tongue.usd(summary["total_usd"]))]
    change = change_words(summary, tongue)
    if change is None:
        keys.append(Key(tongue("t.change"), NOTHING, tongue("key.no-previous")))
    else:
        keys.append(Key(tongue("key.change", quarter=summary["previous_quarter"]), change[1], change[0]))
    keys.append(Key(tongue("key.thousand"), tongue.usd(summary["usd_per_thousand"], 4)))
    idle = summary["idle"]
    keys.append(Key(tongue("key.idle"), tongue.percent(idle["percent"] if idle else None, 1)))
    statuses = [item["status"] for item in summary["quality"]["objectives"]]
    status = "missed" if "missed" in statuses else "holds" if "holds" in statuses else "nothing to judge"
    style: Any = {"missed": "bad", "holds": "good"}.get(status, "")
    keys.append(Key(tongue("key.objectives"), tongue(f"state.{status}"), style=style))
    forecast = summary["forecast"]
    if forecast and forecast["money"]:
        total = forecast["money"]["total_usd"]
        remark = f"{tongue.usd(total['low_80'], 0)} – {tongue.usd(total['high_80'], 0)}"
        keys.append(Key(tongue("key.next", quarter=forecast["quarter"]), tongue.usd(total["median"], 0), remark))
    return tuple(keys)
