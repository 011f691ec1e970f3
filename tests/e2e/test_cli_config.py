"""``duban config`` and the settings files as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.commands import frame

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DUBAN_DB", "DUBAN_LANG", "DUBAN_CONFIG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.chdir(tmp_path)


def test_show_says_where_each_value_came_from(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("duban.toml").write_text('db = "office.db"\n\n[daemon]\ninterval = 10\n', encoding="utf-8")
    monkeypatch.setenv("DUBAN_DAEMON_BATCH", "5")
    assert frame.main(["config", "show", "--origin", "--json", "--lang", "en"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["db"] == {"value": "office.db", "origin": "file", "place": "duban.toml:1"}
    assert found["daemon.interval"] == {"value": 10, "origin": "file", "place": "duban.toml:4"}
    assert found["daemon.batch"] == {"value": 5, "origin": "environment", "place": "DUBAN_DAEMON_BATCH"}
    assert found["lang"] == {"value": "en", "origin": "flag", "place": "--lang"}
    assert found["log.level"] == {"value": "INFO", "origin": "default", "place": ""}
    assert frame.main(["config", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["daemon.interval"] == 10


def test_show_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("duban.toml").write_text('db = "office.db"\n', encoding="utf-8")
    assert frame.main(["config", "show", "--origin"]) == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("db "))
    assert line.split() == ["db", "office.db", "配置文件", "duban.toml:1"]


def test_check_lists_everything_and_exits_with_78(capsys: pytest.CaptureFixture[str]) -> None:
    Path("duban.toml").write_text('bd = 1\n[channels.a]\nkind = "x"\ntoken = "t0ken"\n', encoding="utf-8")
    assert frame.main(["config", "check", "--json", "--lang", "en"]) == 78
    out = capsys.readouterr().out
    assert sorted(p["error"] for p in json.loads(out)["problems"]) == ["config.secret", "config.unknown"]
    assert frame.main(["config", "check", "--lang", "en"]) == 78
    out += capsys.readouterr().out
    assert "duban.toml:1: unknown setting 'bd' [config.unknown]" in out
    assert "t0ken" not in out


def test_check_tries_every_channel_without_sending(capsys: pytest.CaptureFixture[str]) -> None:
    channels = '[channels.mail]\nkind = "email"\nhost = "localhost"\n\n[channels.screen]\nkind = "console"\nsuond = true\n'
    channels += '\n[channels.robot]\nkind = "wecom-robot"\n\n[channels.pigeon]\nkind = "pigeon"\n\n[channels.good]\nkind = "console"\n'
    Path("duban.toml").write_text(channels, encoding="utf-8")
    assert frame.main(["config", "check", "--json", "--lang", "en"]) == 78
    found = {p["where"]: p["message"] for p in json.loads(capsys.readouterr().out)["problems"]}
    assert found == {
        "duban.toml:1": "channels.mail.sender: must be set",
        "duban.toml:7": "unknown setting 'channels.screen.suond'",
        "duban.toml:9": "channels.robot.key_file: must be set",
        "duban.toml:13": "channels.pigeon.kind: there is no kind of channel 'pigeon'",
    }


def test_check_of_sound_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert frame.main(["config", "check"]) == 0
    assert "无文件" in capsys.readouterr().out
    monkeypatch.setenv("DUBAN_LNAG", "en")
    assert frame.main(["config", "check"]) == frame.EXIT_FINDINGS
    assert "DUBAN_LANG" in capsys.readouterr().out


def test_the_file_says_the_store_and_the_language_of_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("duban.toml").write_text('db = "office.db"\nlang = "en"\n', encoding="utf-8")
    assert frame.main(["init"]) == 0
    assert Path("office.db").exists()
    assert not Path("duban.db").exists()
    assert frame.settings.lang == "en"
    monkeypatch.setenv("DUBAN_DB", "other.db")
    assert frame.main(["init", "--lang", "zh"]) == 0
    assert Path("other.db").exists()
    assert frame.settings.lang == "zh"
    capsys.readouterr()


def test_the_overview_is_in_the_language_of_the_file_and_needs_no_sound_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("duban.toml").write_text('lang = "en"\nbd = 1\n', encoding="utf-8")
    assert frame.main(["--help"]) == 0
    assert "global options" in capsys.readouterr().out
    Path("duban.toml").write_text("lang = \n", encoding="utf-8")
    assert frame.main(["--help"]) == 0
    assert "通用选项" in capsys.readouterr().out


def test_a_broken_file_stops_every_other_command(capsys: pytest.CaptureFixture[str]) -> None:
    Path("duban.toml").write_text("bd = 1\n", encoding="utf-8")
    assert frame.main(["due"]) == 78
    assert "duban.toml:1" in capsys.readouterr().err
    assert frame.main(["due", "--config", "nowhere.toml"]) == 78
    assert "nowhere.toml" in capsys.readouterr().err


def test_a_password_in_the_url_of_the_store_is_refused_without_a_file_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["due", "--db", "postgresql://duban:hunter2@db/duban"]) == 78
    said = capsys.readouterr().err
    assert "[config.secret]" in said and "hunter2" not in said


def test_help_with_a_file_imports_nothing_heavy() -> None:
    Path("duban.toml").write_text('lang = "en"\n', encoding="utf-8")
    script = (
        "import sys\nfrom adapters.commands.frame import main\nmain(['--help'])\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'typer', 'rich', 'pydantic', 'sqlalchemy', 'sqlmodel', 'transitions'}))"
    )
    line = [sys.executable, "-c", script]
    done = subprocess.run(line, text=True, capture_output=True, env={"PYTHONPATH": str(ROOT)}, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
