"""The summary of a replay on the terminal: of a report that was just made, or of one in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.commands import alternative, frame, screen
from workflow.obligation.row import Outcome
from workflow.text import Text
from workflow.words import DEVIATIONS, OUTCOMES, VERDICTS


def show(document: Mapping[str, Any]) -> None:
    """Totals, verdicts where they are known, outcomes of each duty, deviations, digest, and the other side where there is one."""
    lang = frame.settings.lang
    out = screen.console()
    totals = document["totals"]
    n = totals["events"]
    cases, obligations = totals["cases"], totals["obligations"]
    events = Text(
        f"事件 {n['read']} = 采用 {n['applied']} + 偏差 {n['deviating']} + 忽略 {n['ignored']} + 不可读 {n['unreadable']}",
        f"events {n['read']} = applied {n['applied']} + deviating {n['deviating']} + ignored {n['ignored']} + unreadable {n['unreadable']}",
    )
    out.print(
        Text(f"案件 {cases}  {events.zh}  义务 {obligations}", f"cases {cases}  {events.en}  obligations {obligations}").say(lang),
        style="bold",
    )
    if document["header"].get("trust"):
        out.print(Text(f"时间等级:{document['header']['trust']}", f"trust in the times: {document['header']['trust']}").say(lang))
    verdicts = [f"{VERDICTS[v].say(lang)} {n}" for v, n in document.get("verdicts", {}).items() if n]
    if verdicts:
        out.print("  ".join(verdicts))
    rows = [[key, *(str(counts.get(o.value, 0) or "·") for o in Outcome)] for key, counts in document["obligations"].items()]
    screen.table((screen.Column("义务", "obligation", whole=True), *(OUTCOMES[o] for o in Outcome)), rows)
    records = document.get("records") or document["deviations"]
    if records:
        out.print()
        found = [[DEVIATIONS[c].say(lang) if c in DEVIATIONS else c, c, str(n)] for c, n in records.items()]
        screen.table((Text("偏差", "deviation"), Text("代码", "code"), Text("次数", "count")), found)
    if document["unlisted"]:
        listed = "、".join(document["unlisted"])
        out.print(Text(f"\n不计入的案件(误立):{listed}", f"\ncases not counted (void): {listed}").say(lang))
    if document.get("unverifiable"):
        broken = [f"{case} ({why})" for case, why in document["unverifiable"].items()]
        zh, en = f"记录受损、未作评判的案件:{'、'.join(broken)}", f"cases whose record does not hold, not judged: {', '.join(broken)}"
        out.print(Text(f"\n{zh}", f"\n{en}").say(lang))
    if document["joined"]:
        same = "、".join(f"{case} → {lead}" for case, lead in document["joined"].items())
        out.print(Text(f"\n并案(各单位的报告义务仍各自计入):{same}", f"\njoined (each unit's own duties are counted): {same}").say(lang))
    out.print()
    out.print(document["digest"] or Text("只计数,未出摘要", "totals alone: no digest").say(lang), soft_wrap=True)
    if "comparison" in document:
        alternative.render(document["comparison"])
