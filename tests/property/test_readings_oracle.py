"""Readings and margins against brute force: the log replayed again under a procedure that says the other term, or with another start."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.audited import audited, outcomes, reads, row, rules
from tests.play import at
from workflow.dossier import VERDICTS
from workflow.moment import TICK, Moment

MINUTE = timedelta(minutes=1)
TERMS = [
    "90 minutes", "48 hours", "2 days", "5 days roll", "5 days roll counting the start day", "3 working days", "3 days cutoff 17:00",
    "1 month", "until 17:00", "end of week", "earlier of (2 days; 1 working day)", "later of (30 hours; 2 working days)", "by 09-30",
]  # fmt: skip
STARTS = ["{on: case}", "{on: take}", "{on: [take, hold]}", "{on: hold}", "{date: 09-24}"]
FIRST = at("09-22 00:00")
starts = st.integers(0, 12 * 1440).map(lambda n: FIRST + n * MINUTE)
waits = st.integers(0, 9 * 1440).map(lambda n: n * MINUTE)
spans = st.sampled_from([timedelta(), timedelta(minutes=1) - TICK, timedelta(hours=5), timedelta(days=1) - TICK])


@given(st.lists(st.sampled_from(TERMS), min_size=2, max_size=8, unique=True), starts, waits)
def test_each_reading_gives_what_a_procedure_gives_that_says_so(terms: list[str], start: datetime, wait: timedelta) -> None:
    course = ("start", Moment.at(start)), ("done", Moment.at(start + wait))
    whole = audited(rules(terms[0], reads(*terms)), *course)
    alone = [audited(rules(term), *course) for term in terms]
    found = whole["rows"][0]["readings"]
    assert outcomes(found) == {t: a["rows"][0]["outcome"] for t, a in zip(terms, alone, strict=True)}
    assert [f["due"] for f in found] == [a["rows"][0]["revisions"][-1]["due"] for a in alone]
    verdicts = sorted({a["verdict"] for a in alone}, key=VERDICTS.index)
    assert whole.get("verdict_on_readings", [whole["verdict"]]) == verdicts


@given(
    st.lists(st.sampled_from(TERMS), max_size=3, unique=True),
    st.lists(st.sampled_from(STARTS), min_size=2, max_size=4, unique=True),
    st.permutations(["take", "hold", "done"]),
    st.lists(waits, min_size=4, max_size=4).map(sorted),
    st.sampled_from(["take", "hold", "done", ""]),
    starts,
)
def test_each_combination_gives_what_a_procedure_gives_that_says_so(
    terms: list[str], begun: list[str], order: list[str], after: list[timedelta], never: str, first: datetime
) -> None:
    course = [(name, Moment.at(first + wait)) for name, wait in zip(["start", *order], after, strict=True) if name != never]
    term = terms[0] if terms else "2 days"
    whole = audited(rules(term, reads(*terms, starts=begun[1:]), starts=begun[0]), *course)
    alone = [audited(rules(t, starts=s), *course) for s in begun for t in terms or [term]]
    (base,) = whole["rows"]
    there = [{r["row"]: r for r in a["rows"]}.get(base["row"]) for a in alone]
    expected = [{k: v for k, v in _told(r).items() if v is not None} for r in there]
    if any("start" in r for r in there if r is not None):
        assert [{k: v for k, v in f.items() if k in ("outcome", "due", "late", "reason")} for f in base["readings"]] == expected
        assert [f.get("in_use", False) for f in base["readings"]] == [True] + [False] * (len(alone) - 1)
    else:
        assert "readings" not in base, "nothing has started it, however it is read"
    verdicts = sorted({a["verdict"] for a in alone}, key=VERDICTS.index)
    assert whole.get("verdict_on_readings", [whole["verdict"]]) == verdicts


def _told(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"outcome": "not_there"}
    due = row["revisions"][-1].get("due") if "revisions" in row else None
    return {"outcome": row["outcome"], "due": due, "late": row.get("late"), "reason": row.get("reason") or None}


@given(st.sampled_from(TERMS), starts, waits, st.lists(st.integers(-12 * 1440, 12 * 1440), max_size=6), st.booleans())
def test_the_act_is_in_time_from_the_start_that_the_margin_names_and_from_no_earlier_one(
    term: str, start: datetime, wait: timedelta, moved: list[int], paused: bool
) -> None:
    law, done = rules(term), Moment.at(start + wait)
    pause = [("hold", Moment.at(start + wait / 3)), ("resume", Moment.at(start + wait / 2))] if paused else []

    def outcome(begun: datetime) -> str:
        return str(row(law, ("start", Moment.at(begun)), *pause, ("done", done))["outcome"])

    found = row(law, ("start", Moment.at(start)), *pause, ("done", done))
    limit = pause[0][1].lo if pause else done.lo
    tried = {t for n in moved if (t := start + n * MINUTE) <= limit}
    if "start_from" not in found["margin"]:
        assert len({outcome(t) for t in tried | {start}}) == 1, "no start changes it"
        return
    first = Moment.decode(found["margin"]["start_from"]).lo
    for begun in {t for t in tried | {first, first - TICK, start} if t <= limit}:
        assert outcome(begun) == ("met" if begun >= first else "met_late")


@given(st.sampled_from(TERMS), starts, waits, spans, spans)
def test_a_start_is_surely_in_time_from_the_one_bound_and_surely_late_before_the_other(
    term: str, start: datetime, wait: timedelta, width: timedelta, blur: timedelta
) -> None:
    law = rules(term)
    begun, done = Moment(start, start + width), Moment(start + width + wait, start + width + wait + blur)
    margin = row(law, ("start", begun), ("done", done)).get("margin", {})
    if "start_from" not in margin:
        return
    bounds = Moment.decode(margin["start_from"])
    for surely, instant in (("met_late", bounds.lo - TICK), ("met", bounds.hi)):
        if instant <= done.lo:
            assert {
                row(law, ("start", Moment.at(instant)), ("done", Moment.at(act)))["outcome"] for act in (done.lo, done.hi)
            } == {surely}  # fmt: skip
