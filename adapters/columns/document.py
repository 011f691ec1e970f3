"""The digests and dossiers of all cases of a part, as :mod:`workflow.replay` and :mod:`workflow.dossier` make them of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np

from adapters.columns.fill import Filler, Words, stamps, words
from adapters.columns.form import Blank, Form, Hole, Unfit
from adapters.columns.replay import Courses, Duties, Flags, Part, judged
from adapters.columns.said import said
from adapters.columns.source import Whole, instant, micros
from adapters.documents.report import kept_line
from workflow.act import ACTED, OPENED, Act
from workflow.case.fold import Case
from workflow.deviation import of_row
from workflow.dossier import VERDICTS, Dossier, act_document, dossier, gravity
from workflow.journal.canonical import Json, canonical, digest, quoted
from workflow.moment import Moment
from workflow.obligation.ledger import instances, ledger
from workflow.obligation.row import Row
from workflow.organisation import Actor
from workflow.replay import Judged, Report, case_document, row_document

_CHUNK = 16_384
"""Cases whose texts are held at once."""


class Result(NamedTuple):
    """What was found in one case."""

    case: str
    digest: str
    """Of the canonical document of its acts and rows."""
    verdict: str
    records: tuple[str, ...]
    """The codes of its deviations."""
    line: bytes
    """Its dossier, as :class:`~adapters.documents.report.Dossiers` keeps it."""


class Texts(NamedTuple):
    """What is said of one duty in every case; the same place in each list is the same case."""

    kinds: list[Words]
    """Rows as they are digested; where dossiers are wanted also as they stand there, and as deviations."""
    codes: list[tuple[str, ...]]
    """Of the deviations."""
    gravity: Whole


class Writer:
    """Writes the results of the cases of a part; their dossiers only where they are ``wanted``."""

    def __init__(self, part: Part, wanted: bool) -> None:
        self.part, self._wanted = part, wanted
        self._said = said(part.path, part.log_map, part.columns)
        self._courses = Courses(part, self._said)
        self._until = micros(part.until)
        self.walk, self.duties, self.apart = judged(part, self._courses)
        """Of each duty in every case; and the cases that are replayed by themselves: their own results say what they count for."""
        self.alone = Report({})
        """What the cases that were replayed by themselves count for."""
        if wanted:
            self.apart |= self._strange()
        self._stamps = stamps(part.columns.at)
        self._quoted = words(self._said.quoted())
        self._fillers: dict[tuple[str, Any], Filler] = {}
        self._texts = [self._filled(one) for one in self.duties]
        grave = np.max([t.gravity for t in self._texts], axis=0) if self._texts else np.zeros(len(part.columns.ids), dtype=np.int64)
        self._verdicts = [VERDICTS[g] for g in grave.tolist()]
        self._definition, self._procedure = (json.dumps(t) for t in (part.rules.hash, part.rules.procedure.ref))
        self._states = [canonical(list(s)).decode() for s in self.walk.states]
        actors = {name: n for n, name in enumerate(dict.fromkeys(self._said.actor))}
        self._actors = len(actors)
        events = len(part.columns.at)
        self._actor = (
            np.zeros(events, dtype=np.int64) if len(actors) < 2 else np.fromiter(map(actors.get, self._said.actor), np.int64, events)
        )
        if not self._proved():
            self.apart[:] = True

    def results(self) -> Iterator[Result]:
        """Every case, in the order of the columns."""
        count = len(self.part.columns.ids)
        apart = self._courses.apart(np.flatnonzero(self.apart).tolist())
        for low in range(0, count, _CHUNK):
            high = min(low + _CHUNK, count)
            if not self.apart[low:high].any():
                yield from self._filled_in(low, high)
                continue
            for result, alone in zip(self._filled_in(low, high), self.apart[low:high].tolist(), strict=True):
                yield self._single(*next(apart)) if alone else result

    def _filled_in(self, low: int, high: int) -> Iterator[Result]:
        """The cases from ``low`` on, as the forms give them."""
        c, texts, cases = self.part.columns, self._texts, slice(low, high)
        first = c.first[low : high + 1]
        short, long = self._acts(int(first[0]), int(first[-1]), np.repeat(first[:-1], np.diff(first)))
        places = (first - first[0]).tolist()
        ids, verdicts = c.ids[cases], self._verdicts[cases]
        states = [self._states[n] for n in self.walk.state[first[1:] - 1].tolist()]
        rows = _joined([t.kinds[0][cases].tolist() for t in texts], high - low)
        middle = f'],"definition":{self._definition},"listed":true,"rows":['
        digests = [
            digest(f'{{"acts":[{",".join(short[a:b])}{middle}{row}],"state":{state}}}'.encode())
            for (a, b), row, state in zip(pairwise(places), rows, states, strict=True)
        ]
        if not self._wanted:
            yield from (Result(case, found, verdict, (), b"") for case, found, verdict in zip(ids, digests, verdicts, strict=True))
            return
        chosen = self.part.chosen[cases]
        by = zip((chosen - first[:-1] + 1).tolist(), self._stamps[chosen].tolist(), strict=True)
        more, records = (_joined([t.kinds[kind][cases].tolist() for t in texts], high - low) for kind in (1, 2))
        codes = _added([t.codes[cases] for t in texts], high - low)
        start, end = f'}},"definition":{self._definition},', f'"procedure":{self._procedure},"rows":['
        new = tuple.__new__  # as the class does it, in half the time
        spans = zip(ids, pairwise(places), by, records, more, states, verdicts, digests, codes, strict=True)
        for case, (a, b), (n, at), record, row, state, verdict, result, found in spans:
            said = f'"deviations":[{record}],' if record else ""
            key = quoted(case)
            line = (
                f'{key}\t{{"acts":[{",".join(long[a:b])}],"case":{key},"chosen":{{"act":{n},"at":"{at}"{start}{said}{end}{row}]'
                f',"state":{state},"unit":"","verdict":"{verdict}"}}\n'
            )
            yield new(Result, (case, result, verdict, found, line.encode()))

    def _strange(self) -> Flags:
        """The cases of which a dossier says more than is filled in here: how a wording may be read, who held a report, what was expected in
        place of an act."""
        c, rules = self.part.columns, self.part.rules
        if any(duty.obligation.ambiguous is not None for duty in rules.duties.values()):
            return np.ones(len(c.ids), dtype=bool)
        events = rules.procedure.events
        reports = np.array([s.name in events and events[s.name].report is not None for s in c.symbols] or [False])
        found = np.zeros(len(c.ids), dtype=bool)
        found[c.case[(self.walk.breach > 0) | reports[c.symbol]]] = True
        return found

    def _proved(self) -> bool:
        """Whether the first case of each pattern comes out whole as it does by itself."""
        numbers = {int(n) for one in self.duties for n in one.pattern.cases}
        for n in sorted(n for n in numbers if not self.apart[n]):
            case, proofs, _ = self._courses.case(n)
            made = next(self._filled_in(n, n + 1))
            rows = ledger(case, self.part.world, self.part.until)
            if made.digest != digest(canonical(case_document(case, rows))):
                return False
            if self._wanted and made.line != kept_line(self._dossier(case, proofs, rows)):
                return False
        return True

    def _dossier(self, case: Case, proofs: Mapping[int, str], rows: Sequence[Row] | None = None) -> Dossier:
        world, until = self.part.world, self.part.until
        return dossier(Judged(case, ledger(case, world, until) if rows is None else rows, world, until, proofs))

    def _single(self, case: Case, proofs: Mapping[int, str], counts: Report) -> Result:
        rows = self.alone.judge(case, self.part.world, self.part.until)
        self.alone.events.update(counts.events)
        self.alone.deviations.update(counts.deviations)
        result = digest(canonical(case_document(case, rows)))
        if not self._wanted:
            return Result(case.id, result, "", (), b"")
        found = self._dossier(case, proofs, rows)
        codes = tuple(record["code"] for record in _list(found.document.get("deviations", ())))
        return Result(case.id, result, found.verdict, codes, kept_line(found))

    def _filled(self, one: Duties) -> Texts:
        """What is said of a duty in every case. Cases of a pattern without a form, or whose form is not proved, are set apart."""
        count = len(self.part.columns.ids)
        kinds = [np.full(count, "", dtype=object) for _ in range(3 if self._wanted else 1)]
        texts = Texts(kinds, [()] * count, np.zeros(count, dtype=np.int64))
        order = np.argsort(one.pattern.number, kind="stable")
        ends = np.searchsorted(one.pattern.number[order], np.arange(len(one.rows) + 1))
        for n, rows in enumerate(one.rows):
            cases = order[ends[n] : ends[n + 1]]
            if not rows or self.apart[cases].all():
                continue
            try:
                found, codes = self._pattern(one, rows, cases)
            except Unfit:
                self.apart[cases] = True
                continue
            for all_cases, these in zip(kinds, found, strict=True):
                all_cases[cases] = words(these)
            if codes:
                for case in cases.tolist():
                    texts.codes[case] = codes
            texts.gravity[cases] = max(map(gravity, rows))
        return texts

    def _pattern(self, one: Duties, rows: Sequence[Row], cases: Whole) -> tuple[list[list[str]], tuple[str, ...]]:
        """The rows of the cases of one pattern: digested, in a dossier, as deviations; and these by code. Raises :class:`Unfit`."""
        p, c = one.projection, self.part.columns
        where = p.first[cases][:, None] + np.arange(p.first[cases[0] + 1] - p.first[cases[0]])
        events = p.events[where]
        numbers = events - c.first[cases][:, None] + 1
        first, last = int(cases[0]), int(cases[-1])

        def shown(hole: Hole) -> list[str]:
            picked = list(hole.events)
            return self._places(hole.kind, events[:, picked], numbers[:, picked])

        forms = self._forms(rows, first, numbers[0].tolist())
        found: list[list[str]] = []
        for kind in forms:
            parts = [self._filler(one, row).fill(made, where, shown) for row, made in kind]
            found.append([",".join(texts) for texts in zip(*parts, strict=True)] if parts else [""] * len(cases))
        for case, place in ((first, 0), (last, -1)):
            again = instances(one.duty, self._courses.case(case)[0], self.part.world, self.part.until)
            documents = self._documents(again, case)
            for texts, wanted in zip(found, documents, strict=True):
                if texts[place] != ",".join(canonical(d).decode() for d in wanted if d is not None):
                    raise Unfit
        records = self._documents(rows, first)[2] if self._wanted else []
        return found, tuple(str(d["code"]) for d in records if d is not None)

    def _documents(self, rows: Sequence[Row], number: int) -> list[list[Any]]:
        case, proofs, _ = self._courses.case(number)
        found: list[list[Any]] = [[row_document(row, case) for row in rows]]
        if self._wanted:
            found.append(_list(self._dossier(case, proofs, rows).document["rows"]))
            found.append([of_row(row, case, self.part.world, proofs) for row in rows])
        return found

    def _forms(self, rows: Sequence[Row], number: int, acts: Sequence[int]) -> list[list[tuple[Row, Form]]]:
        case, proofs, _ = self._courses.case(number)
        blanks = [Blank(row, case, acts) for row in rows]
        documents = self._documents(rows, number)
        found = [[(row, blank.row(d)) for row, blank, d in zip(rows, blanks, kind, strict=True)] for kind in documents[:2]]
        for kind in documents[2:]:
            found.append([(row, blank.record(d, proofs)) for row, blank, d in zip(rows, blanks, kind, strict=True) if d is not None])
        return found

    def _filler(self, one: Duties, row: Row) -> Filler:
        part, events = self.part, one.projection.events
        term = row.revisions[0].term if row.revisions else None
        key = (one.duty.id, term)
        if key not in self._fillers:
            due = one.dues.get(term) if term is not None else None
            calendar = part.world.calendar(part.calendar)
            self._fillers[key] = Filler(part.days, calendar, term, due, self._until, part.columns.at[events], self._stamps[events])
        return self._fillers[key]

    def _places(self, kind: str, events: Whole, numbers: Whole) -> list[str]:
        """For each case the places of some events: an object by the number of the act, or a list."""
        texts = [self._quoted[column].tolist() for column in events.T]
        if kind == "places":
            return [f"[{','.join(row)}]" for row in zip(*texts, strict=True)]
        keys = [[str(n) for n in column] for column in numbers.T.tolist()]
        if len(texts) == 1:
            return [f'{{"{n}":{text}}}' for n, text in zip(keys[0], texts[0], strict=True)]
        if len(texts) == 2:
            return [
                f'{{"{a}":{x},"{b}":{y}}}' if a < b else f'{{"{b}":{y},"{a}":{x}}}' if b < a else f'{{"{a}":{x}}}'
                for a, b, x, y in zip(*keys, *texts, strict=True)
            ]
        found: list[str] = []
        for names, row in zip(zip(*keys, strict=True), zip(*texts, strict=True), strict=True):
            pairs = sorted(dict(zip(names, row, strict=True)).items())
            found.append("{" + ",".join([f'"{n}":{text}' for n, text in pairs]) + "}")
        return found

    def _acts(self, start: int, stop: int, begins: Whole) -> tuple[list[str], list[str]]:
        """The texts of some events as acts, for the digest and for the dossier. ``begins``: where the case of each begins."""
        c, w = self.part.columns, self.walk
        numbers = np.arange(start, stop)
        opens = numbers == begins
        kind = (opens * len(c.symbols) + c.symbol[start:stop]) * len(w.found) + w.breach[start:stop]
        kind = (kind * len(w.states) + w.state[start:stop]) * self._actors + self._actor[start:stop]
        _, first, which = np.unique(kind, return_index=True, return_inverse=True)
        forms = [self._act(int(numbers[n]), bool(opens[n])) for n in first]
        at, kinds, places = self._stamps[start:stop].tolist(), which.tolist(), self._quoted[start:stop].tolist()
        these = list(map(forms.__getitem__, kinds))
        short = [f"{a}{t}{b}" for (a, b, *_), t in zip(these, at, strict=True)]
        if not self._wanted:
            return short, short
        rest = zip(these, at, (numbers - begins + 1).tolist(), places, strict=True)
        return short, [f"{c}{t}{d}{n}{e}{place}{f}{t}{g}" for (_, _, c, d, e, f, g), t, n, place in rest]

    def _act(self, event: int, opens: bool) -> tuple[str, ...]:
        """The texts of one kind of event: two around its instant for the digest; five around instant, number, place and instant."""
        c, w, trust = self.part.columns, self.walk, self.part.log_map.trust
        symbol, when = c.symbols[c.symbol[event]], instant(c.at[event])
        who, state = Actor(symbol.role, self._said.actor[event] or None), w.states[w.state[event]]
        breaches = w.found[w.breach[event]]
        moment = Moment.at(when)
        act = Act(1, OPENED if opens else ACTED, symbol.name, moment, when, who, grade=trust, deviations=breaches, state=state)
        found: dict[str, str | None] = {name: _fixed(value) for name, value in act_document(act, {1: ""}).items()}
        found |= {"happened": None, "recorded": None, "n": None, "proof": None}
        pieces = ["{"]
        for number, name in enumerate(sorted(found)):
            pieces[-1] += f"{',' if number else ''}{_fixed(name)}:"
            value = found[name]
            if value is not None:
                pieces[-1] += value
            elif name in ("happened", "recorded"):
                pieces[-1] += '"'
                pieces.append('"')
            else:
                pieces.append("")
        pieces[-1] += "}"
        after = "".join(f",{_fixed(code)}" for code in act.deviations)
        return f'[{_fixed(act.kind)},{_fixed(act.name)},"', f'"{after}]', *pieces


def _fixed(value: Json) -> str:
    """The canonical form of what is the same wherever a text is filled in."""
    return canonical(value).decode()


def _added(codes: Sequence[Sequence[tuple[str, ...]]], count: int) -> Sequence[tuple[str, ...]]:
    """Of each case the codes of all duties."""
    if not codes:
        return [()] * count
    return codes[0] if len(codes) == 1 else [tuple(chain.from_iterable(found)) for found in zip(*codes, strict=True)]


def _joined(texts: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    """Of each case the texts of all duties, with commas between those that say something."""
    if not texts:
        return [""] * count
    return texts[0] if len(texts) == 1 else [",".join([t for t in found if t]) for found in zip(*texts, strict=True)]


def _list(value: Any) -> list[Any]:
    return list(value)
