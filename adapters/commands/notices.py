"""What became of the flags of a case, as a table: told to whom, notified, delivered, received, accepted."""

from __future__ import annotations

from adapters.commands import frame, screen, wording
from workflow.act import Act
from workflow.case.fold import Case
from workflow.notice import Notice, notices
from workflow.rules import Rules
from workflow.text import Text
from workflow.words import STAGES

COLUMNS = (
    screen.Column("号", "n", whole=True),
    Text("标记", "flag"),
    Text("告知", "told"),
    STAGES["notified"],
    STAGES["delivered"],
    STAGES["received"],
    STAGES["accepted"],
)


def show(case: Case, rules: Rules) -> None:
    """Nothing where nobody was to be told of anything."""
    found = notices(case)
    if found:
        screen.console().print()
        screen.table(COLUMNS, [_cells(notice, case, rules) for notice in found])


def _cells(notice: Notice, case: Case, rules: Rules) -> list[str]:
    lang = frame.settings.lang
    told = [str(one["post"]) for one in notice.told]
    sent = screen.local(notice.notified, rules.zone) if notice.notified is not None else ""
    if notice.dead:
        sent = f"{sent} {STAGES['dead'].say(lang)}".strip()
    return [
        f"#{notice.flag.n}",
        wording.name(notice.flag, case, rules).say(lang),
        Text("、", ", ").say(lang).join(dict.fromkeys(told)) or "—",
        sent or "—",
        *(_stage(notice.first(stage), rules) for stage in ("delivered", "received", "accepted")),
    ]


def brief(notice: Notice | None, rules: Rules) -> str:
    """How far the last notice of a duty came, since when and by whom; empty where nobody was to be told."""
    if notice is None:
        return ""
    act = notice.first(notice.stage)
    shown = _stage(act, rules) if act is not None else ""
    if notice.stage == "notified" and notice.notified is not None:
        shown = screen.local(notice.notified, rules.zone)
    return f"{STAGES[notice.stage].say(frame.settings.lang)} {shown}".rstrip()


def _stage(act: Act | None, rules: Rules) -> str:
    if act is None:
        return "—"
    return f"{screen.moment(act.happened, rules.zone)} {wording.author(act, rules).say(frame.settings.lang)}"
