"""Output: canonical JSON with ``--json``, tables that line up with Chinese text otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from adapters.commands.frame import settings, visible
from workflow.explain import duration
from workflow.journal.canonical import Json, canonical
from workflow.moment import Moment
from workflow.obligation.row import Outcome, Row
from workflow.rowname import called
from workflow.rules import Rules
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import OUTCOMES, beside

STYLES = {Outcome.MISSED: "bold red", Outcome.MET_LATE: "red", Outcome.UNDETERMINABLE: "yellow", Outcome.MET: "green"}
WIDTH = 140
"""Columns when the output is no terminal: nothing is cut there."""


class _Console(Console):
    def render_str(self, text: str, **options: Any) -> Styled:  # every text passes here, the cells of tables too
        return super().render_str(visible(text), **options)


def console() -> Console:
    terminal = sys.stdout.isatty()
    # Markup and emoji codes stay off: what people wrote (``[封]``, ``:x:``) is shown as they wrote it.
    width = None if terminal else WIDTH
    return _Console(width=width, no_color=not settings.color, highlight=False, soft_wrap=False, markup=False, emoji=False)


def emit(document: Json, render: Callable[[], None]) -> None:
    """Print the data: one canonical JSON document, or what ``render`` draws."""
    if settings.json:
        sys.stdout.write(canonical(document).decode() + "\n")
    else:
        render()


class Column(NamedTuple):
    """``whole``: never folded, such as a date. ``spare``: left out where the table would be too wide, such as the key behind a title."""

    zh: str
    en: str
    whole: bool = False
    spare: bool = False


def table(headings: Sequence[Text | Column], rows: Iterable[Sequence[str | Styled]], title: str = "") -> None:
    """A table whose cells wrap and are never cut. A column in which nothing stands is left out."""
    out = console()
    columns = [h if isinstance(h, Column) else Column(h.zh, h.en) for h in headings]
    names = [c.zh if settings.lang == "zh" else c.en for c in columns]
    lines = [[Styled(visible(c)) if isinstance(c, str) else c for c in row] for row in rows]
    used = [i for i, name in enumerate(names) if not name or any(line[i].plain for line in lines) or not lines]
    widths = [max([cell_len(name), *(_width(line[i].plain) for line in lines)]) for i, name in enumerate(names)]
    spare = [i for i in used if columns[i].spare]
    while spare and sum(widths[i] for i in used) + 2 * len(used) > out.width:
        used.remove(spare.pop())
    room = out.width - sum(widths[i] for i in used if columns[i].whole) - 2 * len(used)
    found = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold", show_edge=False)
    for i in used:
        found.add_column(names[i], overflow="fold", no_wrap=columns[i].whole and room >= 16)
    for line in lines:
        found.add_row(*(line[i] for i in used))
    out.print(found)


def _width(text: str) -> int:
    return max((cell_len(part) for part in text.split("\n")), default=0)


def local(instant: datetime, zone: ZoneInfo) -> str:
    here = instant.astimezone(zone)
    return f"{here:%Y-%m-%d %H:%M:%S}" if here.second else f"{here:%Y-%m-%d %H:%M}"


def moment(found: Moment, zone: ZoneInfo) -> str:
    """A moment for people: an instant, a whole day as its date, or both bounds."""
    lo, hi = found.lo.astimezone(zone), found.hi.astimezone(zone)
    if found.exact or hi - lo < timedelta(minutes=1):
        return local(lo, zone)
    if f"{lo:%H:%M}" == "00:00" and f"{hi:%H:%M}" == "23:59" and lo.date() == hi.date():
        return f"{lo:%Y-%m-%d}"
    return f"{local(lo, zone)} … {local(hi, zone)}"


def countdown(due: datetime, now: datetime) -> Styled:
    """``还有 3小时`` or ``已逾期 12分钟``, coloured by how near it is."""
    left = due - now
    if left < timedelta(0):
        return Styled(Text("已逾期 ", "overdue ").say(settings.lang) + duration(left, settings.lang), style="bold red")
    style = "red" if left < timedelta(hours=1) else "yellow" if left < timedelta(days=1) else "green"
    return Styled(Text("还有 ", "in ").say(settings.lang) + duration(left, settings.lang), style=style)


LEDGER = (
    Text("义务", "duty"),
    Column("结果", "outcome", whole=True),
    Column("期限", "due", whole=True),
    Column("履行", "done", whole=True),
    Text("说明", "remark"),
    Column("编号", "row", whole=True, spare=True),
)


def ledger_rows(rows: Iterable[Row], rules: Rules) -> list[list[str | Styled]]:
    """The lines of a ledger under :data:`LEDGER`."""
    lang, zone = settings.lang, rules.zone
    found: list[list[str | Styled]] = []
    for row in rows:
        remarks: list[str] = []
        if row.late is not None:
            late = duration(row.late.clock, lang)
            remarks.append(Text(f"迟 {late}", f"late by {late}").say(lang))
        elif row.elapsed is not None and row.due is None:
            elapsed = duration(row.elapsed, lang)
            remarks.append((Text("已过 ", "open for ") if row.open else Text("用时 ", "took ")).say(lang) + elapsed)
        extra = remark(row, rules)
        if extra:
            remarks.append(extra)
        found.append(
            [
                called(row, rules).say(lang),
                Styled(OUTCOMES[row.outcome].say(lang), style=STYLES.get(row.outcome, "")),
                shown(row.due, zone, lang) if row.due is not None else term(row),
                moment(row.met_at, zone) if row.met_at is not None else "",
                (";" if lang == "zh" else "; ").join(remarks),
                row.key,
            ]
        )
    return found


def term(row: Row) -> str:
    """The word that stands where no number is set (立即, 及时); a dash where no term applies."""
    current = row.current
    return current.term.text.say(settings.lang) if current is not None and current.term is not None else "—"


def remark(row: Row, rules: Rules) -> str:
    """What stands beside an outcome, with the elements that were left blank by name."""
    elements = rules.procedure.elements
    blank = tuple(elements[e].text.say(settings.lang) if e in elements else e for e in row.blank)
    # Where no number is set the column of the date has the word that stands there instead.
    return beside(row._replace(blank=blank, reason="" if row.reason == "no_number" else row.reason)).say(settings.lang)
