"""A small version of the campaign ``python -m tests.tampering`` (docs/reliability.md), and its page."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from itertools import count, product
from pathlib import Path

import pytest

from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.reanchoring import reanchor
from adapters.store.sql import SqlStore
from tests import tampering
from tests.play import at
from tests.postgres import Server
from tests.tamper import Copy
from tests.tampering import ATTACKS, Attack, Key, Tally, alarms, campaign, note_of, play
from workflow import command as c
from workflow.audit import audit_store
from workflow.engine import Engine
from workflow.journal.printed import Printed
from workflow.organisation import Actor


def check(tallies: dict[Key, Tally]) -> None:
    assert len(tallies) == 2 * len(ATTACKS)
    for (_, insider, attack), t in tallies.items():
        assert t.found[True] == t.attempts > 0, attack
        if insider:
            assert set(t.codes) == {"rewritten"}, attack
            assert t.found[False] == 0, attack  # what no checkpoint shows is said, and not more than that
        else:
            assert t.found[False] == t.named[False] == t.named[True] == t.attempts, attack


def test_every_attempt_on_sqlite_is_found_with_a_checkpoint_and_the_first_bad_entry_named(tmp_path: Path) -> None:
    numbers = count()
    fresh: Callable[[], str] = lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"  # noqa: E731
    tallies: dict[Key, Tally] = {}
    campaign(tampering.SQLITE, fresh, 3, 7, tallies, journals=1)
    check(tallies)


def test_every_attempt_on_postgresql_is_found_with_a_checkpoint_and_the_first_bad_entry_named(postgres_server: Server) -> None:
    tallies: dict[Key, Tally] = {}
    campaign(tampering.POSTGRESQL, postgres_server.fresh, 2, 7, tallies, journals=1)
    check(tallies)


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
def test_every_attempt_on_a_journal_that_was_re_anchored_is_found_by_checkpoints_from_before_and_after(tmp_path: Path) -> None:
    chance, target = random.Random(7), str(tmp_path / "new.db")
    with closing(SqlStore.open(str(tmp_path / "old.db"))) as store:
        before = play(store, chance) and note_of(store)
        reanchor(store, target, "sm3", "密评", at("10-01 10:00"), SystemEntropy())
    engine = Engine(SqlStore.open(target), FixedClock(at("10-02 10:00")), SystemEntropy(), shipped("cn"), "test")
    with engine:
        for case in ("C0", "C1"):
            for _ in range(3):
                engine.do(case, c.Note(said=c.Said(actor=Actor("desk")), text="之后"))
            engine.seal()
        pristine, after = Copy.of(engine.store), note_of(engine.store)
    for held in (None, before, after):
        assert audit_store(pristine, held).findings == ()  # type: ignore[arg-type]
    for insider, attack in product((False, True), ATTACKS):
        for _ in range(6):
            copy = deepcopy(pristine)
            expected = ATTACKS[attack](Attack(copy, chance, insider))
            for held in (after, Printed.of(after)):
                findings = audit_store(copy, held).findings  # type: ignore[arg-type]
                assert findings, attack
                assert insider or (findings[0].case, findings[0].n) in expected, (attack, findings[0], expected)


def test_clean_journals_give_no_false_alarm() -> None:
    assert alarms(10, 7) == 0


def test_the_section_is_written_apart_from_the_rest_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Reliability\n\nkills\n", encoding="utf-8")
    monkeypatch.setattr(tampering, "PAGE", page)
    assert tampering.kept() == ""
    tally = Tally(attempts=3)
    tally.found[True] = 3
    for _ in range(2):
        tampering.put_section(tampering.section({("SQLite", True, "edit"): tally}, 5, 0, 60.0))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Reliability\n\nkills\n\n## Tampered with") and text.count("## Tampered with") == 1
    assert "| SQLite | insider | edit | 3 | 0 | – | 3 | seal |" in text and "**3 attempts. 5 clean journals" in text
    assert text == "# Reliability\n\nkills\n" + tampering.kept()


def test_fewer_attempts_than_are_claimed_are_not_written() -> None:
    with pytest.raises(SystemExit):
        tampering.main(["--write", "--attempts", "99"])
    with pytest.raises(SystemExit):
        tampering.main(["--write", "--clean", "999"])
