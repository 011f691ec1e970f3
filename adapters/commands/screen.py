"""Output: canonical JSON with ``--json``, tables that line up with Chinese text otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from adapters.commands.frame import settings
from workflow.explain import duration
from workflow.journal.canonical import Json, canonical
from workflow.obligation.ledger import Outcome, Row
from workflow.term.explain import shown
from workflow.text import Text
from workflow.words import OUTCOMES, beside

STYLES = {Outcome.MISSED: "bold red", Outcome.MET_LATE: "red", Outcome.UNDETERMINABLE: "yellow", Outcome.MET: "green"}
WIDTH = 140
"""Columns when the output is no terminal: nothing is cut there."""


def console() -> Console:
    terminal = sys.stdout.isatty()
    # Markup and emoji codes stay off: what people wrote (``[封]``, ``:x:``) is shown as they wrote it.
    width = None if terminal else WIDTH
    return Console(width=width, no_color=not settings.color, highlight=False, soft_wrap=False, markup=False, emoji=False)


def emit(document: Json, render: Callable[[], None]) -> None:
    """Print the data: one canonical JSON document, or what ``render`` draws."""
    if settings.json:
        sys.stdout.write(canonical(document).decode() + "\n")
    else:
        render()


def table(headings: Sequence[Text], rows: Iterable[Sequence[str | Styled]], title: str = "") -> None:
    """A table whose cells wrap and are never cut."""
    found = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in headings:
        found.add_column(heading.say(settings.lang), overflow="fold")
    for row in rows:
        found.add_row(*row)
    console().print(found)


def local(instant: datetime, zone: ZoneInfo) -> str:
    here = instant.astimezone(zone)
    return f"{here:%Y-%m-%d %H:%M:%S}" if here.second else f"{here:%Y-%m-%d %H:%M}"


def countdown(due: datetime, now: datetime) -> Styled:
    """``还有 3小时`` or ``已逾期 12分钟``, coloured by how near it is."""
    left = due - now
    if left < timedelta(0):
        return Styled(Text("已逾期 ", "overdue ").say(settings.lang) + duration(left, settings.lang), style="bold red")
    style = "red" if left < timedelta(hours=1) else "yellow" if left < timedelta(days=1) else "green"
    return Styled(Text("还有 ", "in ").say(settings.lang) + duration(left, settings.lang), style=style)


def ledger_rows(rows: Iterable[Row], zone: ZoneInfo) -> list[list[str | Styled]]:
    """Rows of the ledger for a table: duty, to whom, outcome, due, done, late."""
    found: list[list[str | Styled]] = []
    for row in rows:
        extra = beside(row).say(settings.lang)
        late = duration(row.late.clock, settings.lang) if row.late is not None else ""
        if not late and row.due is None and row.elapsed is not None:
            late = Text("用时 ", "took ").say(settings.lang) + duration(row.elapsed, settings.lang)
        found.append(
            [
                row.duty.title.say(settings.lang),
                row.key,
                Styled(OUTCOMES[row.outcome].say(settings.lang), style=STYLES.get(row.outcome, "")),
                shown(row.due, zone, settings.lang) if row.due is not None else "—",
                local(row.met_at.lo, zone) if row.met_at is not None else "",
                late,
                extra,
            ]
        )
    return found


LEDGER = (
    Text("义务", "duty"),
    Text("编号", "row"),
    Text("结果", "outcome"),
    Text("期限", "due"),
    Text("履行", "done"),
    Text("迟延", "late"),
    Text("说明", "remark"),
)
