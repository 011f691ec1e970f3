"""What every command shares: the global options, the language, the store, and how errors end.

Data goes to standard output, everything else to standard error. Global options may stand before or after the command. A command module
has functions and ``typer`` groups; :data:`TABLE` says which command is where, so that only the module of the command that runs is
imported.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfoNotFoundError

from adapters.commands.given import Settings as Settings
from adapters.commands.given import configuration as configuration
from adapters.commands.given import settings as settings
from adapters.commands.given import take
from workflow.errors import BadInput, ConfigError, DubanError, NoStore, StoreUnavailable, UnknownProcedure
from workflow.text import Text, same

if TYPE_CHECKING:
    from workflow.engine import Engine
    from workflow.ports import Store
    from workflow.rules import Rules

EXIT_FINDINGS = 1

TABLE: dict[str, tuple[str, str, Text]] = {
    "init": ("init", "init", Text("建立存储,选择日志算法", "make a store, choose the hash of its journal")),
    "definitions": ("definitions", "app", Text("程序定义:列出、查看、检查、画图", "procedures: list, show, check, graph")),
    "open": ("cases", "open_", Text("立案:何事、何处、何人告知", "open a case: what, where, who told us")),
    "fire": ("cases", "fire", Text("办理一个事件(请求,可能被拒绝)", "do an event (a request may be refused)")),
    "record": ("cases", "record", Text("补记已经发生的事(不因程序瑕疵被拒绝)", "record what was done (never refused for a breach)")),
    "revise": ("cases", "revise", Text("修改事实并写明理由", "revise facts, with the reason")),
    "decide": ("cases", "decide", Text("作出“必要时”的决定", "take a decision, yes or no")),
    "receipt": ("cases", "receipt", Text("登记签收", "record that a report was received")),
    "confirm": ("cases", "confirm", Text("由他人确认时间,或补签", "confirm a time, or sign afterwards")),
    "note": ("cases", "note", Text("备注、情况说明、认定", "add a note, a statement or a finding")),
    "correct": ("cases", "correct", Text("更正要素或事实", "correct elements or facts")),
    "dismiss": ("leads", "dismiss", Text("线索不予立案,写明理由", "a lead is not pursued, with the reason")),
    "waive": ("cases", "waive", Text("免除义务", "waive a duty")),
    "extend": ("cases", "extend", Text("延期:申请、同意、不同意", "extension: ask, grant, refuse")),
    "withdraw": ("cases", "withdraw", Text("撤回", "withdraw")),
    "void": ("cases", "void", Text("误立", "void a case opened by mistake")),
    "same-as": ("cases", "same_as", Text("与另一案件为同一事件", "the same incident as another case")),
    "reopen": ("cases", "reopen", Text("重新立案", "reopen a closed case")),
    "migrate": ("migrate", "migrate", Text("按方案把在办案件转入程序的新版本", "move running cases to a new version, by a plan")),
    "hold": (
        "erasure",
        "hold",
        Text("保留:争议、申诉或检查期间不得销毁", "hold: nothing is erased during a dispute, appeal or inspection"),
    ),
    "release": ("erasure", "release", Text("解除保留", "release a hold")),
    "erase": ("erasure", "erase", Text("依法销毁个人信息", "destroy personal data on a lawful ground")),
    "show": ("views", "show", Text("案件经过与台账", "timeline and ledger of a case")),
    "due": ("views", "due", Text("接下来什么到期,逾期在前", "what is due next, overdue first")),
    "trace": ("trace", "trace_", Text("责任倒查:此前哪些义务未履行或迟延", "what was missed or late before an outcome")),
    "leads": (
        "leads",
        "list_",
        Text("线索清单:疑似迟报、漏报,待人认定", "leads: suspected late and missing acts, for a person to determine"),
    ),
    "stats": ("stats", "stats", Text("按单位、程序、月份统计按时率", "on-time figures by unit, kind and month")),
    "sheet": (
        "sheet",
        "sheet",
        Text("由台账填写的检查表、评估表、考核表", "a form filled from the ledger: inspection, evaluation, appraisal"),
    ),
    "matrix": ("matrix", "matrix", Text("覆盖矩阵:单位 × 种类,列出缺口", "coverage: units and kinds, with the gaps")),
    "round": ("rounds", "round_", Text("一轮的覆盖情况:已做的单位和缺口", "coverage of a round: the units that are done, and the gaps")),
    "explain": ("views", "explain", Text("为什么是这个期限", "why a duty is due then")),
    "tick": ("tick", "tick", Text("走一次时钟:到期转移、标记、提醒", "one sweep of the clock: transitions, flags, reminders")),
    "outbox": ("outbox", "app", Text("待发和未能发出的消息", "messages that wait, and those that could not be sent")),
    "run": ("run", "run", Text("值守:到期即标记、提醒", "keep watch: flag and tell what is due, as a daemon")),
    "store": ("store", "app", Text("存储:复制到另一处(SQLite、PostgreSQL)", "stores: copy to another place (SQLite, PostgreSQL)")),
    "backup": ("store", "backup", Text("备份到一个文件(使用中也可),并核对", "make a backup, also of a store in use, and check it")),
    "replay": ("replay", "replay", Text("回放日志或本库", "replay a log or this store")),
    "log": ("log", "app", Text("其他系统的日志:查看、起草映射、转换", "logs of other systems: inspect, draft a map, convert")),
    "audit": ("audit", "app", Text("核验日志链、封印、导出", "verify the journal, seal it, export it")),
    "calendar": ("calendar", "app", Text("工作日历:计算、查看、导入", "calendars: due, show, import")),
    "org": ("org", "app", Text("机构:导入、查看", "the organisation: load, show")),
    "roster": ("roster", "app", Text("值班表:谁在值班、谁接班、缺口;换班", "rosters: who is on duty, who is next, gaps; swaps")),
    "new": ("new", "new", Text("写出一份带注释的程序定义和它的测试", "write a commented procedure and a test of it")),
    "simulate": (
        "simulate",
        "simulate_",
        Text("试算一年:何时到期、工作量、岗位空缺会误什么", "a year tried out: what falls due, the load, what an empty post costs"),
    ),
    "coverage": ("coverage", "coverage", Text("来源 119 项要求各落在何处", "where each of the 119 rows of the sources stands")),
    "schema": ("definitions", "schema", Text("定义语言的 JSON Schema", "JSON Schema of the definition language")),
    "config": ("config", "app", Text("设置:查看生效的值和来源,检查", "settings: the values that hold and where from, check")),
    "doctor": ("doctor", "doctor", Text("检查本机环境", "check this machine")),
    "self-test": ("selftest", "self_test", Text("自检:一次演练,走遍每个渠道", "a drill through every channel, end to end")),
    "demo": ("demo", "demo", Text("演示一个假期里的故事,并由另一进程回放", "a story over a holiday, played and replayed")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what a user can cause."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # files and pipes get UTF-8 everywhere, a terminal what it can show
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(take(given))
        sys.stdout.flush()  # here, where a closed pipe or a full disk can still be answered
        return code
    except DubanError as error:
        return fail(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads us has seen enough (``duban due | head``)
        _forget_output()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            return _unexpected(error)
        _forget_output()
        return fail(StoreUnavailable(Text(f"不能写出结果:{error.strerror}", f"cannot write the result: {error.strerror}")))
    except ZoneInfoNotFoundError as error:
        hint = Text("安装系统的 tzdata,或 python -m pip install tzdata", "install tzdata of the system, or python -m pip install tzdata")
        return fail(ConfigError(Text(f"本机没有时区数据:{error}", f"this machine has no time-zone data: {error}"), hint=hint))
    except Exception as error:  # the last line of defence: a short message, not a traceback
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    if settings.verbose:
        traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}"
    hint = Text("加 -v 查看详情", "repeat with -v for the traceback")
    return fail(DubanError(Text(f"内部错误:{what}", f"internal error: {what}"), hint=hint))


def _forget_output() -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not fail on it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_UNSEEN = {c: f"\\x{c:02x}" for c in (*range(0x20), *range(0x7F, 0xA0)) if c not in (0x09, 0x0A)}
_UNSEEN |= {c: f"\\u{c:04x}" for c in (0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that command a terminal or turn the order of the text round: shown by their number, never sent (people write free text)."""


def visible(text: str) -> str:
    """The text as it can be sent to a terminal: what would move the cursor, colour or hide something is written out."""
    return text.translate(_UNSEEN)


def fail(error: DubanError) -> int:
    """Print an error as the user asked for it and return its exit code."""
    if settings.json:
        hint = error.hint.say(settings.lang) if error.hint is not None else None
        message = error.message.say(settings.lang)
        document = {"error": error.code, "message": message, "where": error.where, "hint": hint, "exit": error.exit_code}
        print(json.dumps(document, ensure_ascii=False, sort_keys=True), file=sys.stderr)
    else:
        print(visible(error.say(settings.lang)), file=sys.stderr)
    return error.exit_code


def _dispatch(rest: list[str]) -> int:
    if not rest or rest[0] in ("-h", "--help"):
        print(help_text())
        return 0
    if rest[0] == "--version":
        print(f"duban {version('duban')}")
        return 0
    name = rest[0]
    if name not in TABLE:
        import difflib

        near = difflib.get_close_matches(name, TABLE, n=1)
        hint = Text(f"是否为 {near[0]}?", f"did you mean {near[0]}?") if near else Text("用 duban --help 查看命令", "see duban --help")
        raise BadInput(Text(f"没有命令 {name!r}", f"there is no command {name!r}"), hint=hint)
    module, attribute, label = TABLE[name]
    import typer

    target: Any = getattr(import_module(f"adapters.commands.{module}"), attribute)
    if isinstance(target, typer.Typer):
        app = target
    else:
        app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
        app.command(name, help=label.say(settings.lang))(target)
    return _run(typer.main.get_command(app), name, rest[1:])


def _run(command: Any, name: str, words: list[str]) -> int:
    """Parse and call one command. Without click's own ``main``, which would answer signals and closed pipes in its own way."""
    import typer

    from adapters.commands.usage import dress, misused, speak

    speak(command, settings.lang)
    if {"-h", "--help"} & set(words):
        dress(command, settings.lang)
    usage, base = cast("tuple[type[Exception], ...]", typer.BadParameter.__mro__[1:3])  # of the click that typer brings with it
    try:
        with command.make_context(f"duban {name}", words) as context:
            result = command.invoke(context)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        return 130
    except usage as error:
        return fail(misused(error, f"duban {name}"))
    except base as error:
        return fail(BadInput(same(str(error))))
    return int(result or 0)


def help_text() -> str:
    """The overview, from the table; no command module is imported for it."""
    heading = Text(
        "duban 督办:期限即法律的处置程序\n\n用法:duban 命令 …\n",
        "duban: incident-handling procedures whose deadlines are law\n\nusage: duban COMMAND ...\n",
    )
    options = Text(
        "\n通用选项(放在命令前后均可):\n"
        "  --db 路径      数据库(或 DUBAN_DB,默认 ./duban.db)\n"
        "  --config 文件  配置文件(或 DUBAN_CONFIG,默认 ./duban.toml)\n"
        "  --lang zh|en   界面语言(默认随系统,中文优先)\n"
        "  --json         输出 JSON;-q 安静;-v 详细;--no-color 无颜色;--version 版本\n"
        "\n退出码:0 正常;1 有逾期或发现;2 输入错误;3 定义错误;4 不允许;5 冲突;6 完整性;7 找不到;8 日历缺口;\n"
        "  69 存储不可用;70 内部;75 稍后再试;78 配置;130 中断",
        "\nglobal options (before or after the command):\n"
        "  --db PATH      database (or DUBAN_DB, default ./duban.db)\n"
        "  --config FILE  settings (or DUBAN_CONFIG, default ./duban.toml)\n"
        "  --lang zh|en   language (default: locale, Chinese first)\n"
        "  --json         JSON output; -q quiet; -v verbose; --no-color; --version\n"
        "\nexit codes: 0 ok; 1 findings; 2 bad input; 3 definition; 4 not permitted; 5 conflict; 6 integrity;\n"
        "  7 not found; 8 calendar gap; 69 store unavailable; 70 internal; 75 try again; 78 config; 130 interrupted",
    )
    rows = [same(f"  {name:<13}") + label for name, (_, _, label) in TABLE.items()]
    return "\n".join([heading.say(settings.lang), *(r.say(settings.lang) for r in rows), options.say(settings.lang)])


def say(text: Text) -> None:
    """A remark for people, on standard error; silent with ``--quiet``."""
    if not settings.quiet:
        print(visible(text.say(settings.lang)), file=sys.stderr)


@contextmanager
def store(*, create: bool = False, algorithm: str = "sha256") -> Iterator[Store]:
    """The store of ``--db`` by itself, whose content need not be sound; ``algorithm`` is for one that is made."""
    from workflow.engine import open_store

    found = open_store(_url(), create=create, algorithm=algorithm)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def evidence() -> Iterator[Store]:
    """The store of ``--db`` for one who only looks: a file of SQLite is not touched, nor is anything beside it."""
    from workflow.engine import open_store

    found = open_store(looked_at(), create=False)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def examined() -> Iterator[Engine]:
    """The engine on :func:`evidence`: everything but a write."""
    from workflow.engine import Engine

    with evidence() as found:
        yield Engine.on(found)


def looked_at() -> str:
    """The address of :func:`evidence`, for another process."""
    return as_evidence(_url())


def as_evidence(url: str) -> str:
    """The address under which a store is only looked at; one that already says how it is to be opened stays as it is."""
    if not url.startswith("sqlite:///") or url == "sqlite:///:memory:" or "mode=" in url.partition("?")[2]:
        return url
    return f"{url}{'&' if '?' in url else '?'}mode=evidence"


def engine(*, create: bool = False, dry_run: bool = False) -> Engine:
    """The engine on the store of ``--db``.

    Only a command that begins something (``open``, ``org load``, ``definitions add``, ``calendar import``) may ``create`` the store,
    with the shipped definitions in it; any other raises :class:`~workflow.errors.StoreUnavailable` where none is, so that a path that was
    mistyped does not become an empty store. Rehearsing what would create it is done in memory.
    """
    from workflow.engine import Engine

    url = "memory:" if create and dry_run and absent() else _url()
    dry_run = dry_run and url != "memory:"
    found = Engine.open(url, create=create and not dry_run)
    if create and not dry_run and not found.definitions():
        from adapters.library import shipped_definitions

        found.add_all(shipped_definitions())
    return found


def _url() -> str:
    return settings.db if "://" in settings.db or settings.db.startswith("memory:") else f"sqlite:///{settings.db}"


def absent() -> bool:
    """Whether there is no store behind ``--db`` yet. An empty file is none: it becomes one when it is first written."""
    url = _url()
    if not url.startswith("sqlite:///"):
        return not url.startswith("memory:") and _nothing_at(url)
    found = Path(url.removeprefix("sqlite:///").partition("?")[0])
    try:
        return not found.is_dir() and found.stat().st_size == 0
    except FileNotFoundError:
        return found.absolute().parent.is_dir()  # elsewhere the store itself says what is wrong
    except (OSError, ValueError):
        return False


def _nothing_at(url: str) -> bool:
    from workflow.engine import open_store

    try:
        open_store(url, create=False).close()
    except NoStore:
        return True
    except DubanError:
        pass  # said by whoever opens it next
    return False


def rules_for(found: Engine, procedure: str, at: str = "", *, dry_run: bool = False) -> Rules:
    """The rules of a procedure (id, ``id@version`` or title) in force at ``at`` as its own zone reads it; empty is now (S8.1).

    Looks in the store and, for what a store made by an older version does not have yet, among the shipped definitions; one from there is
    added to the store unless this is a dry run. Raises :class:`~workflow.errors.UnknownProcedure`.
    """
    from adapters.library import shipped_definitions
    from workflow.moment import parse
    from workflow.rules import Rules

    def choose(candidates: Iterable[Rules]) -> Rules | None:
        chosen = None
        for rules in candidates:
            p = rules.procedure
            named = word in (p.procedure.lower(), p.zh.lower(), p.en.lower()) and not p.packs
            if word == p.ref.lower() or (named and rules.in_force(instant(rules))):
                chosen = rules
        return chosen

    def instant(rules: Rules) -> datetime:
        return parse(at, rules.zone).lo if at else found.clock.now()

    word = procedure.strip().lower()
    kept = found.definitions()
    rules = choose(kept)
    if rules is None:
        known = {r.procedure.ref for r in kept}
        shipped = [d for d in shipped_definitions() if d.procedure.ref not in known]
        rules = choose(Rules(d.procedure, d.hash) for d in shipped)
        if rules is None:
            raise UnknownProcedure(
                Text(f"没有在施行的程序 {procedure!r}", f"no procedure {procedure!r} is in force"),
                hint=Text("用 duban definitions list 查看", "see duban definitions list"),
            )
        if not dry_run:
            found.add(next(d for d in shipped if d.hash == rules.hash))
    elif word != rules.procedure.ref.lower():
        return found.rules(rules.procedure.procedure, instant(rules))  # with the packs that are switched on
    return rules
