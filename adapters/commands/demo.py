"""``duban demo``: a written story over a holiday, played on a store of its own and replayed by another process elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from adapters.bundle import lines
from adapters.calendars import shipped
from adapters.commands import frame, screen
from adapters.commands.views import timeline
from adapters.files import write_whole
from adapters.host import FixedClock, SystemEntropy, tz
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.sql import SqlStore
from adapters.story import DISPUTE, SCENES, tell
from workflow.act import Act
from workflow.engine import Engine
from workflow.errors import IntegrityError, StoreUnavailable
from workflow.explain import why
from workflow.replay import replay_cases
from workflow.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 10, 20, 9, 0, tzinfo=ZONE)


def demo(keep: Annotated[Path | None, typer.Option("--keep", help="把演示库留在此文件夹 / keep the files in this folder")] = None) -> None:
    """演示 / the story"""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        _play(keep)
        return
    try:
        place = tempfile.TemporaryDirectory(prefix="duban-demo-")
    except OSError as error:
        raise StoreUnavailable(
            Text(f"没有可用的临时目录:{error.strerror}", f"no folder for temporary files: {error.strerror}"),
            hint=Text("用 --keep 指定文件夹", "name a folder with --keep"),
        ) from None
    with place as folder:
        _play(Path(folder))


def _play(folder: Path) -> None:
    lang = frame.settings.lang
    clock = FixedClock(datetime(2026, 9, 24, 8, 0, tzinfo=ZONE))
    engine = Engine(SqlStore.open(f"sqlite:///{folder / 'demo.db'}"), clock, SystemEntropy(), shipped("cn"), tz())
    with engine:
        engine.add_all(shipped_definitions())
        for name in ("hospital", "town"):
            engine.organise(shipped_organisation(name))
        tell(engine, clock)
        clock.set(END)
        engine.tick()
        if not frame.settings.json:
            for case in SCENES:
                _timeline(engine, case)
            _why(engine)
        bundle = folder / "journal.jsonl"
        write_whole(bundle, lines(engine, END))
        here = _digest(engine)
    there = _elsewhere(bundle)
    if here["digest"] != there["digest"]:
        raise IntegrityError(Text("另一进程的回放结果不同", f"another process replays to {there['digest']}, not {here['digest']}"))
    result: dict[str, Any] = {
        "digest": here["digest"],
        "replayed": there["digest"],
        "totals": here["totals"],
        "obligations": here["obligations"],
    }

    def render() -> None:
        out = screen.console()
        out.print()
        out.print(
            Text(
                "另一进程(时区 America/New_York,另一哈希种子)回放导出的日志,结果相同:",
                "another process (zone America/New_York, another hash seed) replayed the exported journal to the same digest:",
            ).say(lang)
        )
        out.print(there["digest"], style="bold", soft_wrap=True)

    screen.emit(result, render)


def _timeline(engine: Engine, case: str) -> None:
    lang = frame.settings.lang
    out = screen.console()
    standing = engine.case(case)
    rules = engine.world(standing).rules
    out.print(f"\n{case}  {rules.procedure.title.say(lang)}", style="bold")
    timeline(standing.case, rules, {})
    out.print()
    ledger = [r for r in engine.ledger(case) if r.begin is not None or r.met_by is not None]
    screen.table(screen.LEDGER, screen.ledger_rows(ledger, rules))


def _why(engine: Engine) -> None:
    case = DISPUTE
    standing = engine.case(case)
    world = engine.world(standing)
    row = next(r for r in engine.ledger(case) if r.duty.id == "feedback")
    out = screen.console()
    out.print()
    for number, line in enumerate(why(row, standing.case, world).lines(frame.settings.lang)):
        out.print(line, style="bold" if number == 0 else "", soft_wrap=not sys.stdout.isatty())


def _digest(engine: Engine) -> Any:
    rules = {r.hash: r for r in engine.definitions()}
    with engine.store.read() as view:
        cases = [(row.id, [Act.decode(e) for e in view.entries(row.id)]) for row in view.cases()]
    return replay_cases(cases, rules, engine.calendars, engine.organisation(), END).document()


def _elsewhere(bundle: Path) -> Any:
    environment = {**os.environ, "TZ": "America/New_York", "PYTHONHASHSEED": "4711", "PYTHONUTF8": "1"}
    command = [
        sys.executable,
        "-P",  # what lies in the folder we are called from is no module of ours
        "-c",
        "import sys; from adapters.commands.frame import main; sys.exit(main(sys.argv[1:]))",
        "replay",
        str(bundle),
        "--json",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise IntegrityError(Text(f"回放失败:{done.stderr.strip()}", f"the replay failed: {done.stderr.strip()}"))
    return json.loads(done.stdout)
