"""The time account of a case (时间账) as tables."""

from __future__ import annotations

from datetime import timedelta

from adapters.commands import frame, screen
from workflow.account import Account, holder_text
from workflow.explain import duration
from workflow.rules import World
from workflow.text import Text


def show(found: Account | None, world: World) -> None:
    """The account of a case as two tables: stretch by stretch, and how long each held it in all."""
    lang, zone = frame.settings.lang, world.rules.zone
    out = screen.console()
    out.print()
    if found is None:
        out.print(Text("时间账:没有报告,无从计算", "time account: nothing was reported").say(lang))
        return
    out.print(Text(f"时间账 {duration(_span(found.seconds), 'zh')}", f"time account {duration(_span(found.seconds), 'en')}").say(lang))
    stretches = [
        [screen.local(s.since, zone), screen.local(s.until, zone), holder_text(s.holder, world).say(lang), duration(_span(s.seconds), lang)]
        for s in found.stretches
    ]
    screen.table((Text("起", "from"), Text("止", "until"), Text("在谁手上", "held by"), Text("时长", "for")), stretches)
    out.print()
    held = [[holder_text(name, world).say(lang), duration(_span(seconds), lang)] for name, seconds in found.held.items()]
    screen.table((Text("合计", "in all"), Text("时长", "for")), held)


def _span(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)
