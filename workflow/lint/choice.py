"""The terms of a duty among which facts choose: what the loader's trial of every case does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from workflow.journal.canonical import Json
from workflow.lint.finding import Finding
from workflow.lint.subject import Subject, ruled
from workflow.procedure.alternative import MAX_CASES, atoms_of, domain, key_of, known_of
from workflow.procedure.condition import Compare, Condition, Decided, holds
from workflow.procedure.model import Alternative, Fact, Obligation
from workflow.text import Text

Key = tuple[str, str]


def choices(subject: Subject) -> Iterator[Finding]:
    for name, duty in subject.p.obligations.items():
        rules = dict(ruled(duty))
        if not rules:
            continue
        conditions = [*rules.values(), *([duty.owed_when] if duty.owed_when is not None else [])]
        domains = _domains(conditions, subject.p.facts)
        size = 1
        for values in domains.values():
            size *= len(values)
        if size > MAX_CASES:
            said = Text(
                f"{name}:情形有 {size} 种,未检查期限是否重叠或有缺口",
                f"{name}: its {size} cases were not tried, so that terms may overlap or leave a gap",
            )
            yield Finding("condition.unchecked", "unchecked", ("obligations", name, "term"), said)
            continue
        yield from _undecided(name, duty, rules)
        yield from _never(name, duty, rules, domains)


def _domains(conditions: list[Condition], facts: Mapping[str, Fact]) -> dict[Key, list[Json]]:
    atoms = [atom for condition in conditions for atom in atoms_of(condition)]
    return {key: domain(key, [a for a in atoms if key_of(a) == key], facts) for key in dict.fromkeys(map(key_of, atoms))}


def _open(rules: Mapping[int, Condition]) -> list[str]:
    """What may not be known yet, so that a condition stays undecided."""
    atoms = [atom for condition in rules.values() for atom in atoms_of(condition)]
    facts = [a.fact for a in atoms if isinstance(a, Compare) and a.operator != "known"]
    return list(dict.fromkeys([*facts, *(a.decision for a in atoms if isinstance(a, Decided))]))


def _undecided(name: str, duty: Obligation, rules: Mapping[int, Condition]) -> Iterator[Finding]:
    """While a fact is not known, no term applies, and nothing is due."""
    waiting = _open(rules)
    if waiting and all(a.when is not None and a.when != Alternative.UNKNOWN for a in duty.term):
        said = Text(
            f"{name}:{'、'.join(waiting)} 待核时没有期限适用,不会到期",
            f"{name}: while {', '.join(waiting)} is not known no term applies, and nothing falls due",
        )
        hint = Text("加一个 when: unknown 的期限", "add a term with 'when: unknown'")
        yield Finding("condition.undecided", "notice", ("obligations", name, "term"), said, hint)


def _never(name: str, duty: Obligation, rules: Mapping[int, Condition], domains: Mapping[Key, list[Json]]) -> Iterator[Finding]:
    """``when: unknown`` where nothing can be unknown; a term without a condition where the others leave nothing to it."""
    special = {a.when: i for i, a in enumerate(duty.term) if a.when is None or a.when == Alternative.UNKNOWN}
    unknown, otherwise = special.get(Alternative.UNKNOWN), special.get(None)
    if unknown is not None and not _open(rules):
        said = Text(f"{name}:条件总能判定,unknown 永不适用", f"{name}: its conditions are always decided, so that 'unknown' never applies")
        yield Finding("condition.never", "warning", ("obligations", name, "term", unknown, "when"), said)
    if otherwise is None or (unknown is None and _open(rules)):
        return
    for values in product(*domains.values()):
        known = known_of(dict(zip(domains, values, strict=True)))
        owed = duty.owed_when is None or holds(duty.owed_when, known) is not False
        if owed and not any(holds(condition, known) for condition in rules.values()):
            return
    said = Text(
        f"{name}:其他期限已包括一切情形,此期限永不适用", f"{name}: the other terms cover every case, so that this one never applies"
    )
    yield Finding("condition.never", "warning", ("obligations", name, "term", otherwise, "is"), said)
