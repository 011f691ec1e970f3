"""Rosters with swaps and gaps, delegations, contacts, and who stands above whom: entries, files, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.organisations import organisation_named, read_organisation, shipped_organisation
from tests.play import Play, at
from workflow.audience import told_at
from workflow.errors import BadInput, DubanError, UnknownActor
from workflow.journal.canonical import canonical
from workflow.moment import stamp
from workflow.organisation import CHAIN, Organisation, Post, Unit, check, dated, evolve, fold
from workflow.organisation.addresses import addresses
from workflow.organisation.duty import Closed, Planned, Roster, Shift, Swap, Table
from workflow.organisation.post import Span
from workflow.organisation.vacant import roster_gaps
from workflow.procedure.source import BrokenDefinition

FILE = """\
units:
  - id: county
    zh: 县
    en: County
    level: district
    from: 2020-01-01
    head: office
    posts:
      - {role: archive, zh: 档案, en: archive, holders: [{person: a1, from: 2020-01-01}]}
      - {role: office, zh: 县办, en: office, holders: [{person: c1, from: 2020-01-01}]}
    units:
      - id: town
        zh: 镇
        en: Town
        level: town
        from: 2020-01-01
        teams:
          - {kind: backbone, zh: 队, en: team, from: 2020-01-01, members: [{person: m1, phone: "000-3", contacts: {email: m1@example.org}}]}
        posts:
          - {role: clerk, zh: 文书, en: clerk}
          - {role: office, zh: 镇办, en: office, holders: [{person: p1, contacts: {dingtalk: p1.example}, from: 2020-01-01}]}
          - {role: mayor, zh: 镇长, en: mayor, superior: county.archive, holders: [{person: p4, from: 2020-01-01}]}
          - {role: duty, zh: 值班, en: duty, holders: [{person: p2, from: 2020-01-01}]}
          - {role: radio, zh: 电台, en: radio, holders: [{person: p3, from: 2020-01-01}]}
roster:
  - {post: town.duty, every: day, at: "08:00", hours: 24, people: [p1, p3, m1], from: 2026-10-01, until: 2026-10-07}
"""
Read = Callable[[str], Organisation]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The organisation of :data:`FILE` after further files, each loaded on top."""

    def loaded(*more: str) -> Organisation:
        organisation = Organisation()
        for text in (FILE, *more):
            file = tmp_path / "organisation.yaml"
            file.write_text(text, encoding="utf-8")
            for body, _ in read_organisation(file):
                body = dated(body, at("09-01 00:00"))
                check(organisation, body)
                organisation = evolve(organisation, body)
        return organisation

    return loaded


def on_duty(organisation: Organisation, when: str) -> list[str | None]:
    return [a.person for a in organisation.on_duty("town.duty", at(when))]


def gaps(organisation: Organisation, since: str, days: int) -> list[tuple[str, datetime, datetime, tuple[str, ...]]]:
    return [(g.why, g.since, g.until, g.people) for g in roster_gaps(organisation, at(since), days)]


# -- who is on duty --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("10-01 07:59", []),
        ("10-01 08:00", ["p1"]),
        ("10-02 07:59", ["p1"]),
        ("10-02 08:00", ["p3"]),
        ("10-03 08:00", ["m1"]),
        ("10-04 08:00", ["p1"]),
        ("10-07 07:59", ["m1"]),  # the last shift began the day before
        ("10-07 08:00", []),
    ],
)
def test_people_take_turns(read: Read, when: str, who: list[str]) -> None:
    assert on_duty(read(), when) == who


def test_whoever_is_on_duty_may_sign_meanwhile_and_is_known_by_it(read: Read) -> None:
    town = read()
    assert {a.person for a in town.signing("town.duty", at("10-01 12:00"))} == {"p2", "p1"}
    assert {a.role for a in town.roles_of("m1", at("10-03 12:00"))} == {"duty"}
    assert town.roles_of("m1", at("10-04 12:00")) == []


def test_a_swap_puts_somebody_else_into_the_shifts_of_one_person_only(read: Read) -> None:
    swap = "swaps: [{post: town.duty, person: p1, to: p2, from: 2026-10-01 12:00, until: 2026-10-02 12:00, ground: 出差}]"
    town = read(swap)
    assert [on_duty(town, f"10-{x}") for x in ("01 11:59", "01 12:00", "02 07:59", "02 08:00")] == [["p1"], ["p2"], ["p2"], ["p3"]]
    (part,) = [s for s in town.rosters["town.duty"].shifts if s.swap]
    assert (part.instead_of, part.swap) == ("p1", town.n)


def test_a_later_table_takes_the_place_of_the_earlier_one_for_its_own_span(read: Read) -> None:
    table = "roster: [{post: town.duty, person: p2, from: 2026-10-02 08:00, until: 2026-10-03 20:00}]"
    town = read(table)
    assert [on_duty(town, f"10-{x}") for x in ("02 07:59", "02 08:00", "03 19:59", "03 20:00")] == [["p1"], ["p2"], ["p2"], ["m1"]]


def test_two_people_may_be_on_duty_at_once(read: Read) -> None:
    both = "\n".join(
        ["roster:", *(f"  - {{post: town.duty, person: {p}, from: 2026-10-02 08:00, until: 2026-10-03 08:00}}" for p in ("p2", "p3"))]
    )
    assert on_duty(read(both), "10-02 12:00") == ["p2", "p3"]


def test_a_week_goes_by_the_weekday_of_its_first_day_and_a_shift_ends_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    weekly = "[{post: x, every: week, at: '08:00', hours: 24, people: [a, b], from: 2026-10-24, until: 2026-11-01}]"
    file.write_text(f"zone: Europe/Berlin\nroster: {weekly}\n", encoding="utf-8")
    ((body, private),) = read_organisation(file)
    assert private is None
    assert body["shifts"] == [  # clocks go back in the first of them, which is an hour longer
        ["a", "2026-10-24T06:00:00.000000Z", "2026-10-25T07:00:00.000000Z"],
        ["b", "2026-10-31T07:00:00.000000Z", "2026-11-01T07:00:00.000000Z"],
    ]


# -- gaps ------------------------------------------------------------------------------------------------------------------------------


def test_the_end_of_a_roster_is_a_gap_until_it_is_ended(read: Read) -> None:
    assert gaps(read(), "10-01 08:00", 6) == []
    assert gaps(read(), "10-05 08:00", 4) == [("nobody", at("10-07 08:00"), at("10-09 08:00"), ())]
    assert gaps(read("ended: [{roster: town.duty, from: 2026-10-05}]"), "10-01 08:00", 30) == []


def test_before_its_first_shift_there_is_no_roster_to_have_gaps(read: Read) -> None:
    assert gaps(read(), "09-01 08:00", 30) == []


def test_who_is_away_with_nobody_acting_leaves_a_gap(read: Read) -> None:
    leave = "leave: [{person: p3, from: 2026-10-02 20:00, until: 2026-10-06}]"
    assert gaps(read(leave), "10-01 08:00", 6) == [
        ("away", at("10-02 20:00"), at("10-03 08:00"), ("p3",)),
        ("away", at("10-05 08:00"), at("10-06 00:00"), ("p3",)),
    ]
    acting = leave.replace("until: 2026-10-06", "until: 2026-10-06, acting: p2")
    assert gaps(read(acting), "10-01 08:00", 6) == []
    assert on_duty(read(acting), "10-02 21:00") == ["p2"]


def test_a_gap_that_goes_on_for_another_reason_is_another_gap(read: Read) -> None:
    leave = "leave: [{person: m1, from: 2026-10-06, until: 2026-10-20}]"
    assert gaps(read(leave), "10-05 08:00", 3) == [
        ("away", at("10-06 08:00"), at("10-07 08:00"), ("m1",)),
        ("nobody", at("10-07 08:00"), at("10-08 08:00"), ()),
    ]


def test_a_post_that_went_with_its_unit_has_no_gaps(read: Read) -> None:
    assert gaps(read("merged: [{unit: town, into: county, from: 2026-10-01}]"), "10-05 08:00", 30) == []


HOURS = st.integers(0, 12)
NAMES = st.sampled_from("abc")
BEGIN = at("10-01 00:00")


def hour(n: int) -> datetime:
    return BEGIN + timedelta(hours=n)


@st.composite
def planned(draw: st.DrawFn) -> tuple[str, list[tuple[str, int, int]], str, int, int]:
    """kind, shifts, the other person, and a span, in whole hours."""
    kind = draw(st.sampled_from(["table", "swap", "end"]))
    shifts = draw(st.lists(st.tuples(NAMES, HOURS, st.integers(1, 5)), min_size=1, max_size=3))
    return kind, [(p, a, a + n) for p, a, n in shifts], draw(NAMES), draw(HOURS), draw(st.integers(1, 6))


@given(st.lists(planned(), max_size=6))
def test_a_roster_agrees_with_a_chart_kept_by_hand(entries: list[Any]) -> None:
    """Hour by hour on squared paper: who stands in the square, and whether there is a roster at all."""
    chart: dict[int, set[str]] = {h: set() for h in range(24)}
    kept: dict[int, bool] = dict.fromkeys(range(24), False)
    made: list[Planned] = []
    for n, (kind, shifts, other, start, length) in enumerate(entries):
        first, last = min(a for _, a, _ in shifts), max(b for _, _, b in shifts)
        if kind == "table":
            made.append(Table(hour(first), hour(last), tuple(Shift(hour(a), hour(b), p) for p, a, b in shifts)))
            for h in range(24):
                if first <= h < last:
                    chart[h] = {p for p, a, b in shifts if a <= h < b}
                kept[h] = kept[h] or h >= first
        elif kind == "swap":
            person = shifts[0][0]
            made.append(Swap(person, other, hour(start), hour(start + length), n + 1))
            for h in range(start, start + length):
                if person in chart[h]:
                    chart[h] = chart[h] - {person} | {other}
        else:
            made.append(Closed(hour(start)))
            for h in range(start, 24):
                chart[h], kept[h] = set(), False
    roster = Roster.of(made)
    for h in range(24):
        assert {s.person for s in roster.at(hour(h))} == chart[h], h
        assert roster.is_kept(hour(h)) == kept[h], h
    posts = {"u.duty": Post("u.duty", "duty", "u", "d", "d")}
    organisation = Organisation({"u": Unit("u", "u", "u", "town")}, posts, (), (), duties={"u.duty": tuple(made)})
    empty = {h for gap in roster_gaps(organisation, BEGIN, 1) for h in range(24) if gap.since <= hour(h) < gap.until}
    assert empty == {h for h in range(24) if kept[h] and not chart[h]}


# -- delegations -----------------------------------------------------------------------------------------------------------------------

DELEGATION = "delegations: [{person: p4, post: town.mayor, to: p1, from: 2026-10-02, until: 2026-10-05, ground: 镇长授权书}]"


def told(organisation: Organisation, post: str, when: str, everybody: bool = False) -> list[tuple[str | None, str | None, tuple[str, ...]]]:
    found = told_at(organisation.posts[post], organisation, at(when), everybody)
    return [(a.person, a.acting_for, why) for a, why in found]


def test_a_delegate_may_sign_too_and_is_told_instead(read: Read) -> None:
    town = read(DELEGATION)
    signing = [(a.person, a.acting_for) for a in town.signing("town.mayor", at("10-03 12:00"))]
    assert signing == [("p4", None), ("p1", "p4")]
    assert told(town, "town.mayor", "10-03 12:00") == [("p1", "p4", ("acting",))]
    for outside in ("10-01 23:59", "10-05 00:00"):
        assert told(town, "town.mayor", outside) == [("p4", None, ())]
    assert ("mayor", "p4") in {(a.role, a.acting_for) for a in town.roles_of("p1", at("10-03 12:00"))}


def test_a_delegate_who_is_away_is_none(read: Read) -> None:
    town = read(DELEGATION, "leave: [{person: p1, from: 2026-10-03, until: 2026-10-04, acting: p2}]")
    assert told(town, "town.mayor", "10-03 12:00") == [("p4", None, ())]
    assert told(town, "town.mayor", "10-04 12:00") == [("p1", "p4", ("acting",))]


def test_a_delegate_stands_in_for_somebody_who_is_away(read: Read) -> None:
    town = read(DELEGATION, "leave: [{person: p4, from: 2026-10-01}]")
    assert "town.mayor" in {p.id for p in town.vacancies(at("10-01 12:00"))}
    assert told(town, "town.mayor", "10-03 12:00") == [("p1", "p4", ("acting",))]


# -- who is told -----------------------------------------------------------------------------------------------------------------------


def test_who_is_on_duty_is_told_and_of_what_is_missing_the_holder_too(read: Read) -> None:
    town = read()
    assert told(town, "town.duty", "10-01 12:00") == [("p1", None, ("on_duty",))]
    assert told(town, "town.duty", "10-01 12:00", everybody=True) == [("p2", None, ()), ("p1", None, ("on_duty",))]


def test_in_a_gap_the_holder_is_told_and_why(read: Read) -> None:
    assert told(read(), "town.duty", "10-08 12:00") == [("p2", None, ("roster_gap",))]
    assert told(read(), "town.duty", "09-08 12:00") == [("p2", None, ())]


# -- who stands above ------------------------------------------------------------------------------------------------------------------


def above(organisation: Organisation, post: str, when: str = "10-01 12:00") -> str | None:
    found = organisation.above(organisation.posts[post], at(when))
    return found.id if found is not None else None


def test_the_post_above_is_its_own_then_the_head_then_the_same_role_then_the_first(read: Read) -> None:
    town = read()
    assert above(town, "town.mayor") == "county.archive"
    assert above(town, "town.duty") == "county.office", "the head of the nearest unit above that has one"
    assert above(town, "county.archive") == "county.office", "the head of its own unit"
    assert above(town, "county.office") is None
    headed = read("heads: [{unit: town, role: office, from: 2026-10-02}]")
    assert above(headed, "town.duty") == "county.office"
    assert above(headed, "town.duty", "10-02 00:00") == "town.office"
    assert above(headed, "town.office", "10-02 00:00") == "county.office"
    plain = Organisation(town.units, town.posts)
    assert above(plain, "town.office") == "county.office", "the same role"
    assert above(plain, "town.duty") == "county.archive", "the first post"


def test_a_superior_that_is_said_later_takes_the_place_of_the_earlier_one(read: Read) -> None:
    town = read("superiors: [{post: town.mayor, superior: county.office}]")
    assert above(town, "town.mayor") == "county.office"


# -- contacts --------------------------------------------------------------------------------------------------------------------------


def test_contacts_lie_in_the_erasable_part_and_what_is_erased_is_gone() -> None:
    play = Play("probe").at("10-02 00:10")
    play.engine.organise(shipped_organisation("town"))
    with play.engine.store.read() as view:
        entries = view.entries(CHAIN)
        parts = [(e.body, p.content()) for e in entries if (p := view.private(CHAIN, e.n)) is not None]
        raw = b"".join(e.raw for e in entries)
    assert b"example" not in raw
    assert b"example" not in canonical(play.engine.organisation().document())
    known = addresses(parts)
    assert known["t07"] == {"phone": "000-1007", "email": "t07@example.org"}
    assert known["t06"] == {"phone": "000-1006", "email": "t06@example.org", "dingtalk": "cheng.example"}
    left = addresses((body, part) for body, part in parts if body["what"] != "contacts")
    assert left["t06"] == {"phone": "000-1006"}


def test_a_later_entry_changes_or_takes_away_single_addresses(tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("contacts:\n  - {person: p1, phone: 000-7, email: null, feishu: f.example}\n", encoding="utf-8")
    ((body, private),) = read_organisation(file)
    assert body == {"what": "contacts", "person": "p1"} and private is not None
    earlier = ({"what": "holder", "person": "p1"}, {"phone": "000-1", "contacts": {"email": "p1@example.org", "wecom": "w"}})
    assert addresses([earlier, (body, private)]) == {"p1": {"phone": "000-7", "wecom": "w", "feishu": "f.example"}}


# -- what is refused -------------------------------------------------------------------------------------------------------------------

SPAN = {"since": stamp(at("10-01 08:00")), "until": stamp(at("10-02 08:00"))}
BACK = {"since": SPAN["until"], "until": SPAN["since"]}
SHIFT = ["p1", SPAN["since"], SPAN["until"]]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"what": "roster", "post": "nowhere", "shifts": [SHIFT]}, BadInput),
        ({"what": "roster", "post": "town.duty", "shifts": []}, BadInput),
        ({"what": "roster", "post": "town.duty"}, BadInput),
        ({"what": "roster", "post": "town.duty", "shifts": [["p1"]]}, BadInput),
        ({"what": "roster", "post": "town.duty", "shifts": [["p9", *SHIFT[1:]]]}, UnknownActor),
        ({"what": "roster", "post": "town.duty", "shifts": [["p1", SHIFT[2], SHIFT[1]]]}, BadInput),
        ({"what": "swap", "post": "nowhere", "person": "p1", "to": "p2", **SPAN}, BadInput),
        ({"what": "swap", "post": "town.office", "person": "p1", "to": "p2", **SPAN}, BadInput),  # it has no roster
        ({"what": "swap", "post": "town.duty", "person": "p3", "to": "p2", **SPAN}, BadInput),  # not on duty then
        ({"what": "swap", "post": "town.duty", "person": "p1", "to": "p9", **SPAN}, UnknownActor),
        ({"what": "swap", "post": "town.duty", "person": "p1", "to": "p1", **SPAN}, BadInput),
        ({"what": "swap", "post": "town.duty", "person": "p1", "to": "p2", **BACK}, BadInput),
        ({"what": "swap", "post": "town.duty", "person": "p1", "to": "p2", "since": SPAN["since"]}, BadInput),
        ({"what": "delegation", "post": "nowhere", "person": "p4", "to": "p1", **SPAN}, BadInput),
        ({"what": "delegation", "post": "town.mayor", "person": "p1", "to": "p4", **SPAN}, UnknownActor),  # not in the post
        ({"what": "delegation", "post": "town.mayor", "person": "p4", "to": "p9", **SPAN}, UnknownActor),
        ({"what": "delegation", "post": "town.mayor", "person": "p4", "to": "p4", **SPAN}, BadInput),
        ({"what": "delegation", "post": "town.mayor", "person": "p4", "to": "p1", "since": SPAN["since"]}, BadInput),  # without an end
        ({"what": "contacts", "person": "p9"}, UnknownActor),
        ({"what": "head", "id": "nowhere", "role": "office"}, BadInput),
        ({"what": "head", "id": "town", "role": "archive"}, BadInput),
        ({"what": "superior", "post": "town.duty", "superior": "nowhere"}, BadInput),
        ({"what": "superior", "post": "county.archive", "superior": "town.mayor"}, BadInput),  # a circle
        ({"what": "superior", "post": "town.duty", "superior": "town.duty"}, BadInput),
        ({"what": "end", "of": "roster", "id": "town.office", "since": SPAN["since"]}, BadInput),
        ({"what": "end", "of": "roster", "id": "town.duty", "since": stamp(at("09-01 00:00"))}, BadInput),
    ],
    ids=lambda v: f"{v['what']}-{list(v.values())[-1]}"[:40] if isinstance(v, dict) else None,
)
def test_an_entry_that_does_not_fit_is_refused(read: Read, body: dict[str, Any], error: type[DubanError]) -> None:
    with pytest.raises(error):
        check(read(), body)


def test_whoever_is_on_a_roster_may_delegate_and_go_on_leave(read: Read) -> None:
    town = read()
    check(town, {"what": "delegation", "post": "town.duty", "person": "p1", "to": "p2", **SPAN})
    check(town, {"what": "leave", "person": "m1", "since": SPAN["since"], "acting": "p2"})
    check(town, {"what": "leave", "person": "p2", "since": SPAN["since"], "acting": "m1"})


SHIFTS = '{post: town.duty, every: day, at: "08:00", hours: 24, people: [p1, p3, m1], from: 2026-10-01, until: 2026-10-07}'


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (SHIFTS, "{post: town.duty, from: 2026-10-01, until: 2026-10-07}", "roster.0.person"),
        (SHIFTS, "{post: town.duty, person: p1, from: 2026-10-01}", "roster.0.until"),
        (SHIFTS, "{post: town.duty, person: p1, hours: 8, from: 2026-10-01, until: 2026-10-07}", "roster.0.hours"),
        (SHIFTS, "{post: town.duty, person: p1, from: 2026-10-07, until: 2026-10-01}", "roster.0.until"),
        ("every: day", "every: day, person: p1", "roster.0.person"),
        ("every: day", "every: month", "roster.0.every"),
        ('"08:00"', '"24:00"', "roster.0.at"),
        (' at: "08:00",', "", "roster.0.at"),
        ("hours: 24", "hours: 0", "roster.0.hours"),
        ("hours: 24", "hours: 169", "roster.0.hours"),
        ("hours: 24", "hours: all", "roster.0.hours"),
        ("people: [p1, p3, m1]", "people: []", "roster.0.people"),
        ("people: [p1, p3, m1]", "people: p1", "roster.0.people"),
        ("from: 2026-10-01, until: 2026-10-07", "from: 2026-10-01 08:00, until: 2026-10-07", "roster.0.from"),
        ("until: 2026-10-07", "until: 2036-10-07", "roster.0.until"),
        ("{dingtalk: p1.example}", "{dingtalk: ''}", "units.0.units.0.posts.1.holders.0.contacts.dingtalk"),
        ("{dingtalk: p1.example}", "{pager: x}", "units.0.units.0.posts.1.holders.0.contacts.pager"),
        ("{dingtalk: p1.example}", "p1.example", "units.0.units.0.posts.1.holders.0.contacts"),
        ("email: m1@example.org", "email: at home", "units.0.units.0.teams.0.members.0.contacts.email"),
        ("roster:\n", "contacts: [{person: p1, mail: x}]\nroster:\n", "contacts.0.mail"),
        ("roster:\n", "swaps: [{post: a, person: p1, to: p1, from: 2026-10-01, until: 2026-10-02, ground: x}]\nroster:\n", "swaps.0.to"),
        ("roster:\n", "swaps: [{post: a, person: p1, to: p2, from: 2026-10-01, until: 2026-10-02}]\nroster:\n", "swaps.0.ground"),
        ("roster:\n", "delegations: [{post: a, person: p1, to: p2, from: 2026-10-01, ground: x}]\nroster:\n", "delegations.0.until"),
    ],
)
def test_a_broken_file_is_refused_with_the_field(read: Read, tmp_path: Path, old: str, new: str, field: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(BrokenDefinition) as caught:
        file = tmp_path / "broken.yaml"
        file.write_text(FILE.replace(old, new), encoding="utf-8")
        read_organisation(file)
    said = [p.say("o.yaml", "en") for p in caught.value.problems]
    assert any(f" {field} " in line for line in said), said


# -- the journal -----------------------------------------------------------------------------------------------------------------------


def test_grounds_lie_in_the_erasable_part(tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(DELEGATION, encoding="utf-8")
    ((body, private),) = read_organisation(file)
    assert private == {"ground": "镇长授权书"} and "ground" not in body


def test_what_is_not_there_stands_in_no_document() -> None:
    plain = Organisation({"u": Unit("u", "u", "u", "town")}, {}, (Span("p", "x", at("10-01 00:00"), None),))
    assert {"rosters", "delegations", "heads", "superiors"}.isdisjoint(plain.document())
    assert {"rosters", "heads", "superiors"} <= set(organisation_named("town").document())


def test_the_fold_of_the_journal_is_the_organisation() -> None:
    play = Play("probe").at("10-02 00:10")
    made = play.engine.organise(shipped_organisation("town"))
    with play.engine.store.read() as view:
        assert fold([e.body for e in view.entries(CHAIN)]).document() == made.document()
