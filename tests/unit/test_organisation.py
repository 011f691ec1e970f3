"""Units, posts, holders, leave and acting, with validity (S9.1): who may sign, whom a role means, and which files are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.organisations import read_organisation, shipped_organisation
from adapters.store.memory import MemoryStore
from tests.play import Play, at
from workflow.engine import Engine
from workflow.errors import AlreadyThere, BadInput, DubanError, UnknownActor
from workflow.journal.canonical import canonical, digest
from workflow.moment import stamp
from workflow.organisation import CHAIN, Actor, Organisation, Post, Span, Unit, check, entries, evolve, fold
from workflow.procedure.source import BrokenDefinition

FILE: dict[str, Any] = {
    "units": [
        {
            "id": "town",
            "zh": "镇",
            "en": "Town",
            "level": "town",
            "from": "2020-01-01",
            "posts": [
                {
                    "role": "office",
                    "zh": "镇办",
                    "en": "office",
                    "holders": [{"person": "p1", "name": "甲", "phone": "1", "from": "2020-01-01"}],
                },
                {"role": "mayor", "zh": "镇长", "en": "mayor", "holders": [{"person": "p2", "from": "2020-01-01", "until": "2026-07-01"}]},
                {"role": "duty", "zh": "值班", "en": "duty", "holders": [{"person": "p3", "from": "2020-01-01"}]},
            ],
            "units": [
                {
                    "id": "east",
                    "zh": "东村",
                    "en": "East",
                    "level": "village",
                    "from": "2020-01-01",
                    "posts": [
                        {"role": "head", "zh": "村长", "en": "head", "holders": [{"person": "p4", "from": "2020-01-01"}]},
                        {"role": "duty", "zh": "村值班", "en": "duty", "holders": [{"person": "p4", "from": "2020-01-01"}]},
                    ],
                },
                {
                    "id": "west",
                    "zh": "西村",
                    "en": "West",
                    "level": "village",
                    "from": "2020-01-01",
                    "posts": [{"role": "head", "zh": "村长", "en": "head", "holders": [{"person": "p5", "from": "2020-01-01"}]}],
                },
            ],
        }
    ],
    "leave": [
        {"person": "p1", "from": "2026-10-01", "until": "2026-10-08", "acting": "p3"},
        {"person": "p4", "post": "east.head", "from": "2026-10-01", "until": "2026-10-08"},
    ],
    "merged": [{"unit": "west", "into": "east", "from": "2026-11-01"}],
}


def day(text: str) -> datetime:
    return at(f"{text} 00:00" if len(text) == 10 else text).astimezone(UTC)


@pytest.fixture(scope="module")
def town() -> Organisation:
    return fold([{**body, "since": body.get("since", stamp(day("2020-01-01")))} for body, _ in entries(FILE, day)])


def signers(organisation: Organisation, post: str, when: str) -> list[tuple[str | None, str | None]]:
    return [(a.person, a.acting_for) for a in organisation.signing(post, at(when))]


# -- who may sign ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "when", "who"),
    [
        ("town.mayor", "2019-12-31 23:59", []),
        ("town.mayor", "2020-01-01 00:00", [("p2", None)]),
        ("town.mayor", "2026-06-30 23:59", [("p2", None)]),
        ("town.mayor", "2026-07-01 00:00", []),
        ("town.office", "2026-09-30 23:59", [("p1", None)]),
        ("town.office", "2026-10-01 00:00", [("p3", "p1")]),
        ("town.office", "2026-10-07 23:59", [("p3", "p1")]),
        ("town.office", "2026-10-08 00:00", [("p1", None)]),
        ("east.head", "2026-10-03 12:00", []),  # away, and nobody acts
        ("east.duty", "2026-10-03 12:00", [("p4", None)]),  # the leave is from the other post only
    ],
)
def test_s9_1_who_may_sign_follows_validity_leave_and_acting(
    town: Organisation, post: str, when: str, who: list[tuple[str | None, str | None]]
) -> None:
    assert signers(town, post, when) == who


def test_s9_1_whoever_acts_and_is_away_is_acted_for_in_turn(town: Organisation) -> None:
    body = {"what": "leave", "person": "p3", "since": stamp(day("2026-10-02")), "until": stamp(day("2026-10-04"))}
    nobody = evolve(town, body)
    assert signers(nobody, "town.office", "2026-10-03 12:00") == []
    deputy = evolve(town, {**body, "acting": "p5"})
    assert signers(deputy, "town.office", "2026-10-03 12:00") == [("p5", "p1")]
    circle = evolve(town, {**body, "acting": "p1"})
    assert signers(circle, "town.office", "2026-10-03 12:00") == []


def test_s9_1_vacancies_are_reported_and_end(town: Organisation) -> None:
    assert [p.id for p in town.vacancies(at("2026-06-30 12:00"))] == []
    assert [p.id for p in town.vacancies(at("2026-10-03 12:00"))] == ["east.head", "town.mayor"]


def test_s9_1_a_post_that_went_with_a_merged_unit_is_not_vacant() -> None:
    organisation = fold([{**body, "since": body.get("since", stamp(day("2020-01-01")))} for body, _ in shipped_organisation("town")])
    assert not organisation.signing("shangzhuang.scene_head", at("2026-10-03 12:00"))
    assert "shangzhuang.scene_head" not in {p.id for p in organisation.vacancies(at("2026-10-03 12:00"))}


# -- whom a role means -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "unit", "when", "post"),
    [
        ("duty", "east", "2026-09-01 00:00", "east.duty"),
        ("duty", "west", "2026-09-01 00:00", "town.duty"),  # the nearest above
        ("duty", "west", "2026-11-01 00:00", "east.duty"),  # it is part of East by then
        ("head", "west", "2026-10-31 23:59", "west.head"),
        ("head", "west", "2026-11-01 00:00", "east.head"),
        ("head", "east", "2026-11-01 00:00", "east.head"),  # its own before the one that West brought
        ("mayor", "nowhere", "2026-09-01 00:00", "town.mayor"),  # the only one there is
        ("head", "nowhere", "2026-09-01 00:00", None),
        ("head", "town", "2026-09-01 00:00", None),  # never one below
    ],
)
def test_s9_1_a_role_means_the_nearest_post(town: Organisation, role: str, unit: str, when: str, post: str | None) -> None:
    found = town.post_for(role, unit, at(when))
    assert (found.id if found is not None else None) == post


def test_s9_1_the_posts_above_are_those_of_what_the_parent_was_merged_into() -> None:
    units = {
        "new": Unit("new", "新镇", "New", "town"),
        "old": Unit("old", "旧镇", "Old", "town", merged_into="new", merged_from=day("2026-01-01")),
        "v": Unit("v", "村", "V", "village", "old"),
    }
    posts = {name: Post(name, "office", name.split(".")[0], "办", "office") for name in ("new.office", "old.office")}
    organisation = Organisation(units, posts)
    before, after = (
        organisation.post_for("office", "v", at("2025-12-31 12:00")),
        organisation.post_for("office", "v", at("2026-01-01 00:00")),
    )
    assert before is not None and after is not None and (before.id, after.id) == ("old.office", "new.office")


def test_s9_1_a_post_of_the_unit_comes_before_one_that_a_merged_unit_brought() -> None:
    units = {
        "old": Unit("old", "旧村", "Old", "village", merged_into="new", merged_from=day("2026-01-01")),
        "new": Unit("new", "新村", "New", "village"),
    }
    posts = {name: Post(name, "head", name.split(".")[0], "村长", "head") for name in ("old.head", "new.head")}
    found = Organisation(units, posts).post_for("head", "new", at("2026-01-01 00:00"))
    assert found is not None and found.id == "new.head"


def test_s9_1_a_person_in_two_roles_names_the_one_meant(town: Organisation) -> None:
    when = at("2026-09-01 12:00")
    assert town.actor(Actor("duty", person="p4"), "east", when).post == "east.duty"
    with pytest.raises(UnknownActor, match="several roles"):
        town.actor(Actor("", person="p4"), "east", when)
    assert town.actor(Actor("", person="p1"), "east", when) == Actor("office", "p1", "town.office", "town")


def test_s9_1_a_person_in_two_roles_acts_in_the_one_that_does_such_a_thing(town: Organisation) -> None:
    when = at("2026-09-01 12:00")
    roles = {a.role for a in town.roles_of("p4", when)}
    assert len(roles) > 1 and "duty" in roles
    assert town.actor(Actor("", person="p4"), "east", when, ["duty"]).role == "duty"
    assert town.actor(Actor("", person="p4"), "east", when, ["nobody"], ["duty", "other"]).role == "duty"
    with pytest.raises(UnknownActor, match="several roles"):
        town.actor(Actor("", person="p4"), "east", when, roles)


def test_s9_1_a_person_of_no_role_that_fits_is_known_all_the_same(town: Organisation) -> None:
    assert (
        town.actor(Actor("", person="p1"), "east", at("2026-09-01 12:00"), ["duty"]).role == "office"
    )  # the breach is judged by the caller


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Actor("", person="p2"), "holds no post"),  # not any more
        (Actor("", person="p9"), "holds no post"),
        (Actor("priest"), "no role priest"),
        (Actor(""), "nobody is named"),
    ],
)
def test_s5_2_an_author_who_is_not_known_is_refused(town: Organisation, said: Actor, message: str) -> None:
    with pytest.raises(UnknownActor, match=message):
        town.actor(said, "town", at("2026-10-03 12:00"))


def test_without_an_organisation_a_role_is_taken_as_said() -> None:
    assert Organisation().actor(Actor("duty"), "x", at("2026-10-03 12:00")) == Actor("duty")
    with pytest.raises(UnknownActor):
        Organisation().actor(Actor("", person="p1"), "x", at("2026-10-03 12:00"))


def test_s9_1_an_event_stores_person_post_and_acting_for() -> None:
    play = Play("social-security-incident").at("10-02 00:10")
    play.engine.organise(shipped_organisation("town"))
    play.open("informant", {"class": "mass"}, person="t12", unit="zhongzhuang")
    result = play.fire("town_office", "classify", person="t07")
    actor = result.acts[-1].actor
    assert actor == Actor("town_office", "t07", "town.town_office", "town", "t06")
    at_post = play.fire("scene_head", "supplement").acts[-1].actor  # by role alone: the post is known, the person is not
    assert at_post == Actor("scene_head", None, "zhongzhuang.scene_head", "zhongzhuang")


# -- what is journaled -----------------------------------------------------------------------------------------------------------------


def test_s9_3_names_and_telephones_stand_in_no_entry_document_or_digest(town: Organisation) -> None:
    play = Play("probe").at("10-02 00:10")
    play.engine.organise(entries(FILE, day))
    with play.engine.store.read() as view:
        raw = b"".join(e.raw for e in view.entries(CHAIN))
    assert "甲".encode() not in raw
    renamed = [(body, None) for body, _ in entries(FILE, day)]
    other = Play("probe").at("10-02 00:10")
    other.engine.organise(renamed)
    documents = [canonical(p.engine.organisation().document()) for p in (play, other)]
    assert "甲".encode() not in documents[0]
    assert digest(documents[0]) == digest(documents[1])


def test_the_fold_of_the_journal_is_the_organisation(town: Organisation) -> None:
    play = Play("probe").at("10-02 00:10")
    play.engine.organise(entries(FILE, day))
    fresh = Engine(play.engine.store, play.clock, play.engine._entropy, play.engine.calendar)
    assert fresh.organisation().document() == play.engine.organisation().document() == town.document()


def test_entries_are_journaled_all_or_none() -> None:
    play = Play("probe").at("10-02 00:10")
    broken = [*entries(FILE, day), ({"what": "post", "id": "x", "role": "r", "unit": "nowhere", "zh": "x", "en": "x"}, None)]
    with pytest.raises(BadInput):
        play.engine.organise(broken)
    assert play.engine.organisation().is_empty
    assert isinstance(play.engine.store, MemoryStore)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"what": "unit", "id": "east", "zh": "x", "en": "x", "level": "village"}, AlreadyThere),
        ({"what": "unit", "id": "new", "zh": "x", "en": "x", "level": "village", "parent": "nowhere"}, BadInput),
        ({"what": "post", "id": "town.duty", "role": "duty", "unit": "town"}, AlreadyThere),
        ({"what": "post", "id": "x", "role": "duty", "unit": "nowhere"}, BadInput),
        ({"what": "holder", "person": "p9", "post": "nowhere", "since": "2026"}, BadInput),
        ({"what": "holder", "person": "p9", "post": "town.duty", "since": "2026-02", "until": "2026-01"}, BadInput),
        ({"what": "leave", "person": "p9", "since": "2026"}, UnknownActor),
        ({"what": "leave", "person": "p1", "since": "2026", "acting": "p9"}, UnknownActor),
        ({"what": "leave", "person": "p1", "since": "2026", "post": "nowhere"}, BadInput),
        ({"what": "merge", "id": "east", "into": "east", "since": "2026"}, BadInput),
        ({"what": "merge", "id": "east", "into": "nowhere", "since": "2026"}, BadInput),
        ({"what": "merge", "id": "town", "into": "east", "since": "2026"}, BadInput),
        ({"what": "merge", "id": "east", "into": "west", "since": "2026"}, BadInput),  # West is part of East
        ({"what": "merge", "id": "west", "into": "town", "since": "2026"}, AlreadyThere),
        ({"what": "party", "id": "x"}, BadInput),
    ],
    ids=lambda v: "-".join(str(x) for x in v.values())[:40] if isinstance(v, dict) else None,
)
def test_an_entry_that_does_not_fit_is_refused(town: Organisation, body: dict[str, Any], error: type[DubanError]) -> None:
    with pytest.raises(error):
        check(town, body)


# -- files -----------------------------------------------------------------------------------------------------------------------------

GOOD = """\
zone: Asia/Shanghai
units:
  - id: a
    zh: 甲
    en: A
    level: town
    posts:
      - role: duty
        zh: 值班
        en: duty
        holders:
          - {person: p1, name: 某, phone: 13800000000, from: 2020-01-01}
    units:
      - {id: b, zh: 乙, en: B, level: village}
leave:
  - {person: p1, from: 2026-10-01, until: 2026-10-08}
merged:
  - {unit: b, into: a, from: 2026-11-01}
"""

FLAWS = [
    ("    level: town\n", "", "3:5", "units.0.level"),
    ("    zh: 甲\n", "    zh: [甲]\n", "4:5", "units.0.zh"),
    ("- id: a\n", "- id: 12\n", "3:5", "units.0.id"),
    ("role: duty\n", "rule: duty\n", "8:9", "units.0.posts.0.rule"),
    ("from: 2020-01-01", "from: last year", "12:55", "units.0.posts.0.holders.0.from"),
    ("{person: p1, from: 2026-10-01, until: 2026-10-08}", "p1", "16:5", "leave.0"),
    ("until: 2026-10-08", "until: 2026-09-08", "16:36", "leave.0.until"),
    ("from: 2026-10-01, ", "", "16:5", "leave.0.from"),
    ("until: 2026-10-08", "until: 2026-10-08, acting: p1", "16:55", "leave.0.acting"),
    ("      - {id: b, zh: 乙, en: B, level: village}", "      {id: b}", "13:5", "units.0.units"),
    ("{id: b, zh", "{id: a, zh", "14:10", "units.0.units.0.id"),
    ("unit: b, into: a", "unit: a, into: b", "18:15", "merged.0.into"),
    ("{unit: b, into: a", "{unit: b, into: b", "18:15", "merged.0.into"),
    ("zone: Asia/Shanghai", "zone: Mars/Olympus", "1:1", "zone"),
    ("zone: Asia/Shanghai", "zonе: Asia/Shanghai", "1:1", "zonе"),
    ("leave:\n", "leave: none\nleft:\n", "16:1", "left"),
]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], list[Any]]:
    def write(text: str) -> list[Any]:
        file = tmp_path / "organisation.yaml"
        file.write_text(text, encoding="utf-8")
        return read_organisation(file)

    return write


def test_a_good_file_is_read(read: Callable[[str], list[Any]]) -> None:
    found = read(GOOD)
    assert [body["what"] for body, _ in found] == ["unit", "post", "holder", "unit", "leave", "merge"]
    assert found[2][1] == {"name": "某", "phone": "13800000000"}
    assert found[2][0]["since"] == "2019-12-31T16:00:00.000000Z"


@pytest.mark.parametrize(("old", "new", "place", "field"), FLAWS, ids=[f[3] + f" {i}" for i, f in enumerate(FLAWS)])
def test_a_malformed_file_is_refused_with_file_line_and_field(
    read: Callable[[str], list[Any]], old: str, new: str, place: str, field: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(BrokenDefinition) as caught:
        read(GOOD.replace(old, new))
    said = [p.say("organisation.yaml", "en") for p in caught.value.problems]
    assert any(line.startswith(f"organisation.yaml:{place}: {field} ") for line in said), said


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "units: 3\n", "units: [[]]\n"])
def test_a_file_of_the_wrong_shape_is_refused(read: Callable[[str], list[Any]], text: str) -> None:
    with pytest.raises(BrokenDefinition):
        read(text)


def test_all_flaws_of_a_file_are_told_at_once(read: Callable[[str], list[Any]]) -> None:
    with pytest.raises(BrokenDefinition) as caught:
        read(GOOD.replace("    level: town\n", "").replace("2026-10-08", "soon").replace("into: a", "onto: a"))
    assert len(caught.value.problems) == 4


def test_mergers_that_go_round_are_a_circle(read: Callable[[str], list[Any]]) -> None:
    circle = GOOD.replace("merged:\n", "merged:\n  - {unit: a2, into: b, from: 2026-10-01}\n").replace(
        "{unit: b, into: a,", "{unit: b, into: a2,"
    )
    with pytest.raises(BrokenDefinition, match="1 problem"):
        read(circle)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"units": [None]},
        {"units": [{"id": "a"}]},
        {"leave": [{"person": 3}]},
        {"merged": "x"},
        {"units": [{"id": {}, "posts": 1}]},
    ],
)
def test_a_malformed_document_from_a_program_is_a_typed_error(document: Any) -> None:
    with pytest.raises(BadInput):
        list(entries(document, day))


def test_a_refused_file_writes_nothing() -> None:
    play = Play("probe").at("10-02 00:10")
    with pytest.raises(DubanError):
        play.engine.organise(entries({"units": [{"id": "a", "zh": "甲", "en": "A", "level": "town"}, {"id": "b"}]}, day))
    assert play.engine.organisation().units == {}


# -- the example town ------------------------------------------------------------------------------------------------------------------


def test_every_inside_role_of_the_procedure_has_a_holder_or_a_reported_vacancy_in_the_example_town() -> None:
    play = Play("social-security-incident").at("10-02 00:10")
    organisation = play.engine.organise(shipped_organisation("town"))
    when = at("10-02 00:10")
    procedure = play.engine.rules("social-security-incident", when).procedure
    vacant = {p.role for p in organisation.vacancies(when)}
    for role in procedure.roles:
        post = organisation.post_for(role, "zhongzhuang", when) or next((p for p in organisation.posts.values() if p.role == role), None)
        assert post is not None, role
        assert organisation.signing(post.id, when) or role in vacant, role
    inside = [p.id for p in organisation.vacancies(when) if organisation.units[p.unit].level != "outside"]
    assert inside == ["town.command_foreign", "xiazhuang.informant"]


def test_the_example_town_has_three_levels_acting_leave_and_a_merged_village() -> None:
    organisation = fold([{**body, "since": body.get("since", stamp(day("2020-01-01")))} for body, _ in shipped_organisation("town")])
    assert organisation.ancestors("zhongzhuang") == ["town", "district"]
    assert signers(organisation, "town.town_office", "2026-10-03 12:00") == [("t07", "t06")]
    assert signers(organisation, "xiazhuang.scene_head", "2026-10-03 12:00") == [("t14", "t13")]
    assert signers(organisation, "zhongzhuang.informant", "2025-06-30 12:00") == [("t19", None)]
    assert signers(organisation, "zhongzhuang.informant", "2025-07-01 00:00") == [("t12", None)]
    assert {a.role for a in organisation.roles_of("t16", at("2026-10-03 12:00"))} == {"command_criminal", "command_terror"}
    merged = organisation.post_for("scene_head", "shangzhuang", at("2026-01-01 00:00"))
    assert organisation.unit_at("shangzhuang", at("2025-12-31 23:59")) == "shangzhuang"
    assert merged is not None and merged.id == "zhongzhuang.scene_head"


# -- against a slow count ---------------------------------------------------------------------------------------------------------------

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = ("p0", "p1", "p2", "p3")
hours = st.integers(0, 12)


@st.composite
def spans(draw: st.DrawFn, post: st.SearchStrategy[str], acting: bool) -> Span:
    since = draw(hours)
    until = draw(st.none() | st.integers(since + 1, 14))
    someone = st.sampled_from(PEOPLE)
    stand_in = draw(st.just("") | someone) if acting else ""
    person = draw(someone)
    return Span(
        person,
        draw(post),
        START + timedelta(hours=since),
        START + timedelta(hours=until) if until is not None else None,
        "" if stand_in == person else stand_in,
    )


def slow_signing(holders: list[Span], leaves: list[Span], post: str, hour: int) -> list[tuple[str, str | None]]:
    """Hour by hour: who sits in the chair, and who sits in for whoever is away, by hand."""

    def hours_of(span: Span) -> set[int]:
        return {
            h
            for h in range(15)
            if START + timedelta(hours=h) >= span.since and (span.until is None or START + timedelta(hours=h) < span.until)
        }

    def sits(person: str, turn: int) -> str | None:
        if turn > len(PEOPLE):
            return None
        for leave in leaves:
            if leave.person == person and hour in hours_of(leave) and (leave.post == post or leave.post == ""):
                return sits(leave.acting, turn + 1) if leave.acting else None
        return person

    chairs = [(h.person, sits(h.person, 0)) for h in holders if h.post == post and hour in hours_of(h)]
    return [(who, None if who == holder else holder) for holder, who in chairs if who is not None]


@given(
    st.lists(spans(st.sampled_from(["a", "b"]), False), max_size=4),
    st.lists(spans(st.sampled_from(["", "a", "b"]), True), max_size=5),
    st.sampled_from(["a", "b"]),
    hours,
)
def test_s9_1_signing_agrees_with_a_slow_count(holders: list[Span], leaves: list[Span], post: str, hour: int) -> None:
    posts = {p: Post(p, f"role-{p}", "u", p, p) for p in ("a", "b")}
    organisation = Organisation({"u": Unit("u", "u", "u", "town")}, posts, tuple(holders), tuple(leaves))
    when = START + timedelta(hours=hour)
    expected = slow_signing(holders, leaves, post, hour)
    assert [(a.person, a.acting_for) for a in organisation.signing(post, when)] == expected
    assert [p.id for p in organisation.vacancies(when)] == [p for p in ("a", "b") if not slow_signing(holders, leaves, p, hour)]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), hours), max_size=6), st.integers(0, 5), hours)
def test_s9_1_a_merged_unit_agrees_with_a_slow_walk(mergers: list[tuple[int, int, int]], unit: int, hour: int) -> None:
    organisation = Organisation({f"u{i}": Unit(f"u{i}", "u", "u", "town") for i in range(6)})
    kept: dict[int, tuple[int, int]] = {}
    for source, target, since in mergers:
        body = {"what": "merge", "id": f"u{source}", "into": f"u{target}", "since": stamp(START + timedelta(hours=since))}
        try:
            check(organisation, body)
        except DubanError:
            reachable, here = {source}, target
            while here in kept and here not in reachable:
                reachable.add(here)
                here = kept[here][0]
            assert source in kept or here in reachable  # only what is merged already, or would go round, is refused
            continue
        organisation = evolve(organisation, body)
        kept[source] = (target, since)
    place = unit
    for _ in range(10):  # no chain is longer
        if place in kept and kept[place][1] <= hour:
            place = kept[place][0]
    assert organisation.unit_at(f"u{unit}", START + timedelta(hours=hour)) == f"u{place}"


def test_s7_3_a_frequency_under_a_unit_holds_since_the_unit_is_there() -> None:
    document = {"units": [{"id": "a", "zh": "甲", "en": "A", "level": "town", "from": "2026-01-01", "periods": {"drill": "month"}}]}
    organisation = fold(body for body, _ in entries(document, lambda text: at(f"{text} 00:00")))
    found = [organisation.frequency("drill", "a", at(day)) for day in ("2025-12-31 23:59", "2026-01-01 00:00")]
    assert found[0] is None and found[1] is not None and found[1].every == "month"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"units": [{"id": "a", "zh": "甲", "en": "A", "level": "town", "periods": {"drill": "often"}}]}, "units.0.periods.drill"),
        ({"units": [{"id": "a", "zh": "甲", "en": "A", "level": "town", "periods": "month"}]}, "units.0.periods"),
        ({"periods": [{"unit": "a", "procedure": "drill", "every": "often", "from": "2026-01-01"}]}, "periods.0.every"),
        ({"periods": [{"unit": "a", "procedure": "drill", "every": "month"}]}, "periods.0.from"),
    ],
)
def test_a_frequency_that_cannot_be_read_is_refused_with_its_place(document: dict[str, Any], path: str) -> None:
    with pytest.raises(BadInput) as caught:
        list(entries(document, lambda text: at(f"{text} 00:00")))
    assert caught.value.where == path


def test_a_frequency_of_a_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput):
        check(Organisation(), {"what": "period", "id": "a", "procedure": "drill", "every": "month", "since": stamp(at("2026-01-01 00:00"))})
