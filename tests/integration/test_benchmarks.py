"""The benchmarks run, and check what they compare. Their figures are not judged here: a test machine is no place to measure."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import lateness, page, watched
from benchmarks.durable import connect
from benchmarks.measure import Figure, Goal, Plan, Report, Skipped, ratio
from tests.postgres import Server
from workflow.engine import Engine
from workflow.journal.chain import verify


@pytest.mark.parametrize("name", ["durable", "bulk", "replay", "startup", pytest.param("recovery", marks=pytest.mark.slow)])
def test_a_benchmark_without_peers_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--quick", "--folder", str(tmp_path)]) == 0
    assert "| median |" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lateness", "dormant"])
def test_a_benchmark_of_the_watch_runs_on_both_databases(
    name: str, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watched, "postgres", lambda: nullcontext(postgres_server.fresh()))
    assert command.main([name, "--quick", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "| SQLite, " in said and "| PostgreSQL, " in said


def test_a_midnight_is_swept_and_both_sides_wrote_the_same(tmp_path: Path) -> None:
    pytest.importorskip("xstate_statemachine", reason='needs the bench extra: python -m pip install -e ".[bench]"')
    from benchmarks import midnight

    report = midnight.run(Plan(tmp_path, rounds=1, quick=True))
    assert [goal.figure.name for goal in report.goals] == ["duban / bare sqlite3", "duban / xstate-statemachine"]


def test_rows_that_differ_are_counted(tmp_path: Path) -> None:
    from benchmarks import midnight

    for name in ("one.db", "other.db"):
        midnight.filled(tmp_path / name, 2)
    assert midnight.differing(tmp_path / "one.db", tmp_path / "one.db") == 0
    with closing(connect(tmp_path / "other.db")) as connection:
        copy = tmp_path / "copy.db"
        connection.execute("VACUUM INTO ?", (str(copy),))
        assert midnight.differing(copy, tmp_path / "other.db") == 0
        connection.execute("UPDATE duban_claim SET said = 'never' WHERE \"case\" = 'dispute-000001'")
    assert midnight.differing(copy, tmp_path / "other.db") == 4, "two claims, each in two versions"


def test_the_copies_of_a_history_are_journals(tmp_path: Path) -> None:
    from benchmarks import midnight

    midnight.filled(tmp_path / "filled.db", 3)
    with Engine.open(f"sqlite:///{tmp_path}/filled.db") as engine, engine.store.read() as view:
        assert verify(view.stored(), "sha256", view.parts()).findings == []
        assert len(view.entries("dispute-000002")) == 4


def test_quantiles() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [lateness.quantile(values, share) for share in (0.5, 0.99, 1)] == [50, 99, 100]
    assert lateness.quantile([3.0], 0.99) == 3.0


def test_due_dates_are_those_of_the_peers(tmp_path: Path) -> None:
    pytest.importorskip("holidays", reason='needs the bench extra: python -m pip install -e ".[bench]"')
    from benchmarks import terms

    report = terms.run(Plan(tmp_path, rounds=1, quick=True))
    assert all("holidays on all but 0" in note for note in report.notes)


def test_the_bare_side_writes_what_the_engine_wrote(tmp_path: Path) -> None:
    """The values are read out of SQLite's trace; quotes, blobs and nulls come back as they went in."""
    from benchmarks.durable import _pattern, _value

    found = _pattern("INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)").fullmatch(
        "INSERT INTO t (a, b, c, d) VALUES ('it''s, (1)', x'00ff', NULL, -7)"
    )
    assert found is not None
    assert [_value(literal) for literal in found.groups()] == ["it's, (1)", b"\x00\xff", None, -7]


def test_a_ratio_is_taken_round_by_round_against_the_best_peer() -> None:
    ours = Figure("ours", "items/s", (30.0, 10.0, 20.0))
    slow, fast = Figure("slow", "items/s", (1.0, 1.0, 1.0)), Figure("fast", "items/s", (10.0, 10.0, 5.0))
    assert ratio(ours, [slow, fast]) == Figure("ours / fast", "×", (3.0, 1.0, 4.0))


def test_a_goal_for_which_less_is_better() -> None:
    figure = Figure("start", "s", (0.1, 0.2, 0.9))
    assert not Goal(figure, binds=0.3, most=True).fails
    assert Goal(figure, binds=0.1, most=True).fails


def test_the_page_holds_every_goal_and_the_reason_of_what_was_not_measured() -> None:
    figure = Figure("duban", "commands/s", (1000.0, 2345.6, 5000.0))
    found = {"bulk": Report((figure,), (Goal(figure, binds=2000, direction=20_000),), ("A note.",)), "dbos_peer": Skipped("needs dbos")}
    text = page.render(found, [("CPU", "an abacus")])
    assert "| CPU | an abacus |" in text
    assert (
        "| Bulk intake: many commands in one transaction: duban | 2,346 commands/s | at least 2,000: met | at least 20,000: **not met** |"
        in text
    )
    assert "| duban | 2,346 | 1,000–5,000 | commands/s |" in text
    assert "Not measured: needs dbos." in text


def test_the_page_is_not_written_from_too_few_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    for few in (["--quick"], ["--rounds", "4"]):
        with pytest.raises(SystemExit):
            command.main(["startup", "--write", *few])
        assert "at least 5 rounds" in capsys.readouterr().err


def test_a_part_of_the_page_is_renewed_on_the_same_machine_only() -> None:
    def report(value: float) -> Report:
        figure = Figure("speed", "x/s", (value,))
        return Report((figure,), (Goal(figure, binds=10.0),))

    facts = [("Date", "2026-11-25"), ("CPU", "an abacus")]
    whole = page.render({"startup": report(5), "lint": Report((Figure("other", "s", (1,)),))}, facts)
    assert whole.count("**not met**") == 2 and "## The checker" in whole
    again = page.renewed(whole, {"startup": report(20)}, facts)
    assert "**not met**" not in again and again == page.render(
        {"startup": report(20), "lint": Report((Figure("other", "s", (1,)),))}, facts
    )
    later = page.renewed(whole, {"startup": report(20)}, [("Date", "2026-11-26"), ("CPU", "an abacus")])
    assert later.count("Measured apart from the rest: 2026-11-26.") == 1
    assert "## The checker" in page.renewed(later, {"lint": Report((Figure("other", "s", (2,)),))}, facts)
    first = page.renewed(whole, {"terms": report(30)}, facts)
    assert "| Due dates: 5 working days: speed | 30 x/s | at least 10: met | – |" in first, "a benchmark that the page did not have"
    with pytest.raises(ValueError, match="another CPU"):
        page.renewed(whole, {"startup": report(20)}, [("Date", "2026-11-25"), ("CPU", "a slide rule")])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conformance", "large"])
def test_a_benchmark_of_the_road_log_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--quick", "--folder", str(tmp_path)]) == 0
    assert "events/s" in capsys.readouterr().out or "absent" in capsys.readouterr().out
