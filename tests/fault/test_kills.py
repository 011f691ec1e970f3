"""A short version of the kill campaign (``python -m tests.fault``, docs/reliability.md), and what its judge would see."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fault.site import Site
from tests.fault.verdict import judge, twice
from workflow import command as c
from workflow.act import FLAGGED
from workflow.organisation import Actor

ROOT = Path(__file__).resolve().parents[2]


def campaign(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fault", "--folder", str(folder), *words], cwd=ROOT, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_ten_times_on_sqlite_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    said = campaign(tmp_path, "sqlite", "--kills", "10")
    assert "sqlite: 10 kills" in said and " 0 findings" in said


@pytest.mark.slow
def test_killed_in_every_setting(tmp_path: Path) -> None:
    said = campaign(tmp_path, "--kills", "50")
    assert said.count(" 0 findings") == 5


# what the judge sees ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """One case whose opening was answered, and nothing was killed."""
    site = Site.make(tmp_path, str(tmp_path / "duban.db"))
    with site.engine() as engine:
        opening = c.Open(said=c.Said(actor=Actor("desk"), note="k0"), unit="v1", what="事", where="地", told_by="人")
        answer = engine.open_case("errand", opening, case="c0", key="k0")
        with engine.store.read() as view:
            site.answers.add(i=0, case=answer.case, n=answer.n, hash=view.head(answer.case), wrote=len(answer.acts))
    return site


def test_the_judge_finds_nothing_where_nothing_is_wrong(site: Site) -> None:
    verdict = judge(site)
    assert verdict.findings == ()
    assert verdict.flags >= 3 and verdict.letters == verdict.messages > 0


def test_the_judge_finds_what_was_answered_and_is_not_there(site: Site) -> None:
    site.answers.add(i=1, case="c1", n=1, hash="sha256:0", wrote=1)
    assert any("k1 (open) was acknowledged and is lost" in finding for finding in judge(site).findings)


@pytest.mark.parametrize(("doubtful", "seen"), [(True, False), (False, True)])
def test_the_judge_finds_a_letter_that_was_sent_twice_without_a_mark(site: Site, doubtful: bool, seen: bool) -> None:
    site.receipts.add(channel="sms", letter="x", messages=[1], doubtful=doubtful)
    assert any("message 1 was sent 2 times" in finding for finding in judge(site).findings) is seen


def test_the_judge_finds_what_was_entered_as_sent_and_was_not(site: Site) -> None:
    judge(site)
    (site.folder / "receipts").write_text("")
    assert any("no channel took it" in finding for finding in judge(site).findings)


def test_the_judge_finds_a_flag_that_was_raised_twice_and_lets_one_pass_that_took_the_place_of_another(site: Site) -> None:
    judge(site)
    with site.engine() as engine:
        case = engine.case("c0").case
    missing = next(a for a in case.acts if a.kind == FLAGGED and a.data["flag"] == "missing")
    late = replace(missing, n=case.n + 1, data={**missing.data, "flag": "late"})
    again = replace(missing, n=case.n + 1)
    assert list(twice(case.refolded((*case.acts, late)))) == []
    assert list(twice(case.refolded((*case.acts, again)))) == [f"c0 {missing.name} was missing and is again (#{again.n})"]
