"""Whether a machine and a store can be trusted with deadlines, check by check: what was found, whether it will do, what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from adapters.store.sql import SqlStore
from adapters.vitals import WANTED_DAYS, skew
from workflow.engine import Engine
from workflow.frequency import unset
from workflow.moment import unstamp, utc
from workflow.organisation import Organisation
from workflow.organisation.gaps import Gap
from workflow.organisation.vacant import roster_gaps
from workflow.outbox import SWEPT, Message
from workflow.owners import unowned
from workflow.procedure.legend import unverified
from workflow.procedure.model import Procedure
from workflow.text import Text, join, same

WANTED_BYTES = 500_000_000
WANTED_POSTGRES = 150_000
"""``server_version_num`` of the oldest PostgreSQL that is supported."""
UNSWEPT = timedelta(minutes=2)
"""What was due longer ago than this was not seen by anybody."""
UNSENT = timedelta(hours=1)
"""A message that waits longer than this, though it may be sent, waits for somebody."""
SKEW = 1.0
"""Seconds by which two clocks may differ."""
DAYS = 7
"""How far ahead rosters are looked at, and how far back messages that could not be sent."""
SAID = 3
"""How many names a value lists before it only counts."""


@dataclass(frozen=True, slots=True)
class Check:
    """``todo`` is there where something can be done, also where nothing is wrong."""

    title: Text
    value: Text
    ok: bool
    todo: Text | None = None


def calendar(last: date, source: Text, today: date) -> Check:
    left = (last - today).days
    first = last + timedelta(days=1)
    todo = Text(
        f"{first} 起的工作日期限为暂定;通知公布后用 duban calendar import 导入",
        f"working-day dates from {first} are provisional; import the notice when it is published",
    )
    value = same(f"{left} ({last}) · ") + source
    ok = left >= WANTED_DAYS
    return Check(Text("已公布日历剩余天数", "days of published calendar left"), value, ok, None if ok else todo)


def disk(file: Path) -> Check:
    """The disk on which the file lies or would lie."""
    folder = next(p for p in file.resolve().parents if p.is_dir())
    free = shutil.disk_usage(folder).free
    todo = Text("腾出空间:写不进去的记录就是迟报", "make room: what cannot be written is late")
    ok = free >= WANTED_BYTES
    return Check(Text("磁盘空间", "disk space"), same(f"{free // 1_000_000} MB"), ok, None if ok else todo)


def terminal(environment: Mapping[str, str] = os.environ) -> Check:
    """Whether Chinese can be shown: the encoding can say it, and the text console of Linux, which has no such letters, is not used."""
    encoding = (sys.stdout.encoding or "").lower()
    todo = None
    try:
        "督办".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        todo = Text("设 PYTHONUTF8=1 或使用 UTF-8 的 LANG", "set PYTHONUTF8=1, or a LANG in UTF-8")
    if environment.get("TERM") == "linux" and sys.stdout.isatty():
        todo = Text(
            "Linux 文本控制台没有汉字;用 ssh 或图形终端,或 --lang en", "the text console has no Chinese; use ssh or a window, or --lang en"
        )
    value = encoding + (f" · TERM={environment['TERM']}" if environment.get("TERM") and sys.stdout.isatty() else "")
    return Check(Text("终端编码", "terminal encoding"), same(value), todo is None, todo)


def settings(cautions: Iterable[Text]) -> Check:
    found = list(cautions)
    todo = Text("见 duban config check", "see duban config check")
    title = Text("设置", "settings")
    return Check(title, _some([_short(c) for c in found]), False, todo) if found else Check(title, Text("无提醒", "nothing to say"), True)


def of_store(engine: Engine, used: list[Procedure]) -> Iterator[Check]:
    """Everything that only the store can tell. Raises what the store raises."""
    now = utc(engine.clock.now())
    yield mode(engine)
    yield clocks(engine, now)
    yield from watch(engine, now)
    yield outbox(engine, now)
    organisation = engine.organisation()
    if not organisation.is_empty:
        title = Text("无责任主体的职责", "duties without an owner")
        todo = Text("在机构文件中设岗:duban org load", "give them a post: duban org load")
        yield _listed(title, organisation, unowned(organisation, used, now), todo, fault=True)
    if organisation.rosters:
        title = Text(f"{DAYS} 天内的值班缺口", f"gaps of rosters in {DAYS} days")
        todo = Text("用 duban roster 查看,再排班或换班", "see duban roster, then fill or swap the shifts")
        holes = dict.fromkeys(organisation.posts[gap.post] for gap in roster_gaps(organisation, now, DAYS))
        yield _listed(title, organisation, (Gap("roster", p.unit, p.id, Text(p.zh, p.en)) for p in holes), todo, fault=True)
    title = Text("未设定频次的周期性职责", "recurring duties without a frequency")
    todo = Text("在机构文件中设定频次", "set how often in the organisation file")
    yield _listed(title, organisation, unset(organisation, engine.definitions(), now), todo, fault=False)
    yield rules(used)


def mode(engine: Engine) -> Check:
    """How the database keeps what was answered: a commit must survive a power cut."""
    title, store = Text("数据库方式", "database mode"), engine.store
    if not isinstance(store, SqlStore):
        return Check(
            title, Text("内存", "in memory"), False, Text("退出即失;用文件或 PostgreSQL", "gone at the end; use a file or PostgreSQL")
        )
    with store.engine.connect() as connection:

        def ask(sql: str) -> str:
            return str(connection.exec_driver_sql(sql).scalar_one())

        if store.engine.dialect.name == "postgresql":
            version, number = ask("SHOW server_version").split()[0], int(ask("SHOW server_version_num"))
            commit, synced = ask("SHOW synchronous_commit"), ask("SHOW fsync")
            value = same(f"PostgreSQL {version} · synchronous_commit={commit} · fsync={synced}")
            todo = Text(
                "用 PostgreSQL 15 以上,fsync 和 synchronous_commit 打开", "use PostgreSQL 15 or later with fsync and synchronous_commit on"
            )
            ok = number >= WANTED_POSTGRES and commit != "off" and synced == "on"
        else:
            journal, level = ask("PRAGMA journal_mode").upper(), int(ask("PRAGMA synchronous"))
            value = same(f"SQLite {ask('SELECT sqlite_version()')} · {journal} · synchronous={('OFF', 'NORMAL', 'FULL', 'EXTRA')[level]}")
            todo = Text(
                "断电可能丢失已答复的记录;去掉地址中的 synchronous=normal",
                "a power cut may lose what was answered; drop synchronous=normal",
            )
            ok = journal == "WAL" and level >= 2
    return Check(title, value, ok, None if ok else todo)


def clocks(engine: Engine, now: datetime) -> Check:
    """Our clock beside that of the database server, or else beside the last sweep that is in the store: it cannot be in the future."""
    title = Text("时钟偏差", "clock skew")
    todo = Text("检查各机的对时服务(NTP)", "check the time service (NTP) of each machine")
    if isinstance(engine.store, SqlStore) and engine.store.engine.dialect.name == "postgresql":
        ahead = skew(engine.store)
        value = Text(f"数据库时钟比本机快 {ahead:.3f} 秒", f"the clock of the database is {ahead:.3f} s ahead of ours")
        return Check(title, value, abs(ahead) <= SKEW, None if abs(ahead) <= SKEW else todo)
    with engine.store.read() as view:
        mark = view.mark(SWEPT)
    if not mark:
        return Check(
            title,
            Text("无可比较(文件没有自己的时钟,尚未巡查)", "nothing to compare with (a file has no clock, nothing was swept yet)"),
            True,
        )
    behind = (unstamp(mark) - now).total_seconds()
    if behind > SKEW:
        value = Text(f"本机时钟比上次巡查早 {behind:.0f} 秒", f"our clock is {behind:.0f} s before the last sweep")
        return Check(title, value, False, todo)
    return Check(title, Text("不早于上次巡查(文件没有自己的时钟)", "not before the last sweep (a file has no clock)"), True)


def watch(engine: Engine, now: datetime) -> Iterator[Check]:
    """What the watch has left: instants that passed unseen, cases that it cannot sweep, and the oldest duty that people still owe."""
    with engine.store.read() as view:
        first, parked = view.next_waking(), view.parked()
        oldest = next(iter(view.dues(until=now)), None)
    late = now - first if first is not None and first < now else timedelta(0)
    ok = late <= UNSWEPT
    value = Text("无", "none") if not late else Text(f"已 {_length(late)}", f"for {_length(late)}")
    todo = Text("无人值守;duban run,或 duban tick", "nobody watches: duban run, or duban tick")
    yield Check(Text("到期未巡查", "due and not swept"), value, ok, None if ok else todo)
    told = _some([same(f"{p.case} [{p.code}]") for p in parked])
    todo = Text("duban audit verify;原因:", "duban audit verify; the reason: ") + same(parked[0].reason if parked else "")
    yield Check(Text("搁置的案件", "parked cases"), told, not parked, todo if parked else None)
    value = Text("无", "none")
    if oldest is not None and oldest.due is not None:
        value = same(f"{oldest.case} {oldest.row} · {_length(now - oldest.due)}")
    yield Check(Text("最早逾期的义务", "oldest overdue duty"), value, True, Text("duban due", "duban due") if oldest is not None else None)


def outbox(engine: Engine, now: datetime) -> Check:
    """Messages that wait too long, that could not be sent and were taken over by nobody, or that may arrive twice (no fault)."""
    with engine.store.read() as view:
        waiting = [*view.messages(("pending",)), *view.messages(("sending",))]
        dead = [m for m in view.messages(("dead",)) if now - m.created <= timedelta(days=DAYS)]
        lost = [m for m in dead if all(other.instead_of != m.id for other in view.messages(case=m.case))]
    longest = max((now - _sendable(m) for m in waiting), default=timedelta(0))
    late = sum(now - _sendable(m) > UNSENT for m in waiting)
    doubtful = sum(m.doubtful for m in waiting)
    found: list[tuple[Text, Text]] = []
    if late:
        value = Text(f"{late} 条久未发出,最久 {_length(longest)}", f"{late} wait too long, the oldest for {_length(longest)}")
        found.append(
            (value, Text("看 duban run 是否在运行及其日志;duban self-test", "see that duban run is up, and its log; duban self-test"))
        )
    if lost:
        named = _some([same(str(m.id)) for m in lost])
        todo = Text("看原因 duban outbox,改正后 duban outbox retry 编号", "see why in duban outbox, mend it, duban outbox retry NUMBER")
        found.append((Text(f"{DAYS} 天内未能发出且无人接替:", f"could not be sent in {DAYS} days, taken over by nobody: ") + named, todo))
    if doubtful:
        value = Text(f"{doubtful} 条可能重复", f"{doubtful} may arrive twice")
        found.append((value, Text("不必处理;发出时注明可能重复", "nothing: they say that they may be duplicates")))
    values, todos = [v for v, _ in found] or [Text("无异常", "nothing amiss")], [t for _, t in found]
    return Check(
        Text("待发消息", "messages"), join(values, zh="; ", en="; "), not (late or lost), join(todos, zh="; ", en="; ") if todos else None
    )


def _sendable(message: Message) -> datetime:
    """Since when a message could have been sent: one that was never tried may have waited for the end of the quiet hours."""
    return message.created if message.said or message.next_at is None or message.state == "sending" else message.next_at


def rules(used: list[Procedure]) -> Check:
    """Duties of procedures in use that rest on a text which nobody read in the original: no fault, but to be seen."""
    found = [same(f"{p.ref} ") + o.text for p in used for o in p.obligations.values() if unverified(p, o)]
    todo = Text("核对原文后再作为依据", "read the original before you rest on it")
    return Check(Text("在用的未核实规则", "unverified rules in use"), _some(found), True, todo if found else None)


def _listed(title: Text, organisation: Organisation, missing: Iterable[Gap], todo: Text, *, fault: bool) -> Check:
    found = [organisation.called(g.unit) + same(" ") + g.label for g in missing]
    value = Text(f"{len(found)} ", f"{len(found)} ") + join(found, zh="; ", en="; ") if found else same("0")
    return Check(title, value, not (fault and found), todo if found else None)


def _some(names: list[Text]) -> Text:
    """How many, and the first of them."""
    more = same(" …") if len(names) > SAID else same("")
    return same(str(len(names))) + (same(" ") + join(names[:SAID], zh="; ", en="; ") + more if names else same(""))


def _short(text: Text) -> Text:
    return Text(text.zh[:80], text.en[:80])


def _length(span: timedelta) -> str:
    hours, rest = divmod(int(span.total_seconds()), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours}:{rest // 60:02}:{rest % 60:02}"
