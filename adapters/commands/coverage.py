"""``duban coverage``: where each of the 119 rows of the sources stands."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any

import typer

from adapters.commands import frame, screen
from adapters.library import shipped_definitions
from workflow.coverage import PLACES, Place, Row
from workflow.coverage import coverage as found_in
from workflow.journal.canonical import Json
from workflow.procedure.source import read_source
from workflow.text import Lang, Text

HEADINGS = (
    screen.Column("编号", "row", whole=True),
    screen.Column("种类", "kind", whole=True),
    Text("来源要求", "what the source asks"),
    Text("落在何处", "where it stands"),
)


INTRODUCTION = """# Coverage of the sources

What the five sources ask for, row by row, and where each row stands. Written by `duban coverage --markdown` from the basis entries
of the shipped definitions and from `definitions/coverage.yaml`; a row of kind PERIOD, REPORT or TIMER stands in a duty.

Kinds: TAX taxonomy, ORG organisation, DUTY watch, REPORT report, PERIOD recurring duty, TIMER deadline, MILE dated milestone,
PLAN plan, DRILL drill, TRAIN training, RISK hazard, WARN warning, CMD command, MEET meeting, INFO public information,
ACCT accountability, SUPV inspection, EVID evidence, INV investigation, ACT action, AFTER aftermath, FUNC function, GOAL, COMM,
LEARN, TRIG.
"""


def table() -> dict[str, Any]:
    """The rows as data."""
    file = files("definitions") / "coverage.yaml"
    data: dict[str, Any] = read_source(file.read_bytes(), file.name).data
    return data


def rows() -> list[Row]:
    """Every row with its places in the shipped procedures."""
    return found_in(table(), [d.procedure for d in shipped_definitions()])


def coverage(
    markdown: Annotated[bool, typer.Option("--markdown", help="输出 docs/reference/coverage.md 的内容 / as the page in docs/")] = False,
) -> None:
    """来源 119 项要求各落在何处;有未落实的退出码 1 / where each row of the sources stands; exit code 1 when one stands nowhere"""
    found = rows()
    lang = frame.settings.lang
    if markdown:
        typer.echo(page(found), nl=False)
    else:
        screen.emit([document(r) for r in found], lambda: _show(found, lang))
    missing = [r.id for r in found if not r.answered]
    if missing:
        names = ", ".join(missing)
        frame.say(Text(f"{len(missing)} 项没有着落:{names}", f"{len(missing)} rows stand nowhere: {names}"))
        raise typer.Exit(frame.EXIT_FINDINGS)


def document(row: Row) -> dict[str, Json]:
    lang = frame.settings.lang
    return {
        "row": row.id,
        "kind": row.kind,
        "title": row.title.say(lang),
        "source": row.source.say(lang),
        "answered": row.answered,
        "places": [{"kind": p.kind, "procedure": p.procedure, "name": p.name} for p in row.places],
        "commands": list(row.commands),
        "note": row.note.say(lang) if row.note is not None else None,
        "none": row.none.say(lang) if row.none is not None else None,
    }


def _show(found: list[Row], lang: Lang) -> None:
    screen.table(HEADINGS, [[r.id, r.kind, r.title.say(lang), "\n".join(where(r, lang))] for r in found])
    duties = sum(any(p.kind == "obligation" for p in r.places) for r in found)
    frame.say(Text(f"{len(found)} 项,其中 {duties} 项是义务", f"{len(found)} rows, {duties} of them duties"))


def where(row: Row, lang: Lang) -> list[str]:
    """The places of a row, one procedure a line, duties first; then commands, the note, or why it is no software matter."""
    lines: dict[tuple[str, str], list[Place]] = {}
    for kind, label in PLACES.items():
        for place in row.places:
            if place.kind == kind:
                lines.setdefault((place.procedure, label.say(lang)), []).append(place)
    found = []
    for (procedure, what), places in lines.items():
        titles = Text("、", ", ").say(lang).join(p.title.say(lang) for p in places)
        found.append(f"{procedure} {what}{Text(':', ': ').say(lang)}{titles}")
    if row.commands:
        found.append(", ".join(f"duban {c}" for c in row.commands))
    if row.note is not None:
        found.append(row.note.say(lang))
    if row.none is not None:
        found.append(Text("非软件事项:", "no software matter: ").say(lang) + row.none.say(lang))
    return found or ["—"]


def page(found: list[Row]) -> str:
    """The page ``docs/reference/coverage.md``."""
    lines = [INTRODUCTION]
    letter = ""
    for row in found:
        if row.id[0] != letter:
            letter = row.id[0]
            lines += [f"## {row.source.zh} / {row.source.en}", "", "| row | kind | 中文 | what | where |", "|---|---|---|---|---|"]
        told = "<br>".join(where(row, "en")).replace("|", "\\|")
        lines.append(f"| {row.id} | {row.kind} | {row.title.zh} | {row.title.en} | {told} |")
        if row is found[-1] or found[found.index(row) + 1].id[0] != letter:
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"
