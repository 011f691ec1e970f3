"""``duban roster``: who is on duty, who is next, where nobody will be; ``duban roster swap``: a swap of shifts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from adapters.commands import frame, screen
from adapters.commands.group import SHOW, ShowByDefault
from adapters.commands.registers import LIST, POST, UNIT, signing
from workflow.errors import BadInput
from workflow.journal.canonical import Json
from workflow.moment import parse, stamp, utc
from workflow.organisation import CHAIN, Organisation
from workflow.organisation import check as checked
from workflow.organisation.duty import Shift
from workflow.organisation.vacant import REASONS, RosterGap, roster_gaps
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
FROM, UNTIL = Text("起", "from"), Text("止", "until")


app = typer.Typer(cls=ShowByDefault, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command(SHOW)
def show(
    post: Annotated[str, typer.Argument(help="岗位编号 / post id; left out: every post with a roster")] = "",
    at: Annotated[str, typer.Option("--at", help="看哪一时刻,默认现在 / the instant that is looked at (default: now)")] = "",
    since: Annotated[str, typer.Option("--from", help="班次和缺口从何时列起 / list shifts and gaps from then on (default: --at)")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="列几天 / for how many days")] = 7,
) -> None:
    """值班表:谁在值班、谁接班、缺口 / who is on duty, who is next, where nobody will be"""
    with frame.engine() as engine:
        organisation = engine.organisation()
        now = _instant(at) if at else utc(engine.clock.now())
        start = _instant(since) if since else now
        posts = _posts(organisation, post)
        shifts = {name: organisation.rosters[name].between(start, start + timedelta(days=days)) for name in posts}
        grounds = {s.swap: str(engine.private(CHAIN, s.swap).get("ground", "")) for found in shifts.values() for s in found if s.swap}
    gaps = [gap for gap in roster_gaps(organisation, start, days) if gap.post in posts]
    document: dict[str, Json] = {
        "at": stamp(now),
        "from": stamp(start),
        "days": days,
        "posts": [_document(organisation, name, now, shifts[name], grounds) for name in posts],
        "gaps": [gap.document() for gap in gaps],
    }
    screen.emit(document, lambda: _draw(organisation, now, shifts, grounds, gaps))
    if gaps:
        raise typer.Exit(frame.EXIT_FINDINGS)


@app.command()
def swap(
    post: Annotated[str, typer.Argument(help="岗位编号 / post id")],
    person: Annotated[str, typer.Argument(help="原值班人 / who was to be on duty")],
    to: Annotated[str, typer.Argument(help="替班人 / who is on duty instead")],
    since: Annotated[str, typer.Option("--from", help="从何时起 / from when on")],
    ground: Annotated[str, typer.Option("--ground", "-g", help="换班原因 / why")],
    until: Annotated[str, typer.Option("--until", help="到何时止,默认该班次结束 / until when (default: the end of that shift)")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 / only check")] = False,
) -> None:
    """换班:由另一人值班,写明原因 / somebody else takes over shifts, with the reason"""
    start = _instant(since)
    with frame.engine(dry_run=dry_run) as engine:
        organisation = engine.organisation()
        end = _instant(until) if until else _end(organisation, post, person, start)
        body: dict[str, Json] = {
            "what": "swap",
            "post": post,
            "person": person,
            "to": to,
            "since": stamp(start),
            "until": stamp(end),
        }
        if not ground.strip():
            raise BadInput(Text("写明换班原因", "say why they swap"), where="--ground")
        if dry_run:
            checked(organisation, body)
        else:
            engine.organise([(body, {"ground": ground.strip()})])
    here = screen.local(start, ZONE), screen.local(end, ZONE)
    said = Text(f"{here[0]} 至 {here[1]} 由 {to} 代 {person} 值班", f"{to} is on duty instead of {person} from {here[0]} until {here[1]}")
    screen.emit({**body, "dry_run": dry_run}, lambda: frame.say(said))


def _end(organisation: Organisation, post: str, person: str, start: datetime) -> datetime:
    """The end of the shift of a person that runs at an instant; a moment later where there is none, so that the check says so."""
    return next((s.until for s in organisation.shifts_at(post, start) if s.person == person), start + timedelta(minutes=1))


def _instant(text: str) -> datetime:
    return parse(text, ZONE).lo


def _posts(organisation: Organisation, post: str) -> list[str]:
    if not post:
        return sorted(organisation.rosters)
    if post not in organisation.rosters:
        there = sorted(organisation.rosters)
        raise BadInput(
            Text(f"岗位 {post} 没有值班表", f"the post {post} has no roster"),
            hint=Text("有值班表的:" + "、".join(there), "there are: " + ", ".join(there)) if there else None,
        )
    return [post]


def _document(organisation: Organisation, post: str, now: datetime, shifts: list[Shift], grounds: dict[int, str]) -> dict[str, Json]:
    return {
        "post": post,
        "unit": organisation.posts[post].unit,
        "on_duty": [a.document() for a in organisation.on_duty(post, now)],
        "next": [_shift(s, grounds) for s in organisation.rosters[post].next(now)],
        "shifts": [_shift(s, grounds) for s in shifts],
    }


def _shift(shift: Shift, grounds: dict[int, str]) -> dict[str, Json]:
    found: dict[str, Json] = {"person": shift.person, "since": stamp(shift.since), "until": stamp(shift.until)}
    return found | ({"instead_of": shift.instead_of, "ground": grounds.get(shift.swap, "")} if shift.swap else {})


# -- as a page -----------------------------------------------------------------------------------------------------------------------


def _draw(
    organisation: Organisation, now: datetime, shifts: dict[str, list[Shift]], grounds: dict[int, str], gaps: list[RosterGap]
) -> None:
    if not shifts:
        frame.say(Text("没有值班表;在机构文件中写 roster", "there is no roster; write 'roster' in an organisation file"))
        return
    on_duty = [_now(organisation, post, now) for post in shifts]
    screen.table((UNIT, POST, Text("现在值班", "on duty now"), Text("接班", "next")), on_duty)
    listed = [
        [_label(organisation, post), *_span(s.since, s.until), s.person, _swapped(s, grounds)]
        for post, found in shifts.items()
        for s in found
    ]
    if listed:
        screen.console().print()
        headings = (POST, screen.Column(FROM.zh, FROM.en, whole=True), screen.Column(UNTIL.zh, UNTIL.en, whole=True))
        screen.table((*headings, Text("值班", "on duty"), Text("换班", "swap")), listed)
    if gaps:
        screen.console().print()
        cells = [[_label(organisation, g.post), *_span(g.since, g.until), _why(g)] for g in gaps]
        screen.table((POST, FROM, UNTIL, Text("缺口", "gap")), cells)
    else:
        frame.say(Text("没有缺口", "there is no gap"))


def _now(organisation: Organisation, post: str, now: datetime) -> list[str]:
    lang = frame.settings.lang
    there = LIST.say(lang).join(signing(a) for a in organisation.on_duty(post, now))
    coming = organisation.rosters[post].next(now)
    then = f"{LIST.say(lang).join(s.person for s in coming)} {screen.local(coming[0].since, ZONE)}" if coming else ""
    nobody = Text("无人", "nobody") if organisation.rosters[post].is_kept(now) else Text("无值班表", "no roster")
    return [organisation.called(organisation.posts[post].unit).say(lang), _label(organisation, post), there or nobody.say(lang), then]


def _label(organisation: Organisation, post: str) -> str:
    found = organisation.posts[post]
    return Text(found.zh, found.en).say(frame.settings.lang)


def _span(since: datetime, until: datetime) -> tuple[str, str]:
    return screen.local(since, ZONE), screen.local(until, ZONE)


def _swapped(shift: Shift, grounds: dict[int, str]) -> str:
    if not shift.swap:
        return ""
    said = Text(f"代 {shift.instead_of}", f"for {shift.instead_of}").say(frame.settings.lang)
    ground = grounds.get(shift.swap, "")
    return said + (Text(f":{ground}", f": {ground}").say(frame.settings.lang) if ground else "")


def _why(gap: RosterGap) -> str:
    lang = frame.settings.lang
    people = f"({LIST.say(lang).join(gap.people)})" if gap.people else ""
    return REASONS[gap.why].say(lang) + people
