"""A procedure as a picture: Mermaid text, and an SVG that needs no other program.

The SVG is a chart in rows: each region of the statechart is a box with its states in the order of the file, the events between them as
arrows with their label, and the duties with their terms in a table below.
"""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from workflow.procedure.model import ANY, Event, Procedure, State
from workflow.statechart import paths, resolve
from workflow.text import Lang


def moves(p: Procedure) -> Iterator[tuple[str, Event, str, str]]:
    """Every arrow: event id, event, full source path, full target path. Events that move nothing are left out."""
    for name, event in p.events.items():
        pairs: list[tuple[tuple[str, ...], str | None]] = [(m.source, m.target) for m in event.moves] or (
            [(event.source, event.target)] if event.target else []
        )
        for sources, target in pairs:
            if target is None:
                continue
            tops = [n for n, s in p.states.items() if not s.final]
            for source in sources if sources and sources != (ANY,) else tops:
                yield name, event, resolve(p.states, source)[0], resolve(p.states, target)[0]


def mermaid(p: Procedure, lang: Lang) -> str:
    """A Mermaid ``stateDiagram-v2``: states, events, and each duty with its terms as a note."""
    lines = ["stateDiagram-v2", f"  %% {p.ref}", f"  [*] --> {p.initial}"]

    def block(states: dict[str, State], prefix: str, indent: str) -> None:
        for name, state in states.items():
            path = f"{prefix}{name}"
            node = path.replace(".", "_")
            lines.append(f'{indent}state "{state.text.say(lang)}" as {node}')
            if state.states:
                lines.append(f"{indent}state {node} {{")
                for i, (child, inner) in enumerate(state.states.items()):
                    if state.parallel and i:
                        lines.append(f"{indent}  --")
                    block({child: inner}, f"{path}.", indent + "  ")
                if not state.parallel:
                    first = state.initial or next(iter(state.states))
                    lines.append(f"{indent}  [*] --> {node}_{first}")
                lines.append(f"{indent}}}")

    block(p.states, "", "  ")
    for _, event, source, target in moves(p):
        lines.append(f"  {source.replace('.', '_')} --> {target.replace('.', '_')} : {event.text.say(lang)}")
    for path, state in paths(p.states):
        if state.final:
            lines.append(f"  {path.replace('.', '_')} --> [*]")
    first = p.initial.replace(".", "_")
    lines.append(f"  note right of {first}")
    for o in p.obligations.values():
        lines.append(f"    {o.text.say(lang)}: {'; '.join(a.term.text.say(lang) for a in o.term)}")
    lines.append("  end note")
    return "\n".join(lines)


def _width(text: str, size: int = 14) -> float:
    return sum(size if east_asian_width(c) in "WF" else size * 0.56 for c in text)


_STYLE = (
    "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;font-size:14px;fill:#1c2733}"
    ".t{font-size:20px;font-weight:600}.h{font-weight:600}.e{font-size:12px;fill:#40566b}"
    ".s{fill:#fff;stroke:#3b6ea5;stroke-width:1.4}.f{fill:#e9f3ea;stroke:#3d7a46;stroke-width:1.8}.g{fill:#f4f7fa;stroke:#b9c6d3}.a{stroke:#5b7186;stroke-width:1.3;fill:none}"
)


def svg(p: Procedure, lang: Lang) -> str:
    """The same as a self-contained SVG: no font, script or picture from elsewhere."""
    body: list[str] = []
    y = 64.0
    width = 900.0
    arrows: dict[str, list[tuple[str, str]]] = {}
    for _, event, source, target in moves(p):
        label = event.text.say(lang)
        pair = (label, target)
        if pair not in arrows.setdefault(source, []):
            arrows[source].append(pair)
    labels = {path: state.text.say(lang) for path, state in paths(p.states)}

    def target_label(source: str, target: str) -> str:
        return (
            labels[target]
            if source.rsplit(".", 1)[0] == target.rsplit(".", 1)[0] or "." not in target
            else f"{labels[target.rsplit('.', 1)[0]]}·{labels[target]}"
        )

    def box(path: str, state: State, x: float, top: float) -> float:
        """Draw one state and what leaves it; returns the height used."""
        nonlocal width
        name = labels[path]
        w = max(110.0, _width(name) + 28)
        kind = "f" if state.final else "s"
        body.append(f'<rect class="{kind}" x="{x}" y="{top}" rx="8" width="{w:.0f}" height="34"/>')
        body.append(f'<text x="{x + 14}" y="{top + 22}">{escape(name)}</text>')
        height = 34.0
        for i, (label, target) in enumerate(arrows.get(path, [])):
            ay = top + 17 + i * 22
            start = x + w
            line = f"{label} → {target_label(path, target)}"
            body.append(
                f'<path class="a" marker-end="url(#m)" d="M{start:.0f},{top + 17:.0f} '
                f'C{start + 20:.0f},{top + 17:.0f} {start + 10:.0f},{ay:.0f} {start + 34:.0f},{ay:.0f}"/>'
            )
            body.append(f'<text class="e" x="{start + 40:.0f}" y="{ay + 4:.0f}">{escape(line)}</text>')
            width = max(width, start + 60 + _width(line, 12))
            height = max(height, i * 22 + 34)
        return height + 14

    def group(path: str, state: State, x: float, top: float) -> float:
        nonlocal width
        if not state.states:
            return box(path, state, x, top)
        at = len(body)
        y0 = top
        y1 = top + 30
        for label, target in arrows.get(path, []):
            line = f"{label} → {target_label(path, target)}"
            body.append(f'<text class="e" x="{x + 16}" y="{y1 + 8:.0f}">⤷ {escape(line)}</text>')
            width = max(width, x + 60 + _width(line, 12))
            y1 += 22
        if arrows.get(path):
            y1 += 6
        for child, inner in state.states.items():
            y1 += group(f"{path}.{child}", inner, x + 18, y1)
        height = y1 - y0 + 6
        body.insert(
            at,
            f'<rect class="g" x="{x}" y="{y0}" rx="10" width="@{x}@" height="{height:.0f}"/>'
            f'<text class="h" x="{x + 14}" y="{y0 + 21}">{escape(labels[path])}</text>',
        )
        return height + 14

    for name, state in p.states.items():
        y += group(name, state, 24.0, y)
    y += 16
    body.append(f'<text class="h" x="24" y="{y:.0f}">{"义务与期限" if lang == "zh" else "duties and terms"}</text>')
    columns = [[o.text.say(lang) for o in p.obligations.values()], [p.roles[o.owed.by].text.say(lang) for o in p.obligations.values()]]
    offsets = [24.0, 24 + max(map(_width, columns[0]), default=0) + 30]
    offsets.append(offsets[1] + max(map(_width, columns[1]), default=0) + 30)
    for o in p.obligations.values():
        y += 24
        terms = " / ".join(a.term.text.say(lang) for a in o.term)
        for x, text in zip(offsets, (o.text.say(lang), p.roles[o.owed.by].text.say(lang), terms), strict=True):
            body.append(f'<text x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>')
        width = max(width, offsets[2] + _width(terms) + 24)
    y += 30
    drawn = "\n".join(body)
    for part in {b.split("@")[1] for b in body if "@" in b and 'class="g"' in b}:
        drawn = drawn.replace(f'"@{part}@"', f'"{width - 24 - float(part):.0f}"')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {y:.0f}" width="{width:.0f}" height="{y:.0f}" role="img">'
    marker = (
        '<defs><marker id="m" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#5b7186"/></marker></defs>'
    )
    title = f'<text class="t" x="24" y="38">{escape(p.title.say(lang))}  {escape(p.ref)}</text>'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    return f"{head}<title>{escape(p.title.say(lang))}</title><style>{_STYLE}</style>{marker}{paper}{title}\n{drawn}\n</svg>"
