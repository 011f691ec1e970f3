"""What was said of an instant at that instant is what is said of it ever after; what came later stands apart and nowhere else (S3.6)."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.documents.finding import OPEN, sheets
from adapters.documents.inspection import sections
from adapters.inspected import of_journal
from adapters.journaled import of_store
from tests.examples import examples
from tests.play import Play
from tests.property.test_engine_replay import command, steps
from workflow import command as c
from workflow.errors import DubanError
from workflow.inspection import Source, inspect
from workflow.journal.canonical import canonical, digest

notes = st.tuples(st.just("note"), st.sampled_from(("note", "statement", "finding")))
scripts = st.lists(st.one_of(steps, notes), max_size=10)


def inspected(play: Play, at: datetime) -> dict[str, Any]:
    with play.engine.store.read() as view:
        found = of_store(view, "memory")
    course = of_journal(found, "C", at, play.clock.now(), lambda case, n: str(play.engine.private(case, n).get("text", "")) or None)
    document: dict[str, Any] = inspect(course, Source("journal"), at - timedelta(days=365))
    return document


def of_the_instant(document: dict[str, Any]) -> bytes:
    return canonical({k: v for k, v in document.items() if k not in ("later", "digest")})


def done(play: Play, step: tuple[Any, ...]) -> None:
    now = play.clock.now()
    if step[0] == "wait":
        play.clock.set(now + timedelta(minutes=step[1]))
    elif step[0] == "tick":
        play.engine.tick()
    else:
        asked = c.Note(said=play.said("desk"), text="话", kind=step[1]) if step[0] == "note" else command(step, now)
        with contextlib.suppress(DubanError):
            play.do(asked)  # type: ignore[arg-type]


@examples(12)
@given(scripts)
def test_an_instant_is_seen_later_as_it_was_seen_then(script: list[tuple[Any, ...]]) -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", case="D")
    play.open("desk")
    seen: list[tuple[datetime, dict[str, Any]]] = []
    for step in script:
        done(play, step)
        seen.append((play.clock.now(), inspected(play, play.clock.now())))
        play.clock.set(play.clock.now() + timedelta(minutes=1))  # what is entered at the same instant is known at it
    for at, then in seen:
        now = inspected(play, at)
        assert of_the_instant(now) == of_the_instant(then)
        assert then["later"] == {"acts": [], "rows": [], "statements": []}
        assert all(a["recorded"] > now["as_of"] for a in now["later"]["acts"])
        again = json.loads(canonical(now))
        told = again.pop("digest")
        assert digest(canonical(again)) == told


@examples(12)
@given(scripts)
def test_every_inspection_can_be_shown_and_each_broken_duty_has_its_sheet(script: list[tuple[Any, ...]]) -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", case="D")
    play.open("desk")
    for step in script:
        done(play, step)
    document = inspected(play, play.clock.now())
    for lang in ("zh", "en"):
        assert sum(len(s.rows) + len(s.lines) for s in sections(document, lang)) > 5  # type: ignore[arg-type]
    wanted = [r["row"] for r in document["case"]["rows"] if r["outcome"] in OPEN and "modality" not in r]
    found = sheets(document) if wanted else []
    assert [s["row"] for s in found] == wanted
    for sheet in found:
        assert "待认定" in str(sheet["matter"]) and sheet["sentences"]
