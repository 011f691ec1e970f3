"""Pictures of procedures: whole, legible, in both languages, and the same bytes every time."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from adapters.graph import mermaid, svg
from adapters.graph.svg import width_of, wrapped
from adapters.library import shipped_definitions
from workflow.procedure.legend import duty_text, term_text
from workflow.procedure.load import load
from workflow.procedure.model import Procedure
from workflow.statechart import paths
from workflow.text import Lang

ROOT = Path(__file__).resolve().parents[2]


@cache
def procedures() -> dict[str, Procedure]:
    data = ROOT / "tests" / "data"
    more = [load((data / f"{n}.yaml").read_bytes(), n).procedure for n in ("small", "probe")]
    return {p.ref: p for p in [*(d.procedure for d in shipped_definitions()), *more]}


EVERY = pytest.mark.parametrize("ref", procedures())
LANGS = pytest.mark.parametrize("lang", ["zh", "en"])


class Box(NamedTuple):
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


WIDE = str.maketrans(":;#", "\uff1a\uff0c\uff03")
SIZES = {"t": 20, "h": 14, "r": 12}


def parsed(ref: str, lang: Lang) -> ElementTree.Element:
    return ElementTree.fromstring(svg(procedures()[ref], lang))


def texts(root: ElementTree.Element) -> list[Box]:
    found = []
    for node in root.iter("{http://www.w3.org/2000/svg}text"):
        size = SIZES.get(node.get("class", ""), 13)
        x, y, text = float(node.get("x", 0)), float(node.get("y", 0)), node.text or ""
        found.append(Box(text, x, y - size * 0.8, x + width_of(text, size), y + size * 0.15))
    return found


def segments(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    found = []
    for node in root.iter("{http://www.w3.org/2000/svg}path"):
        if node.get("class") == "a":
            points = [tuple(map(float, p.split(","))) for p in re.findall(r"[-0-9.]+,[-0-9.]+", node.get("d", ""))]
            found += [(*a, *b) for a, b in itertools.pairwise(points)]
    return found  # type: ignore[return-value]


@EVERY
@LANGS
def test_every_state_event_and_duty_is_in_both_pictures(ref: str, lang: Lang) -> None:
    p = procedures()[ref]
    drawn = " ".join(b.text for b in texts(parsed(ref, lang)))
    for _, state in paths(p.states):
        assert state.text.say(lang) in drawn
    for label in (*p.events.values(), *p.decisions.values()):
        assert label.text.say(lang) in drawn
    for duty in p.obligations.values():
        assert (duty.text.say(lang) in drawn and term_text(p, duty.term[0].term, lang) in drawn) or duty.starts.every
    said = mermaid(p, lang).translate(WIDE)
    for _, state in paths(p.states):
        assert f'"{state.text.say(lang)}"'.translate(WIDE) in said
    for duty in p.obligations.values():
        assert duty.text.say(lang).translate(WIDE) in said


@EVERY
@LANGS
def test_no_text_lies_on_another_and_all_is_on_the_paper(ref: str, lang: Lang) -> None:
    root = parsed(ref, lang)
    boxes = texts(root)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(b.left >= 0 and b.top >= 0 and b.right <= width and b.bottom <= height for b in boxes)
    boxes.sort(key=lambda b: b.top)
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 : i + 40]:
            assert not box.meets(other), (box, other)


@EVERY
@LANGS
def test_no_arrow_crosses_a_text(ref: str, lang: Lang) -> None:
    root = parsed(ref, lang)
    boxes = texts(root)
    for x1, y1, x2, y2 in segments(root):
        line = Box("", min(x1, x2) + 0.5, min(y1, y2) - 0.5, max(x1, x2) - 0.5, max(y1, y2) + 0.5)
        crossed = [b.text for b in boxes if (x1 != x2 and b.meets(line)) or (x1 == x2 and b.left < x1 < b.right and b.meets(line))]
        assert crossed == [], (line, crossed)


@EVERY
def test_a_duty_stands_right_below_the_event_that_starts_it(ref: str) -> None:
    p = procedures()[ref]
    boxes = sorted(texts(parsed(ref, "en")), key=lambda b: b.top)
    rows = [b.text for b in boxes]
    for duty in p.obligations.values():
        start = duty.starts
        if not start.on or start.on[0] not in p.events or start.every or start.on[0] == "case":
            continue
        event = p.events[start.on[0]].en
        below = next(i for i, text in enumerate(rows) if text.startswith(f"{duty_text(p, duty).en}: "))
        above = max(
            (i for i, text in enumerate(rows[:below]) if text.split(" (")[0].removesuffix(" ↻").split(" → ")[0] == event), default=-1
        )
        between = rows[above + 1 : below]
        assert above >= 0 and all(": " in text for text in between if not text.startswith(p.en)), (duty.en, event, between)


def test_regions_are_framed_and_nested_in_their_state() -> None:
    root = parsed("medical-dispute@2010-1", "zh")
    rects = [n for n in root.iter("{http://www.w3.org/2000/svg}rect") if n.get("class") in ("g", "p")]
    place = [tuple(float(n.get(k, 0)) for k in ("x", "y", "width", "height")) for n in rects]
    outer = [b for n, b in zip(rects, place, strict=True) if n.get("class") == "g"]
    regions = [b for n, b in zip(rects, place, strict=True) if n.get("class") == "p"]
    assert len(outer) == 1 and len(regions) == 5
    (x, y, w, h) = outer[0]
    assert all(x < a and y < b and a + c < x + w and b + d < y + h for a, b, c, d in regions)
    tops = sorted((b, b + d) for _, b, _, d in regions)
    assert all(below >= end for (_, end), (below, _) in itertools.pairwise(tops))


@EVERY
def test_the_picture_needs_nothing_from_elsewhere(ref: str) -> None:
    text = svg(procedures()[ref], "zh")
    links = re.findall(r"https?://[^\"' ]+", text)
    assert set(links) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"<(?:script|image|use|foreignObject|link)\b|@import|href=", text) == []
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#m"}


def test_labels_are_escaped() -> None:
    source = (ROOT / "tests" / "data" / "small.yaml").read_text(encoding="utf-8")
    p = load(source.replace("en: other unit", 'en: "<b> & \\"x\\"; {y}: z"'), "small.yaml").procedure
    drawn = " ".join(b.text for b in texts(ElementTree.fromstring(svg(p, "en"))))
    assert '<b> & "x"; {y}: z' in drawn
    said = mermaid(p, "en")
    assert "\uff1cb\uff1e & \u201dx\u201d\uff0c (y)\uff1a z" in said


@EVERY
@LANGS
def test_mermaid_declares_what_it_uses_and_closes_what_it_opens(ref: str, lang: Lang) -> None:
    text = mermaid(procedures()[ref], lang)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "stateDiagram-v2"
    declared = {m.group(1) for line in lines if (m := re.fullmatch(r'state "[^"]+" as (\S+)', line))}
    assert len(declared) == len(list(paths(procedures()[ref].states)))
    arrows = [m.groups() for line in lines if (m := re.fullmatch(r"(\S+) --> (\S+)(?: : ([^:;{}\"]+))?", line))]
    assert {node for a, b, _ in arrows for node in (a, b)} - {"[*]"} <= declared
    assert sum(line.endswith("{") for line in lines) == lines.count("}")
    assert sum(line.startswith("note ") for line in lines) == lines.count("end note")


def test_a_mermaid_arrow_never_leads_from_a_state_into_itself() -> None:
    for p in procedures().values():
        for source, target in re.findall(r"(s_\S+) --> (s_\S+)", mermaid(p, "en")):
            assert not target.startswith(source + "__")


def test_the_same_procedure_gives_the_same_bytes_under_another_seed_and_locale() -> None:
    code = (
        "import sys; sys.stdout.reconfigure(encoding='utf-8'); from adapters.graph import svg, mermaid; "
        "from adapters.library import shipped_definitions as s; "
        "[print(d.hash, svg(d.procedure, l), mermaid(d.procedure, l)) for d in s() for l in ('zh', 'en')]"
    )
    runs = []
    for seed, locale, zone in (("1", "C", "UTC"), ("2", "zh_CN.UTF-8", "America/New_York")):
        environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PATH": ""}
        runs.append(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout)
    assert runs[0] == runs[1] and len(runs[0]) > 50_000


@pytest.mark.parametrize(
    ("text", "lines"),
    [("a b c", ["a b c"]), ("", [""]), ("word " * 12, ["word word word word word", "word word word word word", "word word"])],
)
def test_long_cells_are_broken_between_words(text: str, lines: list[str]) -> None:
    assert wrapped(text, 200) == lines


def test_chinese_is_broken_between_characters_but_not_before_a_comma() -> None:
    found = wrapped("镇党委、镇政府、公安机关、有关地方和部门,以及其他", 100)
    assert "".join(found) == "镇党委、镇政府、公安机关、有关地方和部门,以及其他"
    assert all(width_of(line) <= 115 and line[0] not in ",、" for line in found)
