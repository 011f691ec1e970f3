"""``duban outbox`` as an office uses it: what waits, what could not be sent, and sending that again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.sql import SqlStore
from tests.office import Office
from tests.play import at
from workflow.errors import IntegrityError
from workflow.outbox import Message
from workflow.text import Text

NOW = at("10-01 10:00")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)


@pytest.fixture
def outbox(office: Office) -> Office:
    """One message that waits, one that was sent, one that could not be."""
    office.play("甲")
    with closing(SqlStore.open(str(office.path))) as store, store.write() as unit:
        unit.put_messages(
            [Message("甲", "answer/other#1", 1, f"tier {i}", f"p{i}", "mail", "desk", 3, NOW, True, next_at=NOW) for i in range(3)]
        )
        taken = unit.take_messages(NOW, "me", NOW, 2, "mail")
        unit.settle_message(taken[0]._replace(state="sent", next_at=None, provider="x-1", said="accepted"))
        unit.settle_message(taken[1]._replace(state="dead", next_at=None, said="550: no such user", doubtful=True))
    return office


def test_a_case_that_cannot_be_read_hides_no_message(outbox: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IntegrityError(Text("坏了", "broken"))

    monkeypatch.setattr("workflow.engine.Engine.case", broken)
    assert [m["id"] for m in outbox.json("outbox")] == [2, 3]


def test_what_is_not_sent_is_listed(outbox: Office) -> None:
    listed = outbox.json("outbox")
    assert [(m["id"], m["state"], m["said"]) for m in listed] == [(2, "dead", "550: no such user"), (3, "pending", "")]
    assert len(outbox.json("outbox", "--all")) == 3
    shown, said = outbox.run("outbox", lang="zh")
    assert "未能发出?" in shown and "待发" in shown and "p1 (desk)" in shown
    assert "duban outbox retry" in said


def test_one_case(outbox: Office) -> None:
    assert len(outbox.json("outbox", "--case", "甲")) == 2
    outbox.run("outbox", "--case", "乙", exit=7)


def test_what_could_not_be_sent_is_sent_again(outbox: Office) -> None:
    assert outbox.json("outbox", "retry", "2") == {"id": 2, "state": "pending"}
    assert [m["state"] for m in outbox.json("outbox")] == ["pending", "pending"]
    outbox.run("outbox", "retry", "2", exit=7)
    outbox.run("outbox", "retry", "99", exit=7)


def test_an_empty_outbox_says_so(office: Office) -> None:
    office.play("甲")
    assert office.json("outbox") == []
    assert "no message waits" in office.run("outbox")[1]
