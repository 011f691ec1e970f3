"""``duban definitions diff``: two procedures side by side, as a table for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from adapters.commands import frame, screen
from workflow.journal.canonical import Json
from workflow.procedure.diff import FACETS, Difference, Facet, Kind, Pair
from workflow.text import Text

KINDS: dict[Kind, Text] = {
    "duty": Text("义务", "duties"),
    "decision": Text("决定", "decisions"),
    "event": Text("事件", "events"),
    "fact": Text("事实", "facts"),
    "state": Text("状态", "states"),
    "role": Text("角色", "roles"),
}
LISTED: tuple[Kind, ...] = ("fact", "state", "role")
"""Of these the names are enough where only one side has them."""
DUTY = ("title", "who", "starts", "term", "basis")


def document(found: Difference) -> dict[str, Json]:
    """The whole difference as canonical data."""
    return {"same": found.same, "pairs": [_pair(p) for p in found.pairs if p.changed or p.a is None or p.b is None]}


def _pair(pair: Pair) -> dict[str, Json]:
    facets: dict[str, Json] = {f.name: {"a": _both(f.a), "b": _both(f.b), "same": f.same} for f in pair.facets}
    return {"kind": pair.kind, "a": pair.a, "b": pair.b, "matched": pair.how, "title": _both(pair.title), "facets": facets}


def _both(text: Text) -> dict[str, Json]:
    return {"zh": text.zh, "en": text.en}


def show(found: Difference) -> None:
    """Print what differs: duties first, each with what is only here and only there."""
    lang, out = frame.settings.lang, screen.console()
    for side, p in (("A", found.a), ("B", found.b)):
        out.print(f"{side}  {p.title.say(lang)}  {p.ref}", style="bold")
    out.print()
    if found.same:
        out.print(Text("两者要求相同", "they ask the same").say(lang))
    for kind, title in KINDS.items():
        changed = found.changed(kind)
        if changed:
            heading = Text(f"两者都有、规定不同的{title.zh}", f"{title.en} of both that differ")
            columns = (title, Text("方面", "in"), Text("A", "A"), Text("B", "B"))
            screen.table(columns, _differing(changed), title=heading.say(lang))
            out.print()
        for side in ("a", "b"):
            _only(found, "a" if side == "a" else "b", kind)


def _differing(pairs: tuple[Pair, ...]) -> Iterator[list[str]]:
    for pair in pairs:
        head = pair.title.say(frame.settings.lang)
        for facet in pair.changed:
            yield [head, FACETS[facet.name].say(frame.settings.lang), *_sides(facet)]
            head = ""


def _sides(facet: Facet) -> tuple[str, str]:
    lang = frame.settings.lang
    return facet.a.say(lang) or "—", facet.b.say(lang) or "—"


def _only(found: Difference, side: Literal["a", "b"], kind: Kind) -> None:
    pairs, lang, title = found.only(side, kind), frame.settings.lang, KINDS[kind]
    if not pairs:
        return
    name = side.upper()
    heading = Text(f"只在 {name} 的{title.zh}", f"{title.en} of {name} only").say(lang)
    if kind in LISTED:
        names = ("、" if lang == "zh" else ", ").join(p.title.say(lang) for p in pairs)
        screen.console().print(f"{heading}  {names}")
    elif kind == "duty":
        rows = ([_said(p, f, side) for f in DUTY] for p in pairs)
        screen.table([title, *(FACETS[f] for f in DUTY[1:])], rows, title=heading)
    else:
        screen.table([title, Text("内容", "what"), FACETS["basis"]], (_line(p, side) for p in pairs), title=heading)
    screen.console().print()


def _said(pair: Pair, name: str, side: str) -> str:
    facet = next((f for f in pair.facets if f.name == name), None)
    return "" if facet is None else (facet.a if side == "a" else facet.b).say(frame.settings.lang)


def _line(pair: Pair, side: str) -> list[str]:
    lang = frame.settings.lang
    parts = [
        f"{FACETS[f.name].say(lang)}{':' if lang == 'zh' else ' '}{_said(pair, f.name, side)}"
        for f in pair.facets
        if f.name not in ("title", "basis", "modality")
    ]
    return [pair.title.say(lang), (";" if lang == "zh" else "; ").join(parts), _said(pair, "basis", side)]
