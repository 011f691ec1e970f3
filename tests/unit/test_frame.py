"""The frame of the command line: options anywhere, data on stdout, errors typed, in the language of the user, each with its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
import typer

from adapters.commands import frame
from adapters.commands.usage import half
from workflow import errors
from workflow.errors import DubanError
from workflow.text import Text

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG", "DUBAN_LANG", "DUBAN_DB", "NO_COLOR")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in LOCALE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A command ``duban probe`` whose ``act`` a test sets."""
    module: Any = ModuleType("adapters.commands.probe")

    def command(word: Annotated[str, typer.Argument()] = "") -> None:
        """试一试 / a trial"""
        module.act(word)

    module.command = command
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(frame.TABLE, "probe", ("probe", "command", Text("试一试", "a trial")))
    yield module


def raising(error: BaseException) -> Any:
    def act(word: str) -> None:
        raise error

    return act


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", "import cli; cli.main()", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "LANG": "zh_CN.UTF-8", "PATH": ""}
    given: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment,
        **options,
    }
    return subprocess.run(line, text=True, encoding="utf-8", timeout=60, check=False, **given)


# what there is


@pytest.mark.parametrize("name", frame.TABLE)
def test_every_command_of_the_table_exists(name: str) -> None:
    module, attribute, _ = frame.TABLE[name]
    assert callable(getattr(import_module(f"adapters.commands.{module}"), attribute))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_lists_every_command_with_a_line_in_the_language(lang: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["--help", "--lang", lang]) == 0
    lines = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert {name: lines[name] for name in frame.TABLE} == {name: label.say(lang) for name, (_, _, label) in frame.TABLE.items()}


def test_without_arguments_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main([]) == 0
    bare_call = capsys.readouterr().out
    assert frame.main(["-h"]) == 0
    assert capsys.readouterr().out == bare_call != ""


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom adapters.commands.frame import main\nmain(['--help'])\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'typer', 'rich', 'pydantic', 'sqlalchemy', 'sqlmodel', 'transitions'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, cwd=ROOT, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_documents_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    frame.main(["--help", "--lang", "en"])
    documented = capsys.readouterr().out.rpartition("exit codes:")[2]
    assert {str(kind.exit_code) for kind in kinds()} <= set(documented.replace(";", " ").split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["--version"]) == 0
    name, number = capsys.readouterr().out.split()
    assert name == "duban"
    assert number[0].isdigit()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", frame.TABLE)
def test_help_of_a_command_is_in_one_language_and_nothing_is_cut_off(name: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main([name, "--help", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    assert shown
    assert "…" not in shown
    if lang == "en":
        words = [w for w in shown.split() if any("\u4e00" <= c <= "\u9fff" for c in w)]
        assert words == []


def test_a_bilingual_help_text_is_halved() -> None:
    assert half("事件日志 .csv / .csv.gz / event log", "en") == "event log"
    assert half("事件日志 / event log", "zh") == "事件日志"
    assert half("system | own", "zh") == "system | own"


# global options


@pytest.mark.parametrize(
    "line",
    [
        ["--db", "a.db", "--lang", "en", "--json", "-q", "-v", "--no-color", "probe", "x"],
        ["probe", "x", "--no-color", "-v", "-q", "--json", "--lang=en", "--db=a.db"],
        ["--json", "probe", "--db", "a.db", "x", "--verbose", "--lang", "en", "--quiet", "--no-color"],
    ],
)
def test_global_options_stand_before_and_after_the_command(line: list[str], probe: Any) -> None:
    seen = []
    probe.act = lambda word: seen.append((word, frame.settings.db, frame.settings.lang, frame.settings.json))
    assert frame.main(line) == 0
    assert seen == [("x", "a.db", "en", True)]
    assert (frame.settings.quiet, frame.settings.verbose, frame.settings.color) == (True, True, False)


def test_global_options_of_one_call_do_not_stay_for_the_next(probe: Any) -> None:
    probe.act = lambda word: None
    frame.main(["probe", "--json", "-q", "-v", "--db", "a.db"])
    frame.main(["probe"])
    assert frame.settings == frame.Settings(db="duban.db")


def test_after_two_dashes_everything_is_an_argument(probe: Any) -> None:
    seen = []
    probe.act = seen.append
    assert frame.main(["probe", "--", "--json"]) == 0
    assert seen == ["--json"]


@pytest.mark.parametrize("line", [["--db"], ["--db=", "probe"], ["probe", "--lang"], ["--lang", "fr", "probe"]])
def test_a_global_option_without_a_usable_value_is_refused(line: list[str], probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe.act = raising(AssertionError("ran"))
    assert frame.main(line) == 2
    assert "[input.bad]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "DUBAN_LANG": "en"}, "en"),
    ],
)
def test_the_language_follows_the_locale_chinese_first(
    environment: dict[str, str], lang: str, probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    probe.act = lambda word: None
    frame.main(["probe"])
    assert frame.settings.lang == lang


def test_the_database_comes_from_the_option_then_the_environment(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    probe.act = lambda word: None
    monkeypatch.setenv("DUBAN_DB", "b.db")
    frame.main(["probe"])
    assert frame.settings.db == "b.db"
    frame.main(["probe", "--db", "a.db"])
    assert frame.settings.db == "a.db"


@pytest.mark.parametrize(("value", "color"), [("1", False), ("", True)])
def test_no_color_counts_when_it_is_not_empty(value: str, color: bool, probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    probe.act = lambda word: None
    monkeypatch.setenv("NO_COLOR", value)
    frame.main(["probe"])
    assert frame.settings.color is color


# errors


def kinds(base: type[DubanError] = DubanError) -> list[type[DubanError]]:
    return [base, *(k for direct in base.__subclasses__() if direct.__module__ == errors.__name__ for k in kinds(direct))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda k: k.__name__)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_typed_error_is_told_on_stderr_with_its_code_and_exits_with_its_own(
    kind: type[DubanError], lang: str, probe: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    probe.act = raising(kind(Text("不行", "cannot"), where="f.yaml:3:7", hint=Text("改", "mend it")))
    assert frame.main(["probe", "--lang", lang]) == kind.exit_code
    said = capsys.readouterr()
    assert said.out == ""
    expected = {"zh": f"f.yaml:3:7: 不行 [{kind.code}]\n  → 改\n", "en": f"f.yaml:3:7: cannot [{kind.code}]\n  → mend it\n"}
    assert said.err == expected[lang]


def test_with_json_an_error_is_one_json_document_on_stderr(probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe.act = raising(errors.UnknownCase(Text("没有案件 7", "there is no case 7"), hint=Text("看", "look")))
    assert frame.main(["probe", "--json", "--lang", "en"]) == 7
    said = capsys.readouterr()
    assert said.out == ""
    expected = {"error": "not_found.case", "exit": 7, "hint": "look", "message": "there is no case 7", "where": None}
    assert json.loads(said.err) == expected


def test_an_unexpected_exception_ends_in_70_with_a_short_message(probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe.act = raising(ZeroDivisionError("by zero"))
    assert frame.main(["probe", "--lang", "en"]) == 70
    said = capsys.readouterr().err
    assert said == "internal error: ZeroDivisionError: by zero [internal]\n  → repeat with -v for the traceback\n"


def test_verbose_shows_the_traceback_of_an_unexpected_exception(probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe.act = raising(ZeroDivisionError("by zero"))
    assert frame.main(["probe", "-v"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_in_130(probe: Any) -> None:
    probe.act = raising(KeyboardInterrupt())
    assert frame.main(["probe"]) == 130


def test_a_command_may_end_with_findings(probe: Any) -> None:
    probe.act = raising(typer.Exit(frame.EXIT_FINDINGS))
    assert frame.main(["probe"]) == 1


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        (["due", "--bogus"], "没有选项 --bogus", "No such option: --bogus"),
        (["show"], "缺少 case", "Missing argument"),
        (["show", "a", "b"], "多余的参数:b", "unexpected extra argument"),
        (["due", "--within"], "选项 --within", "--within"),
        (["definitions"], "缺少子命令", "a subcommand is missing"),
        (["definitions", "burn"], "没有子命令 'burn'", "No such command 'burn'"),
        (["calendar", "show", "x"], "参数的值不对", "Invalid value"),
        (["burn"], "没有命令 'burn'", "there is no command 'burn'"),
    ],
)
def test_a_usage_error_exits_with_2_in_the_language_of_the_user(
    line: list[str], zh: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.main([*line, "--lang", "zh"]) == 2
    assert zh in capsys.readouterr().err
    assert frame.main([*line, "--lang", "en"]) == 2
    assert en in capsys.readouterr().err


def test_a_usage_error_is_json_too_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["due", "--bogus", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "input.bad"


def test_an_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["explan", "--lang", "en"]) == 2
    assert "did you mean explain?" in capsys.readouterr().err


def test_quiet_silences_remarks_and_not_errors(probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe.act = lambda word: frame.say(Text("说明", "remark"))
    frame.main(["probe"])
    assert capsys.readouterr().err == "说明\n"
    frame.main(["probe", "-q"])
    assert capsys.readouterr().err == ""
    probe.act = raising(errors.BadInput(Text("错", "wrong")))
    frame.main(["probe", "-q"])
    assert "错" in capsys.readouterr().err


# the process


def test_a_reader_that_stops_reading_is_no_error() -> None:
    producer = subprocess.Popen(
        [sys.executable, "-c", "import sys, cli; sys.stdin.read(); cli.main()", "schema"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert producer.stdin is not None
    assert producer.stdout is not None
    assert producer.stderr is not None
    producer.stdout.close()
    producer.stdin.close()
    with producer.stderr:
        assert producer.stderr.read() == b""
    assert producer.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_a_typed_error() -> None:
    with open("/dev/full", "w") as full:
        done = run("--help", "--lang", "en", stdout=full)
    assert done.returncode == 69
    assert "cannot write the result" in done.stderr


def test_output_is_utf8_in_a_pipe_whatever_the_locale() -> None:
    done = run("--help", env={"PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": "latin-1", "PATH": ""})
    assert done.returncode == 0
    assert "督办" in done.stdout


def test_nothing_is_asked_without_a_terminal() -> None:
    done = run("open", "medical-dispute")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "[input.bad]" in done.stderr
