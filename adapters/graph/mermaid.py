"""A Mermaid ``stateDiagram-v2``: states, events, and beside each event the duties that it starts."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.graph.legend import arrows, starters
from workflow.procedure.legend import duty_text, event_text, parties, short_terms
from workflow.procedure.model import CASE, Procedure, State
from workflow.statechart import paths
from workflow.text import Lang, Text

_UNSAFE = str.maketrans(
    {'"': "\u201d", ";": "\uff0c", ":": "\uff1a", "#": "\uff03", "{": "(", "}": ")", "\n": " ", "%": "\uff05", "<": "\uff1c", ">": "\uff1e"}
)
"""Mermaid ends a label at these, or takes them for markup; their wide forms read the same."""


def mermaid(p: Procedure, lang: Lang) -> str:
    """The diagram as text."""
    nodes = _nodes(p)
    leaves = {path: [n for n, s in paths(p.states) if not s.states and (n == path or n.startswith(path + "."))] for path in nodes}
    lines = ["stateDiagram-v2", f"  %% {p.ref}", f"  [*] --> {nodes[p.initial]}"]

    def block(states: Mapping[str, State], prefix: str, indent: str) -> None:
        for name, state in states.items():
            path = f"{prefix}{name}"
            lines.append(f'{indent}state "{_safe(state.text.say(lang))}" as {nodes[path]}')
            if not state.states:
                continue
            lines.append(f"{indent}state {nodes[path]} {{")
            for i, (child, inner) in enumerate(state.states.items()):
                if state.parallel and i:
                    lines.append(f"{indent}  --")
                block({child: inner}, f"{path}.", indent + "  ")
            if not state.parallel:
                lines.append(f"{indent}  [*] --> {nodes[f'{path}.{state.initial or next(iter(state.states))}']}")
            lines.append(f"{indent}}}")

    block(p.states, "", "  ")
    for event, sources, target in arrows(p):
        if target is None:
            continue
        label = _safe(event_text(p, p.events[event], lang))
        for source in sources:
            # An arrow from a state to one inside of it cannot be drawn: it leaves from each of the states inside instead.
            inside = target == source or target.startswith(source + ".")
            for start in leaves[source] if inside else [source]:
                lines.append(f"  {nodes[start]} --> {nodes[target]} : {label}")
    lines.extend(f"  {nodes[path]} --> [*]" for path, state in paths(p.states) if state.final)
    for path, notes in _notes(p, lang).items():
        lines.append(f"  note right of {nodes[leaves[path][0]]}")
        lines.extend(f"    {_safe(note)}" for note in notes)
        lines.append("  end note")
    return "\n".join(lines)


def _nodes(p: Procedure) -> dict[str, str]:
    """Ids that Mermaid takes for no word of its own; two states never share one."""
    found: dict[str, str] = {}
    for path, _ in paths(p.states):
        node = "s_" + path.replace(".", "__").replace("-", "_")
        while node in found.values():
            node += "_"
        found[path] = node
    return found


def _safe(text: str) -> str:
    return text.translate(_UNSAFE)


def _notes(p: Procedure, lang: Lang) -> dict[str, list[str]]:
    """By state the duties that begin with an event there, each once."""
    places: dict[str, str] = {}
    for event, sources, _ in arrows(p):
        places.setdefault(event, sources[0] if sources else p.initial)
    found: dict[str, list[str]] = {}
    for o in p.obligations.values():
        first = starters(p, o)[0]
        place = p.initial if first == CASE or first not in places else places[first]
        name = p.events[first].text.say(lang) if first in p.events else Text("立案", "opening").say(lang)
        found.setdefault(place, []).append(f"{name} → {duty_text(p, o).say(lang)} {short_terms(p, o, lang)} ({parties(p, o, lang)})")
    return found
