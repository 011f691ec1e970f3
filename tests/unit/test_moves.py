"""The table of moves: the answers of the machine, without the machine."""

from __future__ import annotations

import pickle
import random

import pytest

from adapters.library import shipped_definitions
from workflow.moves import tabulate
from workflow.rules import Rules

SHIPPED = [Rules(d.procedure, d.hash) for d in shipped_definitions()]


@pytest.mark.parametrize("rules", SHIPPED, ids=lambda r: r.procedure.ref)
def test_on_every_course_the_table_answers_as_the_machine_does(rules: Rules) -> None:
    chart, table, events = rules.chart, rules.tabulated().compiled, [*rules.procedure.events, "riot"]
    assert table is not None
    assert table.initial == chart.initial
    chance = random.Random(1)
    here = chart.initial
    for _ in range(300):
        event = chance.choice(events)
        assert table.fire(here, event) == chart.fire(here, event)
        assert table.ended(here) == chart.ended(here)
        assert table.enabled(here) == chart.enabled(here)
        here = chart.fire(here, event) or (chart.initial if chance.random() < 0.1 else here)


def test_a_table_is_plain_data() -> None:
    table = SHIPPED[0].tabulated().compiled
    assert pickle.loads(pickle.dumps(table)) == table
    assert b"transitions" not in pickle.dumps(table)


def test_of_too_many_configurations_no_table_is_made() -> None:
    chart, events = SHIPPED[0].chart, SHIPPED[0].procedure.events
    assert tabulate(chart, events, 2) is None
    assert tabulate(chart, events) is not None


def test_rules_with_a_table_are_tabulated_once() -> None:
    made = SHIPPED[0].tabulated()
    assert made.tabulated() is made
    assert made == SHIPPED[0]
