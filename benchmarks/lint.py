"""The checker on a large definition

`lint` on a generated definition of 1,000 states and 2,000 constraints: a chain of 960 steps with a loop back at every tenth, and a parallel
state of four regions of ten; 1,000 duties, of which each eighth has a tier, and 1,000 terms of the clock, of hours, days and working days,
that lead out of every state. The definition is loaded beforehand; the lengths of the terms on the calendar are worked out anew in every
round, as in a process that has just begun.

Tried: reachability as bits of whole numbers, over strongly connected components, so that only duties that wait for the clock are searched.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from adapters.calendars import shipped
from benchmarks.measure import Figure, Goal, Plan, Report
from workflow.lint import lint
from workflow.lint.spans import forget
from workflow.procedure.load import Definition, of_source
from workflow.procedure.source import Source

TERMS = ("30 minutes", "2 hours", "1 day", "3 days", "5 days roll", "5 working days", "10 working days", "1 month", "30 days", "36 hours")
REGIONS, INNER = 4, 10


def generated(states: int) -> Definition:
    """So many states, and as many duties and as many clocks."""
    steps = states - REGIONS * INNER

    def label(name: str) -> dict[str, Any]:
        return {"zh": name, "en": name}

    inner = {f"r{r}": {**label(f"r{r}"), "states": {f"r{r}_{i}": label(f"r{r}_{i}") for i in range(INNER)}} for r in range(REGIONS)}
    chart: dict[str, Any] = {f"s{i}": label(f"s{i}") for i in range(steps)}
    chart |= {"wide": {**label("wide"), "parallel": True, "states": inner}, "over": {**label("over"), "final": True}}
    events: dict[str, Any] = {"begin": {**label("begin"), "opens": True, "by": "desk"}}
    for i in range(steps):
        events[f"go{i}"] = {**label(f"go{i}"), "from": f"s{i}", "to": f"s{i + 1}" if i + 1 < steps else "wide", "by": "desk"}
        on = f"go{i - 1}" if i else "case"
        to = f"s{i - 9}" if i % 10 == 9 else f"s{i + 1}" if i + 1 < steps else "wide"
        events[f"late{i}"] = {**label(f"late{i}"), "from": f"s{i}", "to": to, "by": "clock", "after": {"on": on, "term": TERMS[i % 10]}}
    for r in range(REGIONS):
        for i in range(INNER - 1):
            events[f"in{r}_{i}"] = {**label(f"in{r}_{i}"), "from": f"r{r}_{i}", "to": f"r{r}_{i + 1}", "by": "desk"}
            after = {"on": f"in{r}_{i - 1}" if i else f"go{steps - 1}", "term": TERMS[i]}
            events[f"due{r}_{i}"] = {**label(f"due{r}_{i}"), "from": f"r{r}_{i}", "to": f"r{r}_{i + 1}", "by": "clock", "after": after}
    events["end"] = {**label("end"), "from": "wide", "to": "over", "by": "desk"}
    names = [n for n, e in events.items() if e["by"] == "desk"]
    duties: dict[str, Any] = {}
    for i in range(states):
        start = names[i % len(names)]
        duties[f"d{i}"] = {
            **label(f"d{i}"),
            "owed": {"by": "desk"},
            "starts": {"on": start if i else "case"},
            "term": [{"is": TERMS[(i * 7) % 10]}],
            "met_by": names[(i + 1 + i % 5) % len(names)],
        }
        if i % 8 == 0:
            duties[f"d{i}"]["tiers"] = [{"at": ("1 day after", "50%", "at due", "1 hour before")[i // 8 % 4], "tell": "desk"}]
    data = {"procedure": "large", "version": "1", **label("large"), "roles": {"desk": {**label("desk"), "level": "town"}}}
    data |= {"initial": "s0", "states": chart, "events": events, "obligations": duties}
    return of_source(Source("large", data, {}))


def run(plan: Plan) -> Report:
    size = plan.size(1000, 120)
    definition, calendar = generated(size), shipped("cn")
    seconds, said = [], 0
    for _ in range(plan.rounds):
        forget()
        gc.collect()
        begin = time.perf_counter()
        said = len(lint(definition, calendar))
        seconds.append(time.perf_counter() - begin)
    figure = Figure(f"lint, {size:,} states, {2 * size:,} constraints", "s", tuple(seconds))
    p = definition.procedure
    clocks = sum(e.after is not None for e in p.events.values())
    note = f"{len(p.obligations):,} duties and {clocks:,} clocks; {said:,} findings."
    return Report((figure,), (Goal(figure, binds=1, most=True),), (note,))
