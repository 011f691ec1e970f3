"""Of which cases the record does not hold, from the findings of an audit: the rest of a journal can be judged without them.

A fault at an entry concerns its case. A fault of a seal concerns every case with an entry under that seal, and a checkpoint that does not
fit every case with one under any seal up to it: what was sealed is not what is there now. A broken chain often shows what its entries were,
because each names the hash of the one before; where a seal fits with those hashes it holds for every other case. Anything else, such
as seals that are gone, leaves no case that can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from workflow.errors import IntegrityError
from workflow.journal.chain import Finding, Head
from workflow.journal.entry import Entry, Stored
from workflow.journal.seal import Seal, StoredSeal
from workflow.journal.tree import Tree

_SEAL = re.compile(r"seal (\d+)")
_ALONE, _UPTO = frozenset({"seal_edited", "sealed_entries"}), frozenset({"rewritten"})


class Doubt(NamedTuple):
    cases: dict[str, list[Finding]]
    """By case, what is wrong with its record."""
    rest: list[Finding]
    """What leaves no case that can be relied on."""


def doubted(findings: Iterable[Finding], cases: Mapping[str, Head], rows: Iterable[Stored], seals: Sequence[StoredSeal]) -> Doubt:
    """``rows`` and ``seals`` are what lies in the journal, whatever it is; ``cases`` are those that are known, each with the last
    entry that it is said to have: believed only where a seal fits with it. Only where a seal is in doubt are ``rows`` gone through."""
    found = Doubt({}, [])
    of_seals: list[tuple[int, Finding]] = []
    for finding in findings:
        seal = _SEAL.fullmatch(finding.case)
        if finding.case in cases:
            found.cases.setdefault(finding.case, []).append(finding)
        elif seal is not None and finding.code in _ALONE | _UPTO:
            of_seals.append((int(seal[1]), finding))
        else:
            found.rest.append(finding)
    mended = _mended(rows, {case: cases[case] for case in found.cases}) if of_seals and found.cases else {}
    under = _under(rows, cases) if of_seals else {}
    for number, finding in of_seals:
        if finding.code == "sealed_entries" and _fits(number, mended, seals):
            continue
        upto = finding.code in _UPTO
        for case in sorted({case for seal, some in under.items() if (seal <= number if upto else seal == number) for case in some}):
            found.cases.setdefault(case, []).append(finding)
    return found


def _under(rows: Iterable[Stored], cases: Mapping[str, Head]) -> dict[int, set[str]]:
    """The cases with an entry under each seal."""
    found: dict[int, set[str]] = {}
    for row in rows:
        if type(row.seal) is int and row.case in cases:
            found.setdefault(row.seal, set()).add(row.case)
    return found


Leaves = dict[tuple[str, int], tuple[int, str]]
"""By case and number the seal and the hash of an entry."""


def _mended(rows: Iterable[Stored], broken: Mapping[str, Head]) -> Leaves:
    """The entries under seals, those of broken chains with the hashes that the entries after them name."""
    leaves: Leaves = {}
    for row in rows:
        if type(row.n) is not int or type(row.seal) is not int:
            continue
        leaves.setdefault((row.case, row.n), (row.seal, row.hash))
        if row.case in broken and row.n > 1:
            try:
                before = Entry.parse(row.data, row.hash).prev
            except (IntegrityError, TypeError, AttributeError):
                continue
            seal, _ = leaves.get((row.case, row.n - 1), (row.seal, ""))
            leaves[row.case, row.n - 1] = (seal, before)
    for case, head in broken.items():
        if (case, head.n - 1) in leaves:
            leaves.setdefault((case, head.n), (leaves[case, head.n - 1][0], head.hash))
    return leaves


def _fits(number: int, leaves: Leaves, seals: Sequence[StoredSeal]) -> bool:
    """Whether a seal covers just these entries."""
    for row in seals:
        if row.number == number:
            try:
                seal = Seal.parse(row.data, row.hash)
            except (IntegrityError, TypeError, AttributeError):
                return False
            tree = Tree(seal.algorithm, (hash_.encode() for _, (under, hash_) in sorted(leaves.items()) if under == number))
            return (tree.root, tree.count) == (seal.root, seal.count)
    return False
