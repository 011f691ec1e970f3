"""S10.1, S3.4: an act that is out of order only because its day is all that is known makes no case deviate."""

from __future__ import annotations

from typing import Any

from tests.audited import audited, rules

LAW = rules("5 days")


def acts(found: dict[str, Any]) -> list[tuple[str, list[str], bool]]:
    return [(a["name"], a.get("deviations", []), a.get("order_open", False)) for a in found["acts"]]


def test_an_act_of_a_day_that_stands_before_the_opening_at_an_hour_may_have_come_after_it() -> None:
    found = audited(LAW, ("start", "03-02 10:00"), ("done", "03-02"))
    assert acts(found) == [("done", ["not_opened"], True), ("start", [], False)]
    assert found["verdict"] == "undeterminable"


def test_an_act_of_the_day_before_was_before_the_opening() -> None:
    found = audited(LAW, ("start", "03-02 10:00"), ("done", "03-01"))
    assert acts(found)[0] == ("done", ["not_opened"], False) and found["verdict"] == "deviates"


def test_an_act_at_an_hour_of_the_day_on_which_the_case_ended_may_have_come_before_the_end() -> None:
    found = audited(LAW, ("start", "03-01 10:00"), ("close", "03-02"), ("close", "03-02 09:00"))
    assert acts(found)[-1] == ("close", ["not_enabled"], False), "in either order one of the two closes a closed case"
    held = audited(LAW, ("start", "03-01 10:00"), ("done", "03-01 12:00"), ("close", "03-02"), ("hold", "03-02 09:00"))
    assert acts(held)[-1] == ("hold", ["not_enabled"], True) and held["verdict"] == "undeterminable"


def test_exact_instants_leave_nothing_open() -> None:
    found = audited(LAW, ("done", "03-02 09:59"), ("start", "03-02 10:00"))
    assert found["verdict"] == "deviates" and not any(a.get("order_open") for a in found["acts"])
