"""Hierarchical and parallel states against a small interpreter written apart: it knows trees and sets, and nothing of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.play import PROBE, Play
from workflow.procedure.load import load
from workflow.procedure.model import Procedure
from workflow.statechart import Statechart, resolve

LABEL = {"zh": "状态", "en": "state"}


def chart(states: dict[str, Any], events: dict[str, Any], initial: str = "a") -> Statechart:
    def labelled(found: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {**LABEL, **state, **({"states": labelled(state["states"])} if "states" in state else {})}
            for name, state in found.items()
        }

    document = {
        "procedure": "p", "version": "1", **LABEL, "roles": {}, "initial": initial, "states": labelled(states),
        "events": {name: {**LABEL, **event} for name, event in events.items()},
    }  # fmt: skip
    return Statechart(Procedure.model_validate(document))


FLAT = {"a": {}, "b": {}, "c": {"final": True}}
DEEP = {"a": {"initial": "x", "states": {"x": {}, "y": {"states": {"p": {}, "q": {}}}}}, "b": {}, "c": {"final": True}}
WIDE = {
    "a": {"parallel": True, "states": {"l": {"states": {"p": {}, "q": {}}}, "r": {"states": {"p": {}, "q": {}}}}},
    "b": {},
    "c": {"final": True},
}


def test_an_event_moves_from_its_source_and_from_nowhere_else() -> None:
    found = chart(FLAT, {"go": {"from": "a", "to": "b"}})
    assert found.fire(("a",), "go") == ("b",)
    assert found.fire(("b",), "go") is None


def test_an_event_that_is_not_declared_is_not_enabled() -> None:
    assert chart(FLAT, {}).fire(("a",), "go") is None


def test_an_event_without_a_target_is_possible_and_moves_nothing() -> None:
    found = chart(DEEP, {"note": {"from": "a.y"}})
    assert found.fire(("a.y.q",), "note") == ("a.y.q",)
    assert found.fire(("a.x",), "note") is None


@pytest.mark.parametrize("source", [{}, {"from": "any"}])
def test_any_is_every_state_that_is_not_final(source: dict[str, Any]) -> None:
    found = chart(DEEP, {"go": {**source, "to": "b"}})
    assert [found.fire((s,), "go") for s in ("a.x", "a.y.p", "b", "c")] == [("b",), ("b",), ("b",), None]


def test_any_beside_a_final_state_is_any_and_that_one() -> None:
    found = chart(DEEP, {"go": {"from": ["any", "c"], "to": "b"}})
    assert [found.fire((s,), "go") for s in ("a.x", "b", "c")] == [("b",), ("b",), ("b",)]


def test_entering_a_state_enters_its_initial_one_all_the_way_down() -> None:
    found = chart(DEEP, {"back": {"from": "b", "to": "a"}, "in": {"from": "b", "to": "a.y"}})
    assert found.fire(("b",), "back") == ("a.x",)
    assert found.fire(("b",), "in") == ("a.y.p",)
    assert found.initial == ("a.x",)


def test_an_outer_state_is_left_from_whatever_is_inside() -> None:
    found = chart(DEEP, {"out": {"from": "a", "to": "b"}})
    assert [found.fire((s,), "out") for s in ("a.x", "a.y.p", "a.y.q")] == [("b",)] * 3


def test_a_transition_to_itself_begins_the_state_again() -> None:
    found = chart(DEEP, {"again": {"from": "a", "to": "a"}, "same": {"from": "a.x", "to": "a.x"}})
    assert found.fire(("a.y.q",), "again") == ("a.x",)
    assert found.fire(("a.x",), "same") == ("a.x",)


def test_all_regions_are_entered_and_each_moves_alone() -> None:
    found = chart(WIDE, {"go": {"from": "l.p", "to": "l.q"}})
    assert found.initial == ("a.l.p", "a.r.p")
    assert found.fire(("a.l.p", "a.r.p"), "go") == ("a.l.q", "a.r.p")
    assert found.fire(("a.l.q", "a.r.p"), "go") is None


def test_one_event_may_move_several_regions() -> None:
    found = chart(WIDE, {"go": {"moves": [{"from": "l.p", "to": "l.q"}, {"from": "r.p", "to": "r.q"}]}})
    assert found.fire(("a.l.p", "a.r.p"), "go") == ("a.l.q", "a.r.q")
    assert found.fire(("a.l.q", "a.r.p"), "go") == ("a.l.q", "a.r.q")


def test_leaving_a_parallel_state_leaves_every_region() -> None:
    found = chart(WIDE, {"out": {"from": "a", "to": "b"}, "from_inside": {"from": "l.q", "to": "c"}})
    assert found.fire(("a.l.q", "a.r.p"), "out") == ("b",)
    assert found.fire(("a.l.q", "a.r.p"), "from_inside") == ("c",)
    assert found.fire(("a.l.p", "a.r.p"), "from_inside") is None


def test_enabled_lists_what_is_possible_in_the_order_of_the_file() -> None:
    found = chart(WIDE, {"z": {"from": "l.p", "to": "l.q"}, "m": {"from": "b", "to": "c"}, "a": {"from": "a"}, "end": {"to": "c"}})
    assert found.enabled(("a.l.p", "a.r.p")) == ["z", "a", "end"]
    assert found.enabled(("c",)) == []


def test_a_case_has_ended_in_a_final_state_and_in_no_other() -> None:
    found = chart(WIDE, {})
    assert [found.ended(c) for c in (("a.l.p", "a.r.p"), ("b",), ("c",))] == [False, False, True]


@pytest.mark.parametrize(
    ("reference", "means"),
    [("l.p", ["a.l.p"]), ("a.l.p", ["a.l.p"]), ("l", ["a.l"]), ("p", ["a.l.p", "a.r.p"]), ("b", ["b"]), ("x", []), ("ll.p", [])],
)
def test_a_reference_is_a_path_or_the_end_of_one(reference: str, means: list[str]) -> None:
    document = {"procedure": "p", "version": "1", **LABEL, "roles": {}, "initial": "a", "events": {}}
    states = {
        "a": {**LABEL, "parallel": True, "states": {r: {**LABEL, "states": {s: LABEL for s in ("p", "q")}} for r in ("l", "r")}},
        "b": LABEL,
    }
    assert resolve(Procedure.model_validate({**document, "states": states}).states, reference) == means


# the oracle


@dataclass
class Node:
    path: str
    parallel: bool
    children: list[Node]


def tree(states: dict[str, Any], prefix: str = "") -> list[Node]:
    return [Node(prefix + n, s.get("parallel", False), tree(s.get("states", {}), f"{prefix}{n}.")) for n, s in states.items()]


class Interpreter:
    """States as a tree, a configuration as the set of its leaves; innermost sources first, one move for each branch that is free."""

    def __init__(self, states: dict[str, Any], events: dict[str, list[tuple[str, str | None]]]) -> None:
        self.roots = tree(states)
        self.nodes = {n.path: n for root in self.roots for n in self.walk(root)}
        self.events = events

    def walk(self, node: Node) -> list[Node]:
        return [node, *(n for c in node.children for n in self.walk(c))]

    def enter(self, node: Node) -> set[str]:
        if not node.children:
            return {node.path}
        return set().union(*(self.enter(c) for c in (node.children if node.parallel else node.children[:1])))

    def fire(self, leaves: tuple[str, ...], event: str) -> tuple[str, ...] | None:
        for source, target in self.events[event]:
            if any(leaf == source or leaf.startswith(source + ".") for leaf in leaves):
                return leaves if target is None else tuple(sorted(self.move(set(leaves), target)))
        return None

    def move(self, leaves: set[str], target: str) -> set[str]:
        """Everything outside of the innermost region that holds the target stays."""
        steps = target.split(".")
        keep = ""
        for i in range(1, len(steps)):
            path = ".".join(steps[:i])
            inside = any(leaf.startswith(path + ".") for leaf in leaves)
            if self.nodes[path].parallel and inside:
                keep = ".".join(steps[: i + 1])
        stay = {leaf for leaf in leaves if keep and not (leaf == keep or leaf.startswith(keep + "."))}
        return stay | self.enter(self.nodes[target])


@st.composite
def charts(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, tuple[str, str | None]]]:
    """A chart of up to three levels, whose events have one source and one target each; a region is entered as a whole or moved inside."""

    def state(depth: int) -> dict[str, Any]:
        kind = draw(st.sampled_from(["leaf", "leaf", "compound", "parallel"])) if depth < 3 else "leaf"
        if kind == "leaf":
            return {}
        names = "pqr"[: draw(st.integers(2, 3))]
        return {"parallel": kind == "parallel", "states": {n: state(depth + 1) for n in names}}

    states = {n: state(1) for n in "abc"[: draw(st.integers(2, 3))]}
    every = [n.path for root in tree(states) for n in Interpreter(states, {}).walk(root)]
    roots = tree(states)
    parallel = {n.path for root in roots for n in Interpreter(states, {}).walk(root) if n.parallel}
    count = draw(st.integers(1, 5))
    events: dict[str, tuple[str, str | None]] = {}
    for i in range(count):
        source = draw(st.sampled_from(every))
        region = next((p for p in sorted(parallel, key=len, reverse=True) if source.startswith(p + ".")), "")
        inside = [
            e for e in every if region and e.split(".")[: len(region.split(".")) + 1] == source.split(".")[: len(region.split(".")) + 1]
        ]
        outside = [e for e in every if not any(e.startswith(p + ".") for p in parallel)]
        target = draw(st.sampled_from([*inside, *outside]) | st.none())
        events[f"e{i}"] = (source, target)
    return states, events


@examples(150)
@given(charts(), st.lists(st.integers(0, 4), max_size=8))
def test_the_machine_and_the_interpreter_walk_the_same_way(
    made: tuple[dict[str, Any], dict[str, tuple[str, str | None]]], walk: list[int]
) -> None:
    states, events = made
    machine = chart(states, {name: {"from": s, **({"to": t} if t else {})} for name, (s, t) in events.items()})
    oracle = Interpreter(states, {name: [move] for name, move in events.items()})
    here = tuple(sorted(oracle.enter(oracle.roots[0])))
    assert machine.initial == here
    for step in walk:
        assert machine.enabled(here) == [name for name in events if oracle.fire(here, name) is not None]
        name = list(events)[step % len(events)]
        there = oracle.fire(here, name)
        assert machine.fire(here, name) == there
        here = there or here


# there is no second table beside the machine


def test_a_transition_taken_out_of_the_machine_is_gone_from_the_engine() -> None:
    text = PROBE.read_text(encoding="utf-8")
    without = text.replace(
        "step: {zh: 推进, en: step, from: open.one, to: open.two,", "step: {zh: 推进, en: step, from: idle, to: open.two,"
    )
    assert without != text
    states = []
    for content in (text, without):
        play = Play("probe")
        play.engine.add(load(content.replace("version: 1-1", "version: 9-9"), "probe.yaml"))
        play.at("09-24 08:00").open("desk")
        play.at("09-24 09:00").fire("desk", "step")
        states.append(play.state)
    assert states == [("open.two",), ("open.one",)]


def test_the_engine_asks_the_machine_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play("probe")
    play.at("09-24 08:00").open("desk")
    rules = play.engine.rules("probe")
    machine = rules.chart._machine
    monkeypatch.setattr(rules.chart, "_answers", {})
    machine.events["step"].transitions.clear()
    play.at("09-24 09:00").fire("desk", "step")
    assert play.state == ("open.one",)
    assert "not_enabled" in play.engine.case("C").case.acts[-1].deviations


@pytest.mark.parametrize("name", ["state", "trigger", "initial", "models", "states", "events", "add_transition"])
def test_an_event_may_be_called_anything(name: str) -> None:
    text = (
        "procedure: p\nversion: 1\nzh: 甲\nen: a\nroles: {a: {zh: 甲, en: b, level: c}}\ninitial: one\n"
        "states: {one: {zh: 一, en: one}, two: {zh: 二, en: two, final: true}}\n"
        f"events: {{begin: {{zh: 始, en: begin, opens: true, by: a}}, {name}: {{zh: 走, en: go, from: one, to: two, by: a}}}}\n"
    )
    chart = Statechart(load(text, "p").procedure)
    assert chart.fire(chart.initial, name) == ("two",)
