"""The channels that leave the machine by no network: console, file; and how a channel is made of its table."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.config.load import load
from adapters.notify import catalogue
from adapters.notify.catalogue import channel, configured
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.guard import Guarded
from adapters.notify.kind import Channel
from workflow.errors import ConfigError, SecretGiven, UnknownSetting
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

LETTER = Letter("0f" * 12, "", SUBJECT, BODY, {"messages": [{"id": 7}]})


class TestConsoleContract(ChannelContract):
    @pytest.fixture(autouse=True)
    def screen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._screen = StringIO()
        monkeypatch.setattr("adapters.notify.console.sys", SimpleNamespace(stdout=self._screen, stderr=self._screen))

    def make(self, path: Path) -> Channel:
        return channel("screen", {"kind": "console"})

    def delivered(self) -> list[str]:
        texts: list[str] = []
        for line in self._screen.getvalue().splitlines():
            if line.startswith("    ") and texts:
                texts[-1] += f"\n{line}"
            else:
                texts.append(line)
        return texts

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how != "down":
            return None
        self._screen.close()
        return self.make(path)


class TestFileContract(ChannelContract):
    def make(self, path: Path) -> Channel:
        self._path = path / "letters.jsonl"
        return channel("spool", {"kind": "file", "path": str(self._path)})

    def delivered(self) -> list[str]:
        found = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
        return [f"{d['subject']}\n{d['body']}" for d in found]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        made = self.make(path)
        if how == "down":
            path.rename(path.with_name(f"{path.name}-gone"))
            return made
        if how == "hangs":
            os.mkfifo(self._path)  # opens, and takes nothing
            return channel("spool", {"kind": "file", "path": str(self._path), "timeout": 0.5})
        return None


class TestFolderContract(ChannelContract):
    def make(self, path: Path) -> Channel:
        self._path = path
        return channel("spool", {"kind": "file", "path": str(path), "each": "file"})

    def delivered(self) -> list[str]:
        found = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(self._path.glob("*.json"))]
        return [f"{d['subject']}\n{d['body']}" for d in found]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how != "down":
            return None
        folder = path / "spool"
        folder.mkdir()
        made = self.make(folder)
        folder.rmdir()
        return made


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_that_a_crash_tore_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('{"id":"half', encoding="utf-8")
    channel("spool", {"kind": "file", "path": str(path)}).notifier.send(LETTER)
    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert torn == '{"id":"half' and json.loads(whole)["id"] == LETTER.id


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    spool = channel("spool", {"kind": "file", "path": str(path)}).notifier
    spool.send(LETTER)
    path.rename(tmp_path / "letters.1")
    spool.send(replace(LETTER, id="second"))
    assert [d["id"] for d in lines(tmp_path / "letters.1")] == [LETTER.id]
    assert [d["id"] for d in lines(path)] == ["second"]


def test_several_writers_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"

    def write(n: int) -> list[Result]:
        spool = channel("spool", {"kind": "file", "path": str(path)}).notifier
        return [spool.send(replace(LETTER, id=f"{n}-{i}", body="长" * 20_000)) for i in range(10)]

    with ThreadPoolExecutor(4) as pool:
        results = [r for found in pool.map(write, range(4)) for r in found]
    assert {type(r) for r in results} == {Accepted}
    assert sorted(d["id"] for d in lines(path)) == sorted(f"{n}-{i}" for n in range(4) for i in range(10))


def test_a_line_says_everything_and_others_cannot_read_it(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    channel("spool", {"kind": "file", "path": str(path)}).notifier.send(replace(LETTER, doubtful=True))
    (line,) = lines(path)
    assert line.pop("at").endswith("Z")
    assert line == {"id": LETTER.id, "to": "", "subject": SUBJECT, "body": BODY, "data": {"messages": [{"id": 7}]}, "doubtful": True}
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_acceptance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "letters.jsonl"
    spool = channel("spool", {"kind": "file", "path": str(path)}).notifier
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:10]))  # what a disk takes that has ten bytes left
    result = spool.send(LETTER)
    assert isinstance(result, Rejected) and (result.code, result.permanent) == ("ENOSPC", False)
    assert path.read_bytes() == b""


def test_a_write_that_may_not_be_on_the_disk_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    spool = channel("spool", {"kind": "file", "path": str(tmp_path / "letters.jsonl")}).notifier
    monkeypatch.setattr(os, "fsync", fail)
    assert isinstance(spool.send(LETTER), Unknown)


def test_a_letter_in_a_folder_appears_whole_and_once(tmp_path: Path) -> None:
    spool = channel("spool", {"kind": "file", "path": str(tmp_path), "each": "file"}).notifier
    assert [spool.send(LETTER), spool.send(LETTER)] == [Accepted(LETTER.id)] * 2
    assert [p.name for p in tmp_path.iterdir()] == [f"{LETTER.id}.json"]


def test_the_bell_rings_only_when_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    channel("screen", {"kind": "console"}).notifier.send(LETTER)
    assert "\a" not in capsys.readouterr().out
    channel("screen", {"kind": "console", "sound": True, "stream": "stderr"}).notifier.send(replace(LETTER, subject="\a响"))
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\a") == 1 and said.err.startswith("\a响\n")


class Raising:
    def send(self, letter: Letter) -> Result:
        raise RuntimeError(f"cannot send to {letter.to}, call 13800001111")

    def close(self) -> None:
        raise RuntimeError("no")


class Saying(Raising):
    def __init__(self, result: Result) -> None:
        self._result = result

    def send(self, letter: Letter) -> Result:
        return self._result


def test_a_mistake_in_a_channel_is_an_unknown_result_and_names_nobody() -> None:
    guarded = Guarded(Raising(), "phone", "mine")
    guarded.close()
    assert guarded.send(replace(LETTER, to="zhang.san")) == Unknown("RuntimeError: cannot send to [address], call [phone]")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (Accepted("x" * 5000), Accepted("x" * 297 + "…")),
        (Rejected("a\nb", "to ZHANG.san\r\nno"), Rejected("a b", "to [address] no")),
        (Throttled(0), Throttled(1)),
        (Throttled(10**9, "busy"), Throttled(3600, "busy")),
        (Unknown("\x1b[2J"), Unknown("[2J")),
    ],
)
def test_what_a_channel_says_is_short_and_harmless(said: Result, heard: Result) -> None:
    assert Guarded(Saying(said), "email", "mine").send(replace(LETTER, to="zhang.san")) == heard


def test_a_wrong_kind_an_unknown_option_and_a_secret_are_refused_with_their_place() -> None:
    def refused(error: type[ConfigError], **options: Any) -> str:
        with pytest.raises(error) as e:
            channel("x", options, place=lambda option: f"duban.toml:{option}")
        assert e.value.say("zh") != e.value.say("en")
        return e.value.say("en")

    assert "did you mean email?" in refused(ConfigError, kind="emial")
    assert "email" in refused(ConfigError, kind="pigeon") and "file" in refused(ConfigError)
    said = refused(UnknownSetting, kind="console", sounds=True)
    assert "duban.toml:sounds" in said and "did you mean sound?" in said and "stream" in said
    assert "duban.toml:password" in refused(SecretGiven, kind="email", host="h", sender="a@b", password="123456")
    assert "duban.toml:host" in refused(ConfigError, kind="email", sender="a@b")
    assert "one of" in refused(ConfigError, kind="console", stream="printer")


def test_a_configuration_makes_its_channels_with_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("s3cret-word\n", encoding="utf-8")
    (tmp_path / "duban.toml").write_text(
        '[notify]\nchannels = ["mail", "spool"]\n[channels.mail]\nkind = "email"\nhost = "localhost"\nuser = "u"\nsafe = true\n'
        f'password_file = "word"\nsender = "a@example.org"\n[channels.spool]\nkind = "file"\npath = "{tmp_path}"\neach = "file"\nrate = 7\n'
        '[channels.odd]\nkind = "console"\nsond = true\n',
        encoding="utf-8",
    )
    found = load(config=str(tmp_path / "duban.toml"), environment={}, system=tmp_path / "none")
    mail, spool = catalogue.channels(found)
    assert (mail.name, mail.kind, mail.needs, mail.safe, mail.rate, mail.fallback) == ("mail", "email", "email", True, 0, False)
    assert (spool.name, spool.needs, spool.safe, spool.rate) == ("spool", "", False, 7)
    with pytest.raises(UnknownSetting) as e:
        configured(found, "odd")
    assert e.value.where is not None and e.value.where.endswith("duban.toml:17")


def test_a_kind_of_another_package_is_used_like_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from adapters.notify.console import CONSOLE

    mine = replace(CONSOLE, name="beacon", needs="phone")
    monkeypatch.setattr("tests.integration.test_notify_local.MINE", mine, raising=False)
    offered = [EntryPoint("beacon", "tests.integration.test_notify_local:MINE", catalogue.GROUP)]
    monkeypatch.setattr(catalogue, "entry_points", lambda **asked: [e for e in offered if asked.get("name", e.name) == e.name])
    assert "beacon" in catalogue.kinds()
    assert channel("b", {"kind": "beacon"}).needs == "phone"


def test_a_slow_reader_of_the_console_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as stream, os.fdopen(read, "rb") as reader:
        monkeypatch.setattr("adapters.notify.console.sys", SimpleNamespace(stdout=stream, stderr=stream))
        result = channel("screen", {"kind": "console", "timeout": 0.5}).notifier.send(replace(LETTER, body="长\n" * 100_000))
        assert isinstance(result, Unknown)  # nobody read meanwhile: it did not wait for that
        while len(reader.read1(1 << 20)) > 0 and stream_is_full(reader):
            pass
        reader.close()


def stream_is_full(reader: Any) -> bool:
    import select

    return bool(select.select([reader], [], [], 0.2)[0])
