"""The benchmarks run, and check what they compare. Their figures are not judged here: a test machine is no place to measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.measure import Figure, Goal, Plan, Report, Skipped, ratio


@pytest.mark.parametrize("name", ["durable", "bulk", "replay", "startup"])
def test_a_benchmark_without_peers_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--quick", "--folder", str(tmp_path)]) == 0
    assert "| median |" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


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
    assert "| duban | 2,346 commands/s | at least 2,000: met | at least 20,000: **not met** |" in text
    assert "| duban | 2,346 | 1,000–5,000 | commands/s |" in text
    assert "Not measured: needs dbos." in text


def test_the_page_is_not_written_from_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["startup", "--write"])
    assert "all benchmarks" in capsys.readouterr().err
