"""Of which cases the record does not hold, from the findings of an audit: the rest of a journal can be judged without them.

A fault at an entry concerns its case. A fault of a seal concerns every case with an entry under that seal, and a checkpoint that does not
fit every case with one under any seal up to it: what was sealed is not what is there now. Anything else, such as seals that are gone,
leaves no case that can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from workflow.journal.chain import Finding
from workflow.journal.entry import Stored

_SEAL = re.compile(r"seal (\d+)")
_ALONE = frozenset({"seal_edited", "sealed_entries"})
"""Faults of one seal; a checkpoint that does not fit says it of all seals up to one."""
_UPTO = frozenset({"rewritten"})


class Doubt(NamedTuple):
    cases: dict[str, list[Finding]]
    """By case, what is wrong with its record."""
    rest: list[Finding]
    """What leaves no case that can be relied on."""


def doubted(findings: Iterable[Finding], cases: Collection[str], rows: Iterable[Stored]) -> Doubt:
    """``rows`` are the entries as they lie in the journal: which seal covers which case."""
    found = Doubt({}, [])
    seals: list[tuple[int, Finding]] = []
    for finding in findings:
        seal = _SEAL.fullmatch(finding.case)
        if finding.case in cases:
            found.cases.setdefault(finding.case, []).append(finding)
        elif seal is not None and finding.code in _ALONE | _UPTO:
            seals.append((int(seal[1]), finding))
        else:
            found.rest.append(finding)
    if seals:
        covered: dict[int, set[str]] = {}
        for row in rows:
            if type(row.seal) is int and row.case in cases:
                covered.setdefault(row.seal, set()).add(row.case)
        for number, finding in seals:
            upto = finding.code in _UPTO
            for case in sorted({c for n, there in covered.items() if (n <= number if upto else n == number) for c in there}):
                found.cases.setdefault(case, []).append(finding)
    return found
