"""``duban definitions``: list, show, check, diff, graph, add, packs, use; and ``duban schema``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from adapters.calendars import shipped
from adapters.commands import difference, frame, packs, screen
from adapters.graph import mermaid, svg
from adapters.library import check_file, definition_file, find_definition, shipped_definitions
from adapters.organisations import organisation_named
from workflow.errors import BadInput, DefinitionError
from workflow.journal.canonical import Json
from workflow.organisation import Organisation
from workflow.procedure.load import Definition
from workflow.procedure.model import Procedure
from workflow.procedure.source import BrokenDefinition, Problem, Source
from workflow.sources import version_taken
from workflow.text import Text

STORE = "store"

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command("list")
def list_() -> None:
    """列出随附的程序 / list the shipped procedures"""
    found = shipped_definitions()
    document: list[Json] = [
        {"procedure": d.procedure.procedure, "version": d.procedure.version, "zh": d.procedure.zh, "en": d.procedure.en, "hash": d.hash}
        for d in found
    ]
    lang = frame.settings.lang
    rows = [
        [d.procedure.ref, d.procedure.title.say(lang), _force(d.procedure), str(len(d.procedure.obligations)), d.hash[7:19]] for d in found
    ]
    headings = (Text("程序", "procedure"), Text("名称", "title"), Text("施行", "in force"), Text("义务", "duties"), Text("哈希", "hash"))
    screen.emit(document, lambda: screen.table(headings, rows))


def _force(p: Procedure) -> str:
    return f"{p.in_force.since or ''} … {p.in_force.until or ''}"


@app.command()
def show(name: Annotated[str, typer.Argument(help="程序或文件 / procedure or file")]) -> None:
    """查看一个程序:角色、事实、事件、义务与依据 / roles, facts, events, duties and their basis"""
    definition = find_definition(name)
    p, lang = definition.procedure, frame.settings.lang
    document: dict[str, Json] = {
        "ref": p.ref,
        "hash": definition.hash,
        "zh": p.zh,
        "en": p.en,
        "roles": list(p.roles),
        "events": list(p.events),
        "obligations": list(p.obligations),
        "notes": [{"zh": n.zh, "en": n.en} for n in p.notes],
        "content": definition.content(),
    }

    def render() -> None:
        from adapters.commands.page import Page

        screen.console().print(f"{p.title.say(lang)}  {p.ref}  {_force(p)}  {definition.hash}", style="bold")
        Page(p, lang).show()

    screen.emit(document, render)


@app.command("diff")
def diff_(
    name: Annotated[str, typer.Argument(help="程序或文件 / procedure or file")],
    other: Annotated[str, typer.Argument(help="另一个程序或文件 / another one")],
) -> None:
    """比较两个程序:预案与法规,或两个版本 / compare two procedures: a plan and the law, or two versions"""
    from workflow.procedure.diff import diff

    ours, theirs = find_definition(name), find_definition(other)
    found = diff(ours.procedure, theirs.procedure)
    sides: dict[str, Json] = {s: {"ref": d.procedure.ref, "hash": d.hash} for s, d in (("a", ours), ("b", theirs))}
    screen.emit({**sides, **difference.document(found)}, lambda: difference.show(found))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="定义文件 / definition files")],
    strict: Annotated[bool, typer.Option("--strict", help="警告也算错误 / a warning counts as an error")] = False,
    org: Annotated[str, typer.Option("--org", help="机构:hospital、town、文件、store(本库) / hospital, town, a file, store")] = "",
) -> None:
    """检查定义文件:全部错误、能证明的缺陷、未检查的部分 / check files: all errors, what can be proved wrong, what was not looked at"""
    from workflow.lint import lint

    organisation = _organisation(org) if org else None
    problems: list[Json] = []
    loaded: list[tuple[Source, Definition]] = []
    codes: set[int] = set()
    for path in files:
        try:
            definition, source = check_file(path)
            loaded.append((source, definition))
        except (BrokenDefinition, BadInput) as error:
            codes.add(error.exit_code)
            problems.extend(_problems(path, error))
            print(error.say(frame.settings.lang), file=sys.stderr)
    others = {d.procedure.procedure: d.procedure for d in (*shipped_definitions(), *(d for _, d in loaded))}
    good: list[Json] = []
    findings: list[Json] = []
    for source, definition in loaded:
        calendar = shipped(definition.procedure.calendar.partition("+")[0])
        found = lint(definition, calendar, organisation=organisation, others=others)
        findings.extend(f.document(source) for f in found)
        wrong = [f for f in found if f.severity == "error" or (strict and f.severity == "warning")]
        for finding in found:
            if finding in wrong:
                print(finding.say(source, frame.settings.lang), file=sys.stderr)
            else:
                frame.say(Text(finding.say(source, "zh"), finding.say(source, "en")))
        ref, name = definition.procedure.ref, source.name
        if wrong:
            codes.add(DefinitionError.exit_code)
            en = f"{name}: {ref} has {len(wrong)} error{'s' if len(wrong) != 1 else ''}"
            print(Text(f"{name}:{ref} 有 {len(wrong)} 处错误", en).say(frame.settings.lang), file=sys.stderr)
        else:
            good.append({"file": name, "ref": ref, "hash": definition.hash})
            frame.say(Text(f"{name}:正确,{ref} {definition.hash}", f"{name}: ok, {ref} {definition.hash}"))
    screen.emit({"ok": good, "problems": problems, "findings": findings}, lambda: None)
    if codes:
        raise typer.Exit(max(codes))


def _organisation(name: str) -> Organisation:
    """That of the store, or what a file or an example makes."""
    if name != STORE:
        return organisation_named(name)
    with frame.engine() as engine:
        return engine.organisation()


def _problems(path: Path, error: BrokenDefinition | BadInput) -> list[Json]:
    found = error.problems if isinstance(error, BrokenDefinition) else [Problem(0, 0, "", error.message, error.hint)]
    return [
        {
            "file": str(path),
            "line": p.line,
            "column": p.column,
            "field": p.field,
            "zh": p.message.zh,
            "en": p.message.en,
            "hint": None if p.hint is None else {"zh": p.hint.zh, "en": p.hint.en},
        }
        for p in found
    ]


@app.command()
def graph(
    name: Annotated[str, typer.Argument(help="程序或文件 / procedure or file")],
    form: Annotated[str, typer.Option("--format", help="mermaid | svg (default: by the file, else mermaid)")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="文件 / file (default: standard output)")] = None,
) -> None:
    """画图:状态、事件、期限 / states, events and deadlines as Mermaid or SVG"""
    form = form or ("svg" if output is not None and output.suffix == ".svg" else "mermaid")
    if form not in ("mermaid", "svg"):
        raise typer.BadParameter("mermaid | svg")
    procedure = find_definition(name).procedure
    text = svg(procedure, frame.settings.lang) if form == "svg" else mermaid(procedure, frame.settings.lang)
    if output is None:
        print(text)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            why = Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}")
            raise BadInput(why, where=str(output)) from None
        frame.say(Text(f"已写入 {output}", f"wrote {output}"))


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="定义文件 / definition files")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查,不写入 / only check, write nothing")] = False,
) -> None:
    """把定义加入数据库 / add definitions to the store"""
    definitions = [definition_file(path) for path in files]
    with frame.engine(create=True, dry_run=dry_run) as engine:
        known = {r.procedure.ref: r.hash for r in engine.definitions()}
        fresh = [d for d in definitions if known.get(d.procedure.ref) != d.hash]
        for definition in definitions:
            if known.setdefault(definition.procedure.ref, definition.hash) != definition.hash:
                raise version_taken(definition.procedure.ref)
        if not dry_run:
            engine.add_all(definitions)
    added: list[Json] = [d.procedure.ref for d in fresh]
    document: dict[str, Json] = {"definitions": [d.procedure.ref for d in definitions], "added": added, "dry_run": dry_run}

    def render() -> None:
        print("\n".join(d.procedure.ref for d in definitions))
        if dry_run:
            frame.say(Text(f"预演,不写入;将加入 {len(fresh)} 个", f"dry run, nothing is written; {len(fresh)} would be added"))

    screen.emit(document, render)


app.command()(packs.packs)
app.command()(packs.use)


def schema() -> None:
    import json

    from workflow.procedure.schema import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2, sort_keys=True))
