"""Links between cases: an act on both sides, in one transaction, each in the fold of its own case."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.bundle import lines, read_bundle
from adapters.calendars import shipped
from adapters.host import FixedClock, SystemEntropy
from adapters.store.memory import MemoryStore
from tests.fault.test_engine_faults import Failing
from tests.play import Play, at
from workflow import command as c
from workflow.act import Act
from workflow.audit import audit_store
from workflow.case.link import Link, linked, links
from workflow.engine import Engine
from workflow.errors import KeyReused, NotAllowed, StoreUnavailable, UnknownCase, WrongCase, WrongRole, WrongState
from workflow.procedure.links import unanswered
from workflow.procedure.load import load
from workflow.procedure.source import BrokenDefinition
from workflow.replay import replay_cases

DATA = Path(__file__).parents[1] / "data"
LINKING, LINKED = ((DATA / f"{name}.yaml").read_text(encoding="utf-8") for name in ("linking", "linked"))


@pytest.fixture
def play() -> Play:
    """A finding ``F`` and a matter ``M``, both open at 10:00."""
    play = Play("linking", engine=Engine(MemoryStore(), FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test"))
    for text in (LINKING, LINKED):
        play.engine.add(load(text, "linked.yaml"))
    play.at("09-24 10:00")
    matter(play).open("desk", case="M", event="told")
    finding(play).open("desk", case="F")
    return play


def matter(play: Play) -> Play:
    play.procedure, play.case = "linked", "M"
    return play


def finding(play: Play) -> Play:
    play.procedure, play.case = "linking", "F"
    return play


def last(play: Play, case: str) -> Act:
    return play.engine.case(case).case.acts[-1]


def acts(play: Play) -> dict[str, list[tuple[str, str]]]:
    return {row.id: [(a.kind, a.name) for a in play.engine.case(row.id).case.acts] for row in play.engine.cases()}


def test_doing_it_is_an_act_of_both_cases_each_naming_the_other(play: Play) -> None:
    result = play.at("09-24 10:30").fire("boss", "teach", other="M")
    assert linked(play.engine.case("F").case) == ((result.acts[0], Link("M", "linked", "lesson", "to")),)
    here, there = last(play, "F"), last(play, "M")
    assert (here.kind, here.name) == ("acted", "teach") and (there.kind, there.name) == ("acted", "lesson")
    assert linked(play.engine.case("M").case) == ((there, Link("F", "linking", "teach", "from")),)
    assert there.state == ("fed",) and there.happened == here.happened and there.actor == here.actor
    assert [(r.case, r.acts) for r in result.others] == [("M", (there,))]


def test_without_a_declared_event_the_other_case_has_a_plain_link(play: Play) -> None:
    play.at("09-24 10:30").fire("desk", "raise", other="M")
    act = last(play, "M")
    assert (act.kind, act.name, act.state, act.deviations) == ("linked", "F", ("open",), ())
    assert linked(play.engine.case("M").case) == ((act, Link("F", "linking", "raise", "from")),)


def test_what_is_not_possible_in_the_other_case_is_recorded_there_and_moves_nothing(play: Play) -> None:
    """S5.3"""
    matter(play).fire("boss", "close")
    finding(play).at("09-24 11:00").fire("boss", "teach", other="M")
    act = last(play, "M")
    assert act.name == "lesson" and act.deviations == ("not_enabled",) and act.state == ("closed",)
    assert last(play, "F").deviations == ()


def test_a_role_that_the_other_case_does_not_give_it_to_deviates_there(play: Play) -> None:
    play.fire("desk", "teach", other="M")
    assert last(play, "M").deviations == ("wrong_role",) and last(play, "M").state == ("open",)


def test_a_role_that_the_other_procedure_does_not_know_is_kept_as_it_stands(play: Play) -> None:
    play.fire("guest", "raise", other="M")
    actor = last(play, "M").actor
    assert actor is not None and actor.role == "guest" and last(play, "M").data["role"] == {"zh": "来访", "en": "guest"}


def test_what_deviates_here_moves_nothing_there(play: Play) -> None:
    play.record("guest", "teach", other="M")
    assert last(play, "F").deviations == ("wrong_role",)
    assert last(play, "M").deviations == ("wrong_role", "other_side") and last(play, "M").state == ("open",)
    play.record("desk", "promote", other="M")
    assert last(play, "F").deviations == ("wrong_role",)


def test_a_version_of_the_other_procedure_without_the_event_still_hears_of_it(play: Play) -> None:
    play.fire("boss", "lost", other="M")
    act = last(play, "M")
    assert (act.kind, act.deviations) == ("linked", ("unknown_activity",))


def test_a_record_that_does_not_name_the_other_case_deviates(play: Play) -> None:
    play.record("boss", "teach")
    assert last(play, "F").deviations == ("no_case",) and last(play, "M").n == 1


@pytest.mark.parametrize("other", ("F", "G"))
def test_the_other_case_is_of_a_procedure_that_the_event_names_and_never_the_case_itself(play: Play, other: str) -> None:
    play.open("desk", case="G")
    before = acts(finding(play))
    with pytest.raises(WrongCase) as refused:
        play.record("boss", "teach", other=other)
    assert refused.value.code == "input.case" and refused.value.exit_code == 2
    assert acts(play) == before


def test_a_case_that_is_not_there_is_refused_and_nothing_is_written(play: Play) -> None:
    before = acts(play)
    with pytest.raises(UnknownCase):
        play.fire("boss", "teach", other="X")
    assert acts(play) == before


def test_an_event_that_names_no_case_refuses_one(play: Play) -> None:
    with pytest.raises(WrongCase) as refused:
        play.fire("boss", "close", other="M")
    assert refused.value.hint is not None and "teach" in refused.value.hint.en


def test_a_void_case_is_not_linked_to(play: Play) -> None:
    matter(play).do(c.Void(said=play.said("desk"), reason="重复", second=play.said("boss").actor))
    with pytest.raises(WrongCase):
        finding(play).fire("boss", "teach", other="M")


def test_a_refused_request_writes_its_refusal_and_nothing_in_the_other_case(play: Play) -> None:
    with pytest.raises(WrongRole):
        play.fire("desk", "promote", other="M")
    assert last(play, "F").kind == "refused" and last(play, "M").n == 1


def test_a_case_is_opened_from_another_by_an_event_of_that_one(play: Play) -> None:
    play.procedure = "linked"
    result = play.at("09-24 10:40").open("boss", case="N", origin="F", by="promote")
    opening, sent = result.acts[0], last(play, "F")
    assert (opening.kind, opening.name) == ("opened", "handed")  # the event that the link declares opens it
    assert linked(play.engine.case("N").case) == ((opening, Link("F", "linking", "promote", "from")),)
    assert (sent.name, sent.state) == ("promote", ("promoted",))
    assert linked(play.engine.case("F").case) == ((sent, Link("N", "linked", "handed", "to")),)
    assert result.others[0].case == "F" and finding(play).outcome("hand_over").value == "met"


def test_a_reply_that_does_not_open_a_case_is_recorded_in_the_new_one(play: Play) -> None:
    play.procedure = "linked"
    result = play.open("boss", case="N", origin="F", by="teach")
    assert [(a.kind, a.name) for a in result.acts] == [("opened", "told"), ("acted", "lesson")]
    assert result.standing.case.state == ("fed",)


def test_an_opening_event_that_declares_the_link_brings_about_an_event_there(play: Play) -> None:
    play.procedure = "linked"
    play.open("desk", case="N", origin="F", event="called")
    assert linked(play.engine.case("N").case)[0][1] == Link("F", "linking", "taken", "from")
    assert last(play, "F").name == "taken" and last(play, "F").state == ("promoted",)
    play.open("boss", case="P", origin="M", event="asked")
    assert (last(play, "M").kind, linked(play.engine.case("M").case)[0][1]) == ("linked", Link("P", "linked", "asked", "to"))


def test_an_opening_from_another_case_says_by_which_event(play: Play) -> None:
    play.procedure = "linked"
    with pytest.raises(WrongCase) as refused:
        play.open("desk", case="N", origin="F")
    assert refused.value.hint is not None and "promote" in refused.value.hint.en
    assert "N" not in acts(play)


def test_an_opening_event_that_comes_of_a_case_and_names_none_deviates(play: Play) -> None:
    play.procedure = "linked"
    assert play.open("desk", case="N", event="called").acts[0].deviations == ("no_case",)


def test_a_case_refused_by_the_one_that_it_comes_from_is_not_opened(play: Play) -> None:
    play.fire("boss", "close")
    play.procedure = "linked"
    with pytest.raises(WrongState):
        play.open("boss", case="N", origin="F", by="promote")
    assert "N" not in acts(play)
    refusal = last(play, "F")
    assert (refusal.kind, refusal.data["subject"], refusal.data["code"]) == ("refused", "promote", "refused.state")


def test_what_comes_of_a_practice_case_is_practice(play: Play) -> None:
    finding(play).open("desk", case="E", drill=True)
    play.procedure = "linked"
    play.open("boss", case="N", origin="E", by="promote")
    assert play.engine.case("N").case.drill


def test_what_comes_of_a_drill_on_a_faster_clock_shares_that_clock(play: Play) -> None:
    finding(play).open("desk", case="E", drill=True, pace=60)
    play.procedure = "linked"
    play.clock.set(play.clock.now() + timedelta(minutes=1))
    play.open("boss", case="N", origin="E", by="promote")
    pace = play.engine.case("N").case.pace
    assert pace is not None and pace == play.engine.case("E").case.pace


def test_what_is_practised_moves_no_real_case(play: Play) -> None:
    finding(play).open("desk", case="E", drill=True)
    with pytest.raises(WrongCase) as refused:
        play.record("boss", "teach", other="M")
    assert refused.value.exit_code == 2 and last(play, "M").n == 1 and last(play, "E").kind == "opened"


@pytest.mark.parametrize("opened", (False, True))
def test_nothing_real_is_done_by_practising_it(play: Play, opened: bool) -> None:
    """A real duty, to hand over, is not met by a practice case that was opened for it, or before it."""
    matter(play).open("desk", case="P", event="told", drill=True)
    with pytest.raises(WrongCase):
        play.open("boss", case="N", origin="F", by="promote", drill=True) if opened else finding(play).fire("boss", "promote", other="P")
    assert finding(play).outcome("hand_over").value == "not_due" and "N" not in acts(play)


def test_a_real_case_is_not_joined_to_a_practice_case(play: Play) -> None:
    """S7.2: its later duties would exist in the practice case alone."""
    finding(play).open("desk", case="E", drill=True)
    play.case = "F"
    with pytest.raises(NotAllowed):
        play.do(c.SameAs(said=play.said("desk"), lead="E", reason="同一事件"))
    assert play.engine.case("F").case.same_as == ""


def test_the_same_key_writes_on_neither_side_again_and_another_case_is_another_command(play: Play) -> None:
    command = c.Do(said=play.said("boss"), event="teach", case="M")
    play.do(command, key="k")
    before = acts(play)
    again = play.do(command, key="k")
    assert again.repeated and again.others == () and acts(play) == before
    with pytest.raises(KeyReused):
        play.do(c.Do(said=play.said("boss"), event="teach", case="N"), key="k")


def test_a_rehearsal_shows_both_sides_and_writes_nothing(play: Play) -> None:
    before = acts(play)
    found = play.engine.forecast("F", c.Do(said=play.said("boss"), event="teach", case="M"))
    assert [(f.becomes.case.id, [a.name for a in f.acts]) for f in (found, *found.others)] == [("F", ["teach"]), ("M", ["lesson"])]
    command = c.Open(said=play.said("boss"), what="事", where="地", told_by="人", origin="F", by="promote")
    opening = play.engine.forecast_open("linked", command, case="N")
    assert [(f.becomes.case.id, [a.name for a in f.acts]) for f in (opening, *opening.others)] == [("N", ["handed"]), ("F", ["promote"])]
    assert acts(play) == before


def test_two_links_in_one_transaction_are_both_there_or_neither(play: Play) -> None:
    before = acts(play)
    with pytest.raises(UnknownCase), play.engine.batch() as batch:
        batch.do("F", c.Do(said=play.said("boss"), event="teach", case="M"))
        batch.do("F", c.Do(said=play.said("boss"), event="teach", case="X"))
    assert acts(play) == before
    command = c.Open(said=play.said("boss"), what="事", where="地", told_by="人", origin="F", by="promote")
    with play.engine.batch() as batch:
        opened = batch.open("linked", command, case="N")
        batch.do("F", c.Do(said=play.said("boss"), event="raise", case=opened.case))
    assert [a.name for a in play.engine.case("N").case.acts] == ["handed", "F"]


def test_an_export_holds_both_sides_and_each_case_folds_from_its_own_entries(play: Play, tmp_path: Path) -> None:
    play.at("09-24 10:30").fire("boss", "teach", other="M")
    play.procedure = "linked"
    play.at("09-24 10:40").open("boss", case="N", origin="F", by="promote")
    path = tmp_path / "e.jsonl"
    path.write_text("".join(lines(play.engine, at("09-25 09:00"))), encoding="utf-8")
    bundle = read_bundle(path)
    told = {case: [Act.decode(e) for e in entries] for case, entries in bundle.cases}
    report = replay_cases(told.items(), bundle.rules, bundle.calendars, bundle.organisation(bundle.as_of), bundle.as_of)
    assert report.deviations["drift"] == 0
    for case, mine in told.items():
        alone = replay_cases([(case, mine)], bundle.rules, bundle.calendars, bundle.organisation(bundle.as_of), bundle.as_of)
        assert alone.cases[case] == report.cases[case]
        assert [links(a) for a in mine] == [links(a) for a in play.engine.case(case).case.acts]
    with play.engine.store.read() as view:
        assert not audit_store(view).findings


def test_links_of_a_procedure_to_itself_are_checked_and_of_others_where_they_are_known() -> None:
    own, other = load(LINKING, "linking.yaml").procedure, load(LINKED, "linked.yaml").procedure
    assert list(unanswered(own, {})) == []
    (wrong,) = unanswered(own, {"linked": other})
    assert (wrong.event, wrong.to, wrong.reply) == ("lost", "linked", "gone") and "lesson" in wrong.known
    with pytest.raises(BrokenDefinition) as broken:
        load(LINKING.replace("{to: linked, event: gone}", "{to: linking, event: gone}"), "f.yaml")
    assert [p.field for p in broken.value.problems] == ["events.lost.link.event"]


@pytest.mark.parametrize(
    ("link", "field"),
    (
        ("{to: any, event: lesson}", "events.teach.link"),
        ("{to: [any, linked]}", "events.teach.link"),
        ("{to: []}", "events.teach.link.to"),
        ("{to: Linked}", "events.teach.link.to"),
    ),
)
def test_a_link_that_can_name_nothing_is_refused(link: str, field: str) -> None:
    with pytest.raises(BrokenDefinition) as broken:
        load(LINKING.replace("link: {to: linked, event: lesson}", f"link: {link}"), "f.yaml")
    assert [p.field for p in broken.value.problems] == [field]


def test_no_event_of_the_clock_has_a_link() -> None:
    clock = "by: clock, after: {on: found, term: 1 day}, link: {to: linked}"
    text = LINKING.replace("by: [desk, boss], link: {to: linked, event: lesson}", clock)
    with pytest.raises(BrokenDefinition) as broken:
        load(text, "f.yaml")
    assert [p.field for p in broken.value.problems] == ["events.teach.link"]


@pytest.mark.parametrize("call", range(1, 9))
def test_a_store_that_breaks_at_any_write_leaves_no_case_with_one_side_alone(call: int) -> None:
    store = Failing(MemoryStore())
    play = Play("linking", engine=Engine(store, FixedClock(at("01-01 00:00")), SystemEntropy(), shipped("cn"), "test"))
    for text in (LINKING, LINKED):
        play.engine.add(load(text, "linked.yaml"))
    play.at("09-24 10:00")
    matter(play).open("desk", case="M", event="told")
    finding(play).open("desk", case="F")
    before = acts(play)
    store.calls, store.fail = 0, call
    with contextlib.suppress(StoreUnavailable):
        play.fire("boss", "teach", other="M")
    store.fail = 0
    after = acts(play)
    assert (len(after["F"]) > len(before["F"])) == (len(after["M"]) > len(before["M"]))
