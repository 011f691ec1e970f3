"""``duban org``: load an organisation, look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from adapters.organisations import read_organisation, shipped_organisation
from workflow.journal.canonical import Json
from workflow.moment import stamp, utc
from workflow.organisation import check, evolve
from workflow.text import Text

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def load(
    file: Annotated[str, typer.Argument(help="机构文件,或 hospital、town / file, or hospital, town")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 / only check")] = False,
) -> None:
    """导入机构:单位、岗位、任职、请假 / load units, posts, holders, leave"""
    found = read_organisation(Path(file)) if file.endswith((".yaml", ".yml")) else shipped_organisation(file)
    if dry_run or frame.absent():  # what is refused leaves no store behind
        with frame.engine(create=True, dry_run=True) as engine:
            organisation, since = engine.organisation(), utc(engine.clock.now())
        for body, _ in found:
            if body["what"] == "unit" and "since" not in body:
                body = {**body, "since": stamp(since)}
            check(organisation, body)
            organisation = evolve(organisation, body)
    if not dry_run:
        with frame.engine(create=True) as engine:
            engine.organise(found)
    screen.emit(
        {"entries": len(found), "dry_run": dry_run},
        lambda: frame.say(Text(f"{len(found)} 条机构记录", f"{len(found)} organisation entries")),
    )


@app.command()
def show() -> None:
    """查看机构:谁现在可以签字,哪些岗位空缺 / who may sign now, which posts are vacant"""
    with frame.engine() as engine:
        organisation = engine.organisation()
        now = utc(engine.clock.now())
    lang = frame.settings.lang
    document: list[Json] = []
    rows: list[list[str]] = []
    for name, post in sorted(organisation.posts.items()):
        signing = organisation.signing(name, now)
        acting = Text("(代 {})", " (for {})").say(lang)
        who = Text("、", ", ").say(lang).join(f"{a.person}" + (acting.format(a.acting_for) if a.acting_for else "") for a in signing)
        unit, part = organisation.units[post.unit], organisation.unit_at(post.unit, now)
        entry: dict[str, Json] = {"post": name, "role": post.role, "unit": post.unit, "signing": [a.document() for a in signing]}
        nobody = Text("空缺", "vacant") if any(h.post == name for h in organisation.holders) else Text("未登记人员", "nobody named")
        if part != post.unit:
            entry["merged_into"] = part
            nobody = Text(f"已并入{organisation.units[part].zh}", f"merged into {organisation.units[part].en}")
        document.append(entry)
        rows.append([unit.zh if lang == "zh" else unit.en, post.zh if lang == "zh" else post.en, post.role, who or nobody.say(lang)])
    headings = (Text("单位", "unit"), Text("岗位", "post"), Text("角色", "role"), Text("签字人", "who may sign"))
    screen.emit(document, lambda: screen.table(headings, rows))
