"""A journal replayed: under the rules each case is pinned to, as it was known at an instant, and with an eye on drift of the engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.bundle import lines, read_bundle
from adapters.commands.frame import main
from tests.play import PROBE, Play, at
from workflow import command as c
from workflow import replay as replays
from workflow.act import Act
from workflow.moment import stamp
from workflow.organisation import Actor
from workflow.procedure.load import load
from workflow.replay import Report, replay_cases

NOW = "2026-10-20 09:00"


@pytest.fixture
def play() -> Play:
    play = Play("probe").at("09-24 10:00")
    play.open("desk")
    play.at("09-24 10:20").fire("desk", "call")
    play.at("09-24 13:00").fire("desk", "paper", elements={"place": "镇口"})
    play.at("09-25 09:00").fire("desk", "step")
    play.at("09-28 09:00").revise("boss", grade="high")
    return play


def exported(play: Play, path: Path, as_of: str = NOW) -> Path:
    play.at(as_of)
    path.write_text("".join(lines(play.engine, at(as_of))), encoding="utf-8")
    return path


def replayed(path: Path, as_of: str = "", change: Any = None) -> Report:
    found = read_bundle(path)
    until = at(as_of) if as_of else found.as_of
    cases: list[tuple[str, Sequence[Act]]] = [(case, [Act.decode(e) for e in entries]) for case, entries in found.cases]
    if change is not None:
        cases = [(case, [change(a) for a in acts]) for case, acts in cases]
    return replay_cases(cases, found.rules, found.calendars, found.organisation(until), until)


def test_an_export_replays_to_the_ledger_of_the_engine(play: Play, tmp_path: Path) -> None:
    report = replayed(exported(play, tmp_path / "e.jsonl"))
    ours: dict[str, dict[str, int]] = {}
    for row in play.engine.ledger("C"):
        counts = ours.setdefault(f"probe@1-1/{row.duty.id}", {})
        counts[row.outcome.value] = counts.get(row.outcome.value, 0) + 1
    assert report.document()["obligations"] == ours
    assert report.deviations["drift"] == 0


def test_the_command_gives_the_same_digest_from_the_export_as_the_library(
    play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = exported(play, tmp_path / "e.jsonl")
    assert main(["replay", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == replayed(path).document()


def test_the_ticks_of_a_daemon_change_no_outcome(play: Play, tmp_path: Path) -> None:
    """S3.6: with every flag raised in time, or never a tick, the digest is the same."""
    quiet = replayed(exported(play, tmp_path / "quiet.jsonl"))
    for day in ("09-24 18:00", "09-26 08:00", "10-01 08:00", "10-19 08:00"):
        play.at(day)
        play.engine.tick()
    assert replayed(exported(play, tmp_path / "ticked.jsonl")).cases == quiet.cases


def test_as_of_in_the_past_is_what_an_export_of_that_day_said(play: Play, tmp_path: Path) -> None:
    then = replayed(exported(play, tmp_path / "then.jsonl", "09-28 10:00"))
    play.at("10-01 09:00").fire("desk", "answer")
    play.at("10-02 09:00").record("desk", "call", "09-24 10:05", grade="counterpart")  # back-filled: not known on 09-28
    play.at("10-03 09:00").open("office", case="D")
    later = exported(play, tmp_path / "later.jsonl")
    assert replayed(later, "09-28 10:00").document() == then.document()
    assert replayed(later).digest != then.digest and len(replayed(later).cases) == 2


def test_an_outcome_of_the_past_is_the_one_known_then(play: Play, tmp_path: Path) -> None:
    path = exported(play, tmp_path / "e.jsonl")
    assert replayed(path, "09-24 10:10").outcomes["probe@1-1/call"] == {"not_due": 1}
    assert replayed(path, "09-24 12:30").outcomes["probe@1-1/paper"] == {"missed": 1}
    assert replayed(path).outcomes["probe@1-1/paper"] == {"met_late": 1}


def test_every_case_is_judged_under_the_definition_that_it_is_pinned_to(play: Play, tmp_path: Path) -> None:
    before = replayed(exported(play, tmp_path / "before.jsonl")).cases["C"]
    text = PROBE.read_text(encoding="utf-8").replace("version: 1-1", "version: 2-1").replace("is: 30 minutes", "is: 10 minutes")
    play.engine.add(load(text, "probe-2.yaml"))
    play.at("10-20 10:00").open("desk", case="D")
    play.at("10-20 10:20").fire("desk", "call")
    report = replayed(exported(play, tmp_path / "after.jsonl", "2026-10-20 11:00"))
    assert report.outcomes["probe@1-1/call"] == {"met": 1}
    assert report.outcomes["probe@2-1/call"] == {"met_late": 1}
    assert list(report.header["definitions"]) == ["probe@1-1", "probe@2-1"]  # type: ignore[arg-type]
    assert replayed(tmp_path / "after.jsonl", NOW).cases["C"] == before


def test_a_void_case_is_counted_nowhere_and_listed(play: Play, tmp_path: Path) -> None:
    play.at("10-01 09:00").do(c.Void(said=play.said("desk"), reason="误报", second=Actor("boss")))
    document: Any = replayed(exported(play, tmp_path / "e.jsonl")).document()
    assert document["unlisted"] == ["C"] and document["obligations"] == {} and document["deviations"] == {}
    events = document["totals"]["events"]
    assert document["totals"]["cases"] == 0 and events["ignored"] == events["read"] > 0


# drift


def test_a_due_date_that_comes_out_otherwise_is_drift(play: Play, tmp_path: Path) -> None:
    path = exported(play, tmp_path / "e.jsonl")

    def shifted(act: Act) -> Act:
        dues = act.data.get("dues")
        if act.n != 1 or not isinstance(dues, list):
            return act
        wrong = [{**d, "due": stamp(at("09-24 10:31"))} if d["row"].startswith("call/") else d for d in dues]
        return replace(act, data={**act.data, "dues": wrong})

    drifted = replayed(path, change=shifted)
    assert drifted.deviations["drift"] == 1
    assert drifted.outcomes == replayed(path).outcomes  # it is never taken for lateness of a person
    drifted.check()


def test_drift_is_a_finding_of_the_command(
    play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(play, tmp_path / "e.jsonl")
    monkeypatch.setattr(replays, "news", lambda _before, _after: [])
    assert main(["replay", str(path), "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["deviations"]["drift"] >= 3
    assert json.loads(said.err)["error"] == "drift"


def test_dates_that_moved_with_their_facts_are_no_drift(play: Play, tmp_path: Path) -> None:
    play.at("09-28 10:00").do(c.Extend(said=play.said("desk"), row="answer", step="ask", by="3 days", reason="取证"))
    play.at("09-28 11:00").do(c.Extend(said=play.said("boss"), row="answer", step="grant", reason="同意"))
    play.at("09-29 09:00").fire("boss", "hold")
    play.at("09-30 09:00").fire("boss", "resume")
    report = replayed(exported(play, tmp_path / "e.jsonl"))
    assert report.deviations["drift"] == 0


@pytest.mark.parametrize("change", ["entry", "definition", "last line"])
def test_of_an_export_that_was_changed_nothing_is_judged_that_does_not_hold(
    play: Play, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = exported(play, tmp_path / "e.jsonl")
    text = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if change == "last line":
        text[-1] = text[-1][:-20] + "\n"
    else:
        n = next(i for i, line in enumerate(text) if json.loads(line)["type"] == change)
        text[n] = text[n].replace("2026", "2027") if change == "entry" else text[n].replace("30 minutes", "31 minutes")
        assert text != path.read_text(encoding="utf-8").splitlines(keepends=True) or change == "definition"
        if change == "definition":
            item = json.loads(text[n])
            text[n] = json.dumps({**item, "data": item["data"].replace("管", "営").replace("a", "b", 1)}) + "\n"
    path.write_text("".join(text), encoding="utf-8")
    assert main(["replay", str(path), "--json"]) == (2 if change == "last line" else 6)
    out = capsys.readouterr().out
    assert (json.loads(out)["unverifiable"] == {"C": "edited #1"}) if change == "entry" else (out == "")
