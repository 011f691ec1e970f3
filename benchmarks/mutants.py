"""Mutants: what the checker finds

`python -m benchmarks.mutants` damages the shipped definitions, one place at a time, and asks whether the damage is seen: the loader refuses
the file, or the checker says something of it as an error or a warning that it did not say of the original. The ways to damage come from
the kinds of fields that the JSON Schema of the language declares (a name, a term, a condition, a choice, a switch, a list …), never from
the list of checks.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from adapters.calendars import calendar_names, shipped
from benchmarks.damage import GONE, Mutant, Place, learn, mutants
from benchmarks.mutant_page import Seen, Verdict, page, rate
from workflow.errors import DubanError
from workflow.lint import lint
from workflow.procedure.load import Definition, of_source
from workflow.procedure.model import Procedure
from workflow.procedure.source import Source, read_source

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checker-mutants.md"
SEED, SAMPLE = 20260924, 1500


def damaged(data: Any, mutant: Mutant) -> Any:
    """The data with one place changed."""
    *way, last = mutant.site.place

    def change(value: Any, rest: Sequence[str | int]) -> Any:
        copied = dict(value) if isinstance(value, dict) else list(value)
        if rest:
            copied[rest[0]] = change(value[rest[0]], rest[1:])
        elif mutant.value is GONE:
            del copied[last]
        else:
            copied[last] = mutant.value
        return copied

    return change(data, way)


def said(definition: Definition) -> Counter[tuple[str, str, Place]]:
    """What the checker says: severity, code and field, without the numbers of items, which a lost item moves."""
    found = lint(definition, shipped("cn"))
    return Counter((f.severity, f.code, tuple(s for s in f.at if isinstance(s, str))) for f in found)


def judge(original: Definition, before: Counter[tuple[str, str, Place]], data: Any, mutant: Mutant) -> Seen:
    if mutant.group == "prose":
        return "prose"
    try:
        definition = of_source(Source("mutant", damaged(data, mutant), {}), calendar_names())
    except DubanError:
        return "refused"
    if _normal(definition.procedure) == _normal(original.procedure) or mutant.operator == "an entry is renamed":
        return "equivalent"  # nothing names the entry, or the loader would refuse it: it is the same under another name
    new = {severity for severity, _, _ in (said(definition) - before)}
    return "error" if "error" in new else "warning" if "warning" in new else "notice" if "notice" in new else "survived"


def _normal(procedure: Procedure) -> dict[str, Any]:
    """A definition with the defaults of its states written out: an initial state that is left out is the first."""

    def filled(states: Any) -> None:
        for state in states.values():
            if state["states"] and not state["parallel"]:
                state["initial"] = state["initial"] or next(iter(state["states"]))
            filled(state["states"])

    found = procedure.model_dump()
    filled(found["states"])
    return found


def campaign(sample: int | None = SAMPLE, seed: int = SEED) -> tuple[int, list[Verdict]]:
    """How many mutants there are, and what became of ``sample`` of them, drawn evenly over the kinds of damage; ``None``: of all."""
    folder = files("definitions") / "procedures"
    texts = {f.name: f.read_bytes() for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".yaml")}
    sources = {name: read_source(text, name).data for name, text in texts.items()}
    learn(list(sources.values()))
    chance = random.Random(seed)
    every = [(name, mutant) for name, data in sources.items() for mutant in mutants(data, chance)]
    size = len(every)
    if sample is not None and sample < size:
        every = _drawn(every, sample, chance)
    found = []
    for name, data in sources.items():
        mine = [mutant for other, mutant in every if other == name]
        if mine:
            original = of_source(Source(name, data, {}), calendar_names())
            before = said(original)
            found += [Verdict(name, mutant, judge(original, before, data, mutant)) for mutant in mine]
    return size, found


def _drawn(every: list[tuple[str, Mutant]], sample: int, chance: random.Random) -> list[tuple[str, Mutant]]:
    """A sample in which every pair of operator and field is there, and none is there too often: they take turns."""
    groups: defaultdict[tuple[str, str], list[tuple[str, Mutant]]] = defaultdict(list)
    for item in every:
        groups[item[1].operator, item[1].site.field].append(item)
    for group in groups.values():
        chance.shuffle(group)
    found: list[tuple[str, Mutant]] = []
    while len(found) < sample and groups:
        for key in list(groups):
            found.append(groups[key].pop())
            if not groups[key]:
                del groups[key]
    return found[:sample]


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when fewer than 80 % of the defects are found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description="How many seeded defects the checker finds.")
    parser.add_argument("--full", action="store_true", help="every mutant (some minutes)")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"so many mutants (default {SAMPLE})")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    size, verdicts = campaign(None if options.full else options.sample, options.seed)
    text = page(verdicts, not options.full, size)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - begin:.1f} s", file=sys.stderr)
    found, base = rate(verdicts)
    return 0 if found * 100 >= base * 80 else 1


if __name__ == "__main__":
    sys.exit(main())
