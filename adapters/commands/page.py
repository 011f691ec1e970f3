"""One procedure as tables for a reader: everything that its file says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.commands import screen
from workflow.procedure.fact import KINDS
from workflow.procedure.legend import (
    basis_text,
    condition_text,
    duty_text,
    event_text,
    labels,
    modality_text,
    parties,
    report_text,
    start_readings,
    start_text,
    terms_text,
)
from workflow.procedure.model import Decision, Event, Fact, Label, Line, Obligation, Procedure, Tier
from workflow.term import Offset
from workflow.text import Lang, Text


class Page:
    def __init__(self, p: Procedure, lang: Lang) -> None:
        self.p = p
        self.lang = lang

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def show(self) -> None:
        p = self.p
        self._table(("角色", "role"), self._roles())
        self._table(("事实", "fact"), (self._fact(n, f) for n, f in p.facts.items()))
        self._table(("事件", "event"), (self._event(n, e) for n, e in p.events.items()))
        self._table(
            ("决定", "decision"),
            (
                [
                    n,
                    d.text.say(self.lang),
                    self._labels(p.roles, d.by),
                    self._asked(d),
                    self._basis(d.basis),
                ]
                for n, d in p.decisions.items()
            ),
        )
        self._table(("义务", "duty"), (row for n, o in p.obligations.items() for row in self._duty(n, o)))
        if p.sheet is not None:
            days = f"{p.sheet.window.since} … {p.sheet.window.until}" if p.sheet.window is not None else ""
            self._table(
                ("表", "sheet"), [["", p.sheet.text.say(self.lang), days], *(self._line(n, line) for n, line in p.sheet.lines.items())]
            )
        self._table(("依据", "basis"), (self._source(n) for n in p.basis))
        out = screen.console()
        for note in p.notes:
            out.print(f"※ {note.text.say(self.lang)}")

    def _table(self, first: tuple[str, str], rows: Iterable[list[str]]) -> None:
        found = list(rows)
        if not found:
            return
        width = max(map(len, found))
        headings = [Text(*first), Text("名称", "title"), *[Text("", "")] * (width - 2)]
        screen.table(headings, [[*row, *[""] * (width - len(row))] for row in found])
        screen.console().print()

    def _roles(self) -> Iterable[list[str]]:
        return ([n, r.text.say(self.lang), r.level] for n, r in self.p.roles.items())

    def _fact(self, name: str, fact: Fact) -> list[str]:
        kind = KINDS[fact.type].say(self.lang) + (f"({fact.unit})" if fact.unit else "")
        extra = [self.say("个人信息", "personal")] if fact.personal else []
        if fact.of:
            extra.append(" / ".join(c.text.say(self.lang) for c in fact.of.values()))
        if fact.revise:
            extra.append(self.say("可修改:", "revised by ") + self._labels(self.p.roles, fact.revise))
        if fact.required_when is not None:
            extra.append(self.say("必填条件:", "required when ") + condition_text(self.p, fact.required_when, self.lang))
        return [name, fact.text.say(self.lang), kind, "; ".join(extra)]

    def _event(self, name: str, event: Event) -> list[str]:
        p = self.p
        extra: list[str] = []
        for zh, en, names, table in (
            ("须有", "needs", event.require, p.facts),
            ("记录", "records", event.record, p.elements),
            ("在场", "present", event.present, p.roles),
            ("会签", "signed by", (event.second,) if event.second else (), p.roles),
        ):
            if names:
                extra.append(self.say(f"{zh}:", f"{en} ") + self._labels(table, names))
        if event.when is not None:
            extra.append(self.say("条件:", "when ") + condition_text(p, event.when, self.lang))
        if event.report is not None:
            extra.append(report_text(p, event.report, self.lang))
        if event.authority is not None:
            asked = event.authority
            of = self._labels(p.facts, [fact for fact in (asked.kind, asked.grade) if fact is not None])
            extra.append(self.say("指挥权限:", "power of command ") + asked.action + (f"({of})" if of else ""))
        if event.link is not None:
            reply = f" {event.link.event}" if event.link.event else ""
            extra.append(self.say("关联:", "links to ") + "/".join(event.link.to) + reply)
        moves = ", ".join(f"{'/'.join(m.source)} → {m.target or '·'}" for m in event.moves) or (
            f"{'/'.join(event.source) or '*'} → {event.target or '·'}"
        )
        kind = self.say("请求", "request") if event.kind == "request" else ""
        return [
            name,
            event_text(p, event, self.lang, len(event.by)),
            moves,
            "; ".join([k for k in (kind, *extra) if k]),
            self._basis(event.basis),
        ]

    def _duty(self, name: str, o: Obligation) -> Iterable[list[str]]:
        p = self.p
        modality = modality_text(o.modality).say(self.lang)
        term = " ".join(w for w in (modality, terms_text(p, o, self.lang)) if w)
        yield [name, duty_text(p, o).say(self.lang), parties(p, o, self.lang), start_text(p, o, self.lang), term, self._basis(o.basis)]
        for _, start in start_readings(p, o)[1:]:
            yield ["", self.say("起算的另一读法", "another reading of the start"), "", start.say(self.lang), "", ""]
        if o.owed_when is not None:
            yield ["", self.say("条件:", "owed when ") + condition_text(p, o.owed_when, self.lang)]
        for rule in o.pause:
            pause = f"{self._labels(p.events, rule.start)} → {self._labels(p.events, rule.end)}"
            yield ["", self.say("暂停:", "paused ") + pause, "", "", "", self._basis(rule.basis)]
        if o.extend is not None:
            cap = o.extend.cap.text.say(self.lang) if o.extend.cap is not None else ""
            text = self.say(f"延期:至多 {o.extend.times} 次 {cap}", f"extended at most {o.extend.times} time(s) {cap}").strip()
            yield ["", text, self._labels(p.roles, o.extend.grant), "", "", self._basis(o.extend.basis)]
        for tier in o.tiers:
            yield self._tier(tier)

    def _line(self, name: str, line: Line) -> list[str]:
        """What a line of the sheet is filled from; other procedures by their ids, since they may not be there."""
        p, found = self.p, []
        for names, table in ((line.facts, p.facts), (line.elements, p.elements), (line.durations, p.obligations)):
            if names:
                found.append(self._labels(table, names) + (self.say(" 用时", ": how long") if table is p.obligations else ""))
        if line.cases is not None:
            of = line.cases
            where = [f"{fact} = {'/'.join(values)}" for fact, values in of.where.items()]
            found.append(" ".join([self.say("案件:", "cases of ") + ", ".join(of.procedures), *where, *of.events, *of.duties]))
        return [name, line.text.say(self.lang), "; ".join(found), "", "", self._basis(line.basis)]

    def _asked(self, decision: Decision) -> str:
        return self.say("何时:", "asked on ") + self._labels(self.p.events, decision.asked.on)

    def _tier(self, tier: Tier) -> list[str]:
        title = tier.title.text.say(self.lang) if tier.title is not None else self.say("提醒", "reminder")
        at = f"{Offset.parse(tier.at).text.say(self.lang)} {tier.hour or ''}".strip()
        lead = self.say("线索:", "lead ") + tier.lead if tier.lead else ""
        return [
            "",
            f"{title}:{at}" if self.lang == "zh" else f"{title}: {at}",
            self._labels(self.p.roles, tier.tell),
            lead,
            "",
            self._basis(tier.basis),
        ]

    def _source(self, name: str) -> list[str]:
        basis = self.p.basis[name]
        valid = f"{basis.valid_from or ''} … {basis.valid_until or ''}" if basis.valid_from or basis.valid_until else ""
        note = basis.note.text.say(self.lang) if basis.note is not None else ""
        return [name, basis_text(self.p, name).say(self.lang), basis.read, valid, note]

    def _labels(self, table: Mapping[str, Label], names: Iterable[str]) -> str:
        return labels(table, names, self.lang)

    def _basis(self, references: Iterable[str]) -> str:
        return "; ".join(references)
