"""``duban self-test`` over a real mail server and services on the loopback: every channel is tried, and what each answered is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cli
from tests.services import Answer, Dingtalk, Gateway
from tests.smtp import Mailbox, Scripted

MAIL = """
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "duban@example.org"
timeout = 10
"""


@pytest.fixture
def place(empty: Cli, tmp_path: Path) -> Cli:
    """A folder without a store; ``duban.toml`` is read from it."""
    return empty


def settings(text: str) -> None:
    Path("duban.toml").write_text('lang = "zh"\n' + text, encoding="utf-8")


def secret(name: str, content: str) -> str:
    path = Path(name)
    path.write_text(content, encoding="utf-8")
    os.chmod(path, 0o600)
    return str(path.absolute())


def results(cli: Cli, *words: str, code: int = 0) -> dict[str, Any]:
    return {row.pop("channel"): row for row in cli("self-test", *words, "--json", code=code).json}


def test_every_channel_that_is_set_up_gets_one_letter_in_use_or_not(place: Cli) -> None:
    with Mailbox() as box, Dingtalk() as chat:
        robot = f"""
        [notify]
        channels = ["robot"]
        [channels.robot]
        kind = "dingtalk-robot"
        base_url = "{chat.url}"
        keyword = "督办"
        token_file = "{secret("token", chat.robot)}"
        secret_file = "{secret("secret", chat.secret)}"
        [channels.notes]
        kind = "file"
        path = "notes.jsonl"
        fallback = true
        """
        settings(robot + MAIL.format(port=box.port))
        found = results(place, "--to", "email=ops@example.org")
        assert list(found) == ["robot", "notes", "mail"], "those in use first"
        assert {row["result"] for row in found.values()} == {"accepted"}
        assert "4X000001" in found["mail"]["id"], "the id that the server gave"
        assert [to for _, to in box.envelopes] == [["ops@example.org"]]
        assert len(chat.texts) == len(box.texts()) == len(Path("notes.jsonl").read_text(encoding="utf-8").splitlines()) == 1
        for text in (*chat.texts, *box.texts()):
            assert "【演练】" in text and "报县级卫生主管部门" in text and "第二十条" in text
    assert not place.db.exists(), "the store of the office is not touched, nor made"


def test_a_second_test_is_no_duplicate_of_the_first(place: Cli) -> None:
    with Gateway() as service:
        settings(f'[channels.hook]\nkind = "webhook"\nurl = "{service.url}/in"\n')
        for _ in range(2):
            assert results(place)["hook"]["result"] == "accepted"
        first, second = (asked.headers["idempotency-key"] for asked in service.asked)
    assert first != second


def test_a_channel_that_does_not_accept_makes_it_fail(place: Cli) -> None:
    with Scripted({"RCPT": "550 5.1.1 no such user"}) as server:
        settings(MAIL.format(port=server.port) + '[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
        found = results(place, "--to", "email=ops@example.org", code=1)
    assert found["mail"]["result"] == "rejected" and found["mail"]["code"].startswith("550")
    assert found["notes"]["result"] == "accepted", "one that fails keeps no other from being tested"
    assert "ops@example.org" not in json.dumps(found), "no address is shown"


@pytest.mark.parametrize(
    ("mode", "result"),
    [(Answer(b"slow down", 429, {"Retry-After": "30"}), "throttled"), ("closes", "unknown"), (Answer(b"no", 404), "rejected")],
)
def test_each_answer_has_its_word(place: Cli, mode: Any, result: str) -> None:
    with Gateway() as service:
        service.mode = mode
        settings(f'[channels.hook]\nkind = "webhook"\nurl = "{service.url}/in"\n')
        assert results(place, code=1)["hook"]["result"] == result
        assert len(service.asked) == 1, "one attempt"


def test_what_needs_an_address_that_is_not_given_is_not_tested(place: Cli) -> None:
    settings(MAIL.format(port=1) + '[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
    found = results(place)
    assert (found["mail"]["result"], found["notes"]["result"]) == ("not_tested", "accepted")
    shown = place("self-test").out
    assert "未测:未给地址" in shown and "已接受" in shown


def test_a_test_of_nothing_is_no_success(place: Cli) -> None:
    settings(MAIL.format(port=1))
    assert "--to" in place("self-test", code=1).err


def test_settings_that_cannot_be_used_are_a_result_too(place: Cli) -> None:
    settings('[channels.bad]\nkind = "file"\npath = "nowhere/notes.jsonl"\n[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
    found = results(place, code=1)
    assert found["bad"]["result"] == "unusable" and "nowhere" in found["bad"]["message"]
    assert found["notes"]["result"] == "accepted"


def test_without_channels_the_console_is_tested_as_the_daemon_would_use_it(place: Cli) -> None:
    said = place("self-test")
    assert "【演练】" in said.out and "console" in said.out
    document = place("self-test", "--json")
    assert [row["result"] for row in document.json] == ["accepted"], "the letter is not in the document"
    assert "【演练】" in document.err


def test_offline_every_letter_becomes_a_line_of_a_file(place: Cli) -> None:
    with Mailbox() as box:
        settings(MAIL.format(port=box.port) + '[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
        found = results(place, "--to", "email=ops@example.org", "--offline", "letters.jsonl")
        assert box.received == []
    assert {row["result"] for row in found.values()} == {"accepted"}
    letters = [json.loads(line) for line in Path("letters.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(le["data"]["channel"], le["to"]) for le in letters] == [("mail", "ops@example.org"), ("notes", "")]
    assert not Path("notes.jsonl").exists()


def test_the_same_settings_are_needed_offline(place: Cli) -> None:
    settings('[channels.robot]\nkind = "dingtalk-robot"\ntoken_file = "missing"\n')
    assert results(place, "--offline", "letters.jsonl", code=1)["robot"]["result"] == "unusable"


@pytest.mark.parametrize("words", [["mail"], ["fax=1"], ["email="], ["email=a@example.org", "email=b@example.org"]])
def test_an_address_has_a_kind(place: Cli, words: list[str]) -> None:
    place("self-test", *(part for word in words for part in ("--to", word)), code=2)


def test_the_wording_of_the_site_is_used(place: Cli) -> None:
    Path("words.yaml").write_text('zh: {subject: "{drill}本站:{duty}"}\n', encoding="utf-8")
    settings('[notify]\ntemplates = "words.yaml"\n[channels.notes]\nkind = "file"\npath = "notes.jsonl"\n')
    assert results(place)["notes"]["result"] == "accepted"
    assert json.loads(Path("notes.jsonl").read_text(encoding="utf-8"))["subject"] == "【演练】本站:报县级卫生主管部门"
    Path("words.yaml").write_text('zh: {subject: "{nonsense}"}\n', encoding="utf-8")
    place("self-test", code=3)
