"""The command and Apprise: programs and services that duban does not know."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from adapters.notify.catalogue import channel
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.kind import Channel
from tests.services import Answer, Gateway
from workflow.errors import ConfigError, MissingExtra
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

LETTER = Letter("0f1e2d3c" * 3, "", SUBJECT, BODY, {"messages": [{"id": 7}]})


def program(code: str, *words: str, **options: Any) -> Channel:
    return channel("own", {"kind": "command", "argv": [sys.executable, "-c", code, *words], "timeout": 20} | options)


class TestCommandContract(ChannelContract):
    def make(self, path: Path) -> Channel:
        self._path = path / "letters"
        return program("import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())", str(self._path))

    def delivered(self) -> list[str]:
        found = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
        return [f"{d['subject']}\n{d['body']}" for d in found]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            copy = path / "program"
            copy.write_text("#!/bin/sh\n", encoding="utf-8")
            copy.chmod(0o700)
            made = channel("own", {"kind": "command", "argv": [str(copy)]})
            copy.unlink()
            return made
        if how == "garbage":
            return None  # its exit code is the answer
        codes = {"hangs": "import time; time.sleep(20)", "closes": "import os; os.kill(os.getpid(), 9)", "refuses": "exit(1)"}
        return program(codes.get(how, "exit(80)"), timeout=1 if how == "hangs" else 20)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("print('id-7\\nmore')", Accepted("id-7")),
        ("print('x' * 10_000_000)", Accepted("x" * 297 + "…")),
        ("import sys; sys.stderr.write('no such person\\n'); exit(1)", Rejected("1", "no such person")),
        ("exit(2)", Rejected("2", "")),
        ("import sys; sys.stderr.write('line is busy'); exit(75)", Rejected("75", "line is busy", permanent=False)),
        ("print(90); exit(80)", Throttled(90, "80")),
        ("print('soon'); exit(80)", Throttled(60, "80")),
        ("print('?'); exit(81)", Unknown("?")),
        ("import os; os.kill(os.getpid(), 15)", Unknown("ended by signal 15")),
        ("import os; os.write(1, bytes(range(256)))", None),
    ],
)
def test_the_exit_code_is_the_result(code: str, result: Result | None) -> None:
    found = program(code).notifier.send(LETTER)
    assert found == result if result is not None else isinstance(found, Accepted)


def test_each_argument_is_one_word_and_no_shell_sees_it(tmp_path: Path) -> None:
    code = "import json, sys; open(sys.argv[1], 'w').write(json.dumps(sys.argv[2:]))"
    words = ["a b", "$(id)", "`id`", "; rm -rf x", "{to}", "*"]
    program(code, str(tmp_path / "said"), *words).notifier.send(replace(LETTER, subject="$(id)"))
    assert json.loads((tmp_path / "said").read_text(encoding="utf-8")) == words


def test_the_letter_comes_as_json_on_standard_input(tmp_path: Path) -> None:
    program("import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())", str(tmp_path / "said")).notifier.send(LETTER)
    said = json.loads((tmp_path / "said").read_text(encoding="utf-8"))
    assert (said["id"], said["subject"], said["body"], said["data"]) == (LETTER.id, SUBJECT, BODY, {"messages": [{"id": 7}]})


def test_no_secret_of_the_daemon_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials")
    monkeypatch.setenv("DUBAN_DB", "x")
    program("import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))", str(tmp_path / "env")).notifier.send(LETTER)
    found = json.loads((tmp_path / "env").read_text(encoding="utf-8"))
    assert "PATH" in found and not {"CREDENTIALS_DIRECTORY", "DUBAN_DB"} & set(found)


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', \"import sys, time; time.sleep(3); open(sys.argv[1], 'w')\", sys.argv[1]])\n"
        "time.sleep(30)"
    )
    assert isinstance(program(code, str(tmp_path / "alive"), timeout=1).notifier.send(LETTER), Unknown)
    sleep(3.5)
    assert not (tmp_path / "alive").exists()


def test_a_program_that_leaves_something_running_or_reads_nothing_is_not_waited_for() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(40)']); print('started')"
    assert program(code).notifier.send(replace(LETTER, body="长" * 500_000)) == Accepted("started")


@pytest.mark.parametrize("argv", [[], [""], ["/no/such/program"], "echo hello"])
def test_a_program_that_is_not_there_is_refused_at_once(argv: object) -> None:
    with pytest.raises(ConfigError, match=r"channels\.own\.argv"):
        channel("own", {"kind": "command", "argv": argv})


class TestAppriseContract(ChannelContract):
    @pytest.fixture(autouse=True)
    def playing(self) -> Iterator[None]:
        with Gateway() as self._gateway:
            yield

    def make(self, path: Path) -> Channel:
        return through_apprise(f"json://localhost:{self._gateway.port}/in")

    def delivered(self) -> list[str]:
        return [f"{asked.json['title']}\n{asked.json['message']}" for asked in self._gateway.asked]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how not in ("hangs", "closes"):
            return None  # it says no, and nothing more
        self._gateway.mode = how
        return through_apprise(f"json://localhost:{self._gateway.port}/in", timeout=1)


def through_apprise(url: str, **options: Any) -> Channel:
    return channel("other", {"kind": "apprise", "timeout": 10} | options, {"url": url}.get)


def test_what_apprise_accepted_is_never_verified_and_what_it_did_not_is_unknown() -> None:
    with Gateway() as service:
        made = through_apprise(f"json://localhost:{service.port}/in").notifier
        assert made.send(LETTER) == Accepted(verified=False)
        service.mode = Answer(b"", 500)
        assert isinstance(made.send(LETTER), Unknown)


def test_an_address_that_apprise_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigError, match="url_file"):
        through_apprise("nothing://here")
    with pytest.raises(ConfigError, match="url_file"):
        channel("other", {"kind": "apprise"})


@pytest.mark.parametrize(
    ("library", "extra", "options"),
    [
        ("httpx", "notify", {"kind": "webhook", "url": "http://localhost"}),
        ("serial", "modem", {"kind": "sms-modem", "device": "/dev/null"}),
        ("apprise", "apprise", {"kind": "apprise"}),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, library: str, extra: str, options: dict[str, Any]
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as e:
        channel("x", options)
    assert f"duban[{extra}]" in e.value.say("zh")
