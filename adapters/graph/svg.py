"""A self-contained SVG: no font, script or picture from elsewhere.

The chart is a column of boxes in the order of the file. What leaves a state is a row beside its box; a move runs from its row to the right,
down or up a lane of its own, and back to the box it leads to, so that no label is crossed. Beside the row of an event stand the duties
that it starts, with their terms. Regions that are active together are framed by dashed lines. Below, every duty with what starts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from adapters.graph.legend import Arrow, arrows, starters, tops
from workflow.procedure.legend import aside, duty_text, event_text, parties, short_terms, start_text, terms_text
from workflow.procedure.model import CASE, Procedure, State
from workflow.text import Lang, Text

ROW, GAP, PAD, LANE, STUB = 20, 14, 14, 13, 24
_STYLE = (
    "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;font-size:13px;fill:#1c2733}"
    ".t{font-size:20px;font-weight:600}.h{font-weight:600;font-size:14px}.e{fill:#24415f}.i{fill:#51606e}.d{fill:#8a4b08}"
    ".r{fill:#51606e;font-size:12px}.s{fill:#fff;stroke:#3b6ea5;stroke-width:1.4}.f{fill:#e9f3ea;stroke:#3d7a46;stroke-width:2}"
    ".g{fill:#f4f7fa;stroke:#9fb0c1}.p{fill:#fbfcfe;stroke:#7d8fa1;stroke-dasharray:6 4}.x{fill:#f3eef8;stroke:#8b77a5}"
    ".a{stroke:#5b7186;stroke-width:1.2;fill:none}.c{stroke:#8a4b08;stroke-width:1.2;fill:none}.l{stroke:#d5dde5}"
)


@dataclass
class Row:
    """One line beside a box: ``text``, and whether a move leaves (``out``) or enters (``in``) there."""

    text: str
    kind: str
    move: str = ""
    y: float = 0


@dataclass
class Move:
    """A lane: rows where it begins, and the one row where it ends. ``left`` is where each begins once it is drawn."""

    outs: list[Row] = field(default_factory=list)
    end: Row | None = None
    left: dict[int, float] = field(default_factory=dict)
    right: float = 0


@dataclass
class Item:
    label: str
    style: str
    rows: list[Row] = field(default_factory=list)
    inner: Column | None = None
    parallel: bool = False
    ends: list[Row] = field(default_factory=list)


@dataclass
class Column:
    items: list[Item]
    moves: dict[str, Move] = field(default_factory=dict)


_NARROW, _BROAD = frozenset(" .,;:'|!()[]ijlftrI/-"), frozenset("mwMW%@→←")


def width_of(text: str, size: float = 13) -> float:
    """About how wide a text is drawn, rather too wide than too narrow."""
    return sum(size * (1 if east_asian_width(c) in "WF" else 0.4 if c in _NARROW else 0.92 if c in _BROAD else 0.6) for c in text)


def wrapped(text: str, limit: float) -> list[str]:
    """The text in lines of at most ``limit``, broken between words and between Chinese characters."""
    lines, line = [], ""
    for part in _PARTS.findall(text):
        if line and width_of(line + part.rstrip()) > limit:
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()]


_PARTS = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff](?:[,。;:、)]+)?|[^\u2e80-\u9fff\uf900-\ufaff\s]+\s*|\s+")


def svg(p: Procedure, lang: Lang) -> str:
    """The picture as text."""
    chart = _Chart(p, lang)
    canvas = _Canvas(lang)
    y = canvas.column(chart.root, 24, 62)
    y = canvas.table(p, 24, y + 44)
    title = f"{p.title.say(lang)}  {p.ref}"
    width = max(canvas.width, 24 + width_of(title, 20)) + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {y:.0f}" width="{width:.0f}" height="{y:.0f}" role="img">'
    marker = (
        '<defs><marker id="m" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#5b7186"/></marker></defs>'
    )
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    name = f'<text class="t" x="24" y="38">{escape(title)}</text>'
    parts = [f"{head}<title>{escape(title)}</title><style>{_STYLE}</style>{marker}{paper}{name}", *canvas.body, "</svg>"]
    return "\n".join(parts)


class _Chart:
    """The boxes and moves of a procedure, before anything has a place."""

    def __init__(self, p: Procedure, lang: Lang) -> None:
        self.p = p
        self.lang = lang
        self.items: dict[str, Item] = {}
        self.columns: dict[str, Column] = {}
        self.duties: dict[str, list[str]] = {}
        for o in p.obligations.values():
            said = f"{duty_text(p, o).say(lang)}{self.say(':', ': ')}{short_terms(p, o, lang)}{aside(parties(p, o, lang), lang)}"
            for starter in starters(p, o):
                self.duties.setdefault(starter, []).append(said)
        self.root = self._column("", p.states)
        self._opening()
        self.anywhere = Item(Text("任何时候", "at any time").say(lang), "x")
        for arrow in arrows(p):
            self._arrow(arrow)
        self._decisions()
        if self.anywhere.rows:
            self.root.items.insert(1, self.anywhere)

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _column(self, prefix: str, states: Mapping[str, State]) -> Column:
        column = Column([])
        self.columns[prefix.rstrip(".")] = column
        for name, state in states.items():
            path = f"{prefix}{name}"
            item = Item(state.text.say(self.lang), "f" if state.final else "s")
            self.items[path] = item
            if state.states:
                item.inner = self._column(f"{path}.", state.states)
                item.parallel = state.parallel
                item.style = "g"
                if state.parallel:
                    for region in item.inner.items:
                        region.style = "p"
            column.items.append(item)
        return column

    def _opening(self) -> None:
        start = Item(self.say("立案", "opening"), "x")
        for name, event in self.p.events.items():
            if event.opens:
                start.rows.append(Row(event_text(self.p, event, self.lang), "e", "start"))
                start.rows.extend(self._started(name))
        start.rows.extend(self._started(CASE))
        self._join("", "start", [r for r in start.rows if r.move], self.items[self.p.initial])
        self.root.items.insert(0, start)

    def _started(self, starter: str) -> list[Row]:
        """The duties that begin there; each starter shows them once."""
        return [Row(said, "d") for said in self.duties.pop(starter, [])]

    def _join(self, column: str, key: str, outs: list[Row], target: Item) -> None:
        move = self.columns[column].moves.setdefault(key, Move())
        move.outs.extend(outs)
        if move.end is None:
            move.end = Row("", "in", key)
            target.ends.append(move.end)

    def _arrow(self, arrow: Arrow) -> None:
        event = self.p.events[arrow.event]
        label = event_text(self.p, event, self.lang)
        if event.opens and arrow.target is None:
            return
        everywhere = set(tops(self.p)) <= set(arrow.sources)
        places = [self.anywhere] if everywhere else [self.items[s] for s in arrow.sources]
        for place, source in zip(places, ("",) if everywhere else arrow.sources, strict=True):
            started = self._started(arrow.event)
            if arrow.target is None:
                place.rows.extend([Row(label, "i"), *started])
                continue
            if source == arrow.target:
                place.rows.extend([Row(f"{label} ↻", "e"), *started])
                continue
            shared = "" if everywhere else _shared(source, arrow.target)
            steps = arrow.target.split(".")
            child = ".".join(steps[: shared.count(".") + 2] if shared else steps[:1])
            direct = child == arrow.target and (not source or source == shared or source.rpartition(".")[0] == shared)
            row = Row(label, "e")
            place.rows.extend([row, *started])
            if direct:
                row.move = f"{arrow.event} {arrow.target}"
                self._join(shared, row.move, [row], self.items[arrow.target])
            else:
                row.text += f" → {self._called(arrow.target)}"
                there = f"← {event.text.say(self.lang)}" + (f" [{self._called(source)}]" if source else "")
                self.items[arrow.target].rows.append(Row(there, "i"))

    def _called(self, path: str) -> str:
        """The label of a state, after that of the state around it."""
        around, _, _ = path.rpartition(".")
        return f"{self.items[around].label}·{self.items[path].label}" if around else self.items[path].label

    def _decisions(self) -> None:
        if not self.p.decisions:
            return
        item = Item(self.say("由人决定", "for a person to decide"), "x")
        for name, decision in self.p.decisions.items():
            who = self.say("、", ", ").join(self.p.roles[r].text.say(self.lang) for r in decision.by)
            item.rows.extend(
                [
                    Row(f"{decision.text.say(self.lang)}{aside(who, self.lang)}", "e"),
                    *self._started(f"decision:{name}"),
                ]
            )
        self.root.items.insert(1, item)


def _shared(source: str, target: str) -> str:
    """The innermost state that holds both; a state holds itself when the other lies inside of it."""
    a, b = source.split("."), target.split(".")
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return ".".join(a[:n])


class _Canvas:
    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.body: list[str] = []
        self.width = 0.0

    def text(self, x: float, y: float, text: str, style: str) -> float:
        size = 12 if style == "r" else 14 if style == "h" else 13
        self.body.append(f'<text class="{style}" x="{x:.0f}" y="{y + 5:.0f}">{escape(text)}</text>')
        right = x + width_of(text, size)
        self.width = max(self.width, right)
        return right

    def line(self, points: Iterable[tuple[float, float]], head: bool) -> None:
        path = " L".join(f"{x:.0f},{y:.0f}" for x, y in points)
        self.body.append(f'<path class="a"{" marker-end=" + chr(34) + "url(#m)" + chr(34) if head else ""} d="M{path}"/>')

    def column(self, column: Column, x: float, y: float, outer: float = 0) -> float:
        """Draw a column and its lanes; returns where it ends. ``outer`` is how far to the right the rows above it reach."""
        labels = max((width_of(i.label, 14) + 28 for i in column.items if i.inner is None), default=0)
        box = max(96.0, labels)
        right = outer
        for item in column.items:
            if item.inner is not None:
                y, edge = self._group(column, item, x, y)
            else:
                y, edge = self._box(column, item, x, y, box)
            right = max(right, edge)
            y += GAP
        self._lanes(column, right + 12)
        return y - GAP

    def _box(self, column: Column, item: Item, x: float, y: float, box: float) -> tuple[float, float]:
        count = max(1, len(item.rows) + len(item.ends))
        height = max(30, count * ROW + 8)
        self.body.append(f'<rect class="{item.style}" x="{x:.0f}" y="{y:.0f}" rx="8" width="{box:.0f}" height="{height:.0f}"/>')
        self.text(x + 14, y + (15 if count == 1 else 4 + ROW / 2), item.label, "h")
        edge = x + box
        right = edge
        at = y + (height - count * ROW) / 2 + ROW / 2
        for row in item.ends:
            row.y = at
            column.moves[row.move].right = edge
            at += ROW
        for row in item.rows:
            right = max(right, self._row(column, row, edge, at))
            at += ROW
        return y + height, right

    def _row(self, column: Column, row: Row, edge: float, y: float) -> float:
        row.y = y
        start = edge + STUB
        if row.kind == "e":
            self.line([(edge, y), (start - 4, y)], head=not row.move)
        elif row.kind == "d":
            start += 34
            cx = start - 12
            self.body.append(f'<circle class="c" cx="{cx:.0f}" cy="{y:.0f}" r="6"/><path class="c" d="M{cx:.0f},{y - 4:.0f} v4 h3"/>')
        else:
            self.body.append(f'<circle cx="{start - 10:.0f}" cy="{y:.0f}" r="2" fill="#51606e"/>')
        end = self.text(start, y, row.text, row.kind)
        if row.move:
            for move in (column.moves, *self._outer):
                if row.move in move:
                    move[row.move].left[id(row)] = end + 5
        return end

    _outer: tuple[dict[str, Move], ...] = ()

    def _group(self, column: Column, item: Item, x: float, y: float) -> tuple[float, float]:
        assert item.inner is not None
        at = len(self.body)
        top = y
        self.text(x + PAD, y + 16, item.label, "h")
        if item.parallel:
            self.text(x + PAD + width_of(item.label, 14) + 16, y + 16, Text("各区域并行", "regions run side by side").say(self.lang), "r")
        if item.style == "p":
            self.text(x + PAD + width_of(item.label, 14) + 16, y + 16, Text("区域", "region").say(self.lang), "r")
        y += 32
        outer = 0.0
        mine, self._outer = self._outer, (item.inner.moves,)
        for row in item.rows:
            outer = max(outer, self._row(column, row, x + PAD - 6, y + ROW / 2 - 4))
            y += ROW
        self._outer = mine
        y += 4 if item.rows else 0
        widest = self.width
        self.width = 0
        y = self.column(item.inner, x + PAD, y, outer) + PAD
        edge = max(self.width, outer, x + PAD + width_of(item.label, 14) + 160) + PAD
        self.width = max(widest, edge)
        rows = top + 16
        for row in item.ends:
            row.y = rows
            column.moves[row.move].right = edge
            rows += 10
        frame = f'<rect class="{item.style}" x="{x:.0f}" y="{top:.0f}" rx="10" width="{edge - x:.0f}" height="{y - top:.0f}"/>'
        self.body.insert(at, frame)
        return y, edge

    def _lanes(self, column: Column, x: float) -> None:
        """Short moves take the inner lanes; two moves share a lane where they do not meet."""
        taken: list[list[tuple[float, float]]] = []
        spans = []
        for move in column.moves.values():
            if move.end is not None and move.outs:
                ys = [r.y for r in move.outs] + [move.end.y]
                spans.append((max(ys) - min(ys), min(ys), max(ys), move))
        for _, low, high, move in sorted(spans, key=lambda s: s[:3]):
            lane = next((i for i, used in enumerate(taken) if all(high < a - 6 or low > b + 6 for a, b in used)), len(taken))
            if lane == len(taken):
                taken.append([])
            taken[lane].append((low, high))
            at = x + lane * LANE
            self.width = max(self.width, at + 6)
            assert move.end is not None
            for row in move.outs:
                start = move.left.get(id(row), move.right)
                self.line([(start, row.y), (at, row.y), (at, move.end.y)], head=False)
            self.line([(at, move.end.y), (move.right + 2, move.end.y)], head=True)

    def table(self, p: Procedure, x: float, y: float) -> float:
        """Every duty: who owes whom, from when, for how long."""
        self.text(x, y, Text("义务与期限", "duties and terms").say(self.lang), "t")
        y += 30
        heads = [Text("义务", "duty"), Text("责任 → 对象", "owed by → to"), Text("起算", "starts with"), Text("期限", "term")]
        rows = [[h.say(self.lang) for h in heads]]
        for o in p.obligations.values():
            rows.append(
                [duty_text(p, o).say(self.lang), parties(p, o, self.lang), start_text(p, o, self.lang), terms_text(p, o, self.lang)]
            )
        limits = (300, 340, 340, 520)
        cells = [[wrapped(cell, limit) for cell, limit in zip(row, limits, strict=True)] for row in rows]
        offsets = [x]
        for column in range(3):
            offsets.append(offsets[-1] + max(width_of(line) for row in cells for line in row[column]) + 24)
        right = offsets[3] + max(width_of(line) for row in cells for line in row[3])
        for number, row in enumerate(cells):
            for at, lines in zip(offsets, row, strict=True):
                for i, line in enumerate(lines):
                    self.text(at, y + i * 17, line, "h" if number == 0 else "d" if at == offsets[3] else "e")
            y += 12 + 17 * (max(map(len, row)) - 1)
            self.body.append(f'<path class="l" d="M{x:.0f},{y:.0f} H{right:.0f}"/>')
            y += 12
        return y + 12
