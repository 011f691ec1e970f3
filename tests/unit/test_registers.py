"""Teams, resources and powers of command as lists of the organisation; what it lacks; who owes what (A31–A34, C01, C02, C11, A17, B33)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.organisations import read_organisation, shipped_organisation
from tests.play import Play, at
from tests.stories import procedure_of
from workflow.errors import AlreadyThere, BadInput, DubanError
from workflow.journal.canonical import canonical, digest
from workflow.moment import stamp
from workflow.organisation import CHAIN, Organisation, check, dated, entries, evolve, fold
from workflow.organisation.gaps import gaps
from workflow.owners import owners, unowned
from workflow.procedure.source import BrokenDefinition
from workflow.text import Text

NOW = at("10-15 09:00")
FILE = """\
units:
  - id: town
    zh: 镇
    en: Town
    level: town
    from: 2020-01-01
    posts:
      - {role: office, zh: 镇办, en: office, holders: [{person: p1, from: 2020-01-01}]}
      - {role: duty, zh: 值班, en: duty, holders: [{person: p2, from: 2020-01-01, until: 2026-07-01}]}
    teams:
      - kind: backbone
        zh: 民兵分队
        en: militia
        skills: [{zh: 搜救, en: search}]
        contact: town.office
        from: 2020-01-01
        members:
          - {person: m1, name: 某甲, phone: "000-9001"}
          - {person: m2, from: 2021-01-01, until: 2026-01-01}
          - {post: town.office}
    resources:
      - {id: town.tents, kind: material, zh: 帐篷, en: tents, amount: 40, custodian: town.office, from: 2020-01-01}
    units:
      - {id: east, zh: 东村, en: East, level: village, from: 2020-01-01}
authority:
  - {role: office, action: order, class: [mass], from: 2020-01-01}
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], list[tuple[dict[str, Any], Any]]]:
    def write(text: str) -> list[tuple[dict[str, Any], Any]]:
        file = tmp_path / "organisation.yaml"
        file.write_text(text, encoding="utf-8")
        return read_organisation(file)

    return write


@pytest.fixture
def town(read: Callable[[str], list[tuple[dict[str, Any], Any]]]) -> Organisation:
    return fold([body for body, _ in read(FILE)])


def example(name: str = "town") -> Organisation:
    return fold([dated(body, at("2020-01-01 00:00")) for body, _ in shipped_organisation(name)])


# -- the lists -------------------------------------------------------------------------------------------------------------------------


def test_a_team_has_kind_unit_skills_contact_and_members_with_validity(town: Organisation) -> None:
    (team,) = town.teams_at(NOW)
    assert (team.id, team.kind, team.unit, team.contact) == ("town.backbone", "backbone", "town", "town.office")
    assert team.skills == (Text("搜救", "search"),)
    assert [(m.person, m.post) for m in town.members_of(team.id, at("2025-06-01 00:00"))] == [("m1", ""), ("m2", ""), ("", "town.office")]
    assert [(m.person, m.post) for m in town.members_of(team.id, NOW)] == [("m1", ""), ("", "town.office")]
    assert town.teams_at(at("2019-12-31 23:59")) == []


def test_a_resource_has_kind_amount_unit_and_custodian(town: Organisation) -> None:
    (tents,) = town.resources_at(NOW)
    assert (tents.kind, tents.amount, tents.unit, tents.custodian) == ("material", 40, "town", "town.office")


def test_an_entry_that_comes_again_counts_from_its_own_day_and_the_past_stays(town: Organisation) -> None:
    body = {"what": "resource", "id": "town.tents", "kind": "material", "zh": "帐篷", "en": "tents", "unit": "town", "amount": 25}
    later = evolve(town, {**body, "since": stamp(at("2026-09-01 00:00"))})
    assert [r.amount for r in later.resources_at(at("2026-08-31 23:59"))] == [40]
    assert [r.amount for r in later.resources_at(at("2026-09-01 00:00"))] == [25]


@pytest.mark.parametrize(
    ("kind", "name", "left"),
    [
        ("team", "town.backbone", lambda o, t: o.teams_at(t)),
        ("resource", "town.tents", lambda o, t: o.resources_at(t)),
        ("power", "office.order", lambda o, t: o.powers_at(t)),
    ],
)
def test_what_is_ended_is_there_until_then(town: Organisation, kind: str, name: str, left: Callable[..., list[Any]]) -> None:
    end = {"what": "end", "of": kind, "id": name, "since": stamp(at("2026-09-01 00:00"))}
    check(town, end)
    after = evolve(town, end)
    assert len(left(after, at("2026-08-31 23:59"))) == 1 and left(after, at("2026-09-01 00:00")) == []


def test_an_entry_without_a_day_counts_from_when_it_is_journaled(read: Callable[[str], Any]) -> None:
    play = Play("probe").at("10-02 00:10")
    organisation = play.engine.organise(read(FILE.replace(", custodian: town.office, from: 2020-01-01}", "}")))
    assert organisation.resources_at(at("10-02 00:09")) == []
    assert [r.id for r in organisation.resources_at(at("10-02 00:10"))] == ["town.tents"]


def test_s9_3_names_of_members_stand_in_no_entry_and_no_digest(read: Callable[[str], Any]) -> None:
    play = Play("probe").at("10-02 00:10")
    organisation = play.engine.organise(read(FILE))
    renamed = fold(body for body, _ in read(FILE.replace("某甲", "某乙").replace("9001", "9002")))
    with play.engine.store.read() as view:
        raw = b"".join(e.raw for e in view.entries(CHAIN))
    assert "某甲".encode() not in raw and b"000-9001" not in raw
    assert digest(canonical(organisation.document())) == digest(canonical(renamed.document()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: backbone", "kind: expert"),
        ("zh: 搜救", "zh: 救援"),
        ("contact: town.office", "contact: town.duty"),
        ("{person: m1,", "{person: m9,"),
        ("amount: 40", "amount: 41"),
        ("class: [mass]", "grade: [mass]"),
        ("action: order", "action: activate"),
    ],
)
def test_s10_2_every_part_of_a_list_is_in_the_digest(read: Callable[[str], Any], old: str, new: str) -> None:
    assert FILE.count(old) == 1
    one, other = (digest(canonical(fold(b for b, _ in read(text)).document())) for text in (FILE, FILE.replace(old, new)))
    assert one != other


def test_the_organisation_is_the_same_after_the_store_was_read_again(read: Callable[[str], Any]) -> None:
    play = Play("probe").at("10-02 00:10")
    organisation = play.engine.organise(read(FILE))
    with play.engine.store.read() as view:
        again = fold(e.body for e in view.entries(CHAIN))
    assert again.document() == organisation.document()


# -- what is refused -------------------------------------------------------------------------------------------------------------------

TEAM = {"what": "team", "id": "t", "kind": "expert", "unit": "town", "zh": "组", "en": "panel", "since": "2026"}
TENTS = {"what": "resource", "id": "r", "kind": "material", "unit": "town", "zh": "物", "en": "thing", "amount": 1, "since": "2026"}
POWER = {"what": "power", "id": "office.order", "role": "office", "action": "order"}
DAY, BEFORE = "2026-01-01T00:00:00.000000Z", "2019-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({**TEAM, "unit": "nowhere"}, BadInput),
        ({**TEAM, "kind": "army"}, BadInput),
        ({**TEAM, "contact": "nowhere"}, BadInput),
        ({**TEAM, "id": "town.backbone", "since": BEFORE}, AlreadyThere),
        ({**TEAM, "since": DAY, "until": DAY}, BadInput),
        ({"what": "member", "team": "t", "person": "x", "since": DAY}, BadInput),
        ({"what": "member", "team": "town.backbone", "since": DAY}, BadInput),
        ({"what": "member", "team": "town.backbone", "person": "x", "post": "town.office", "since": DAY}, BadInput),
        ({"what": "member", "team": "town.backbone", "post": "nowhere", "since": DAY}, BadInput),
        ({"what": "member", "team": "town.backbone", "person": "x", "since": DAY, "until": BEFORE}, BadInput),
        ({**TENTS, "unit": "nowhere"}, BadInput),
        ({**TENTS, "kind": "gold"}, BadInput),
        ({**TENTS, "custodian": "nowhere"}, BadInput),
        ({**POWER, "since": BEFORE}, AlreadyThere),
        ({**POWER, "since": DAY, "until": BEFORE}, BadInput),
        ({"what": "end", "of": "team", "id": "t", "since": DAY}, BadInput),
        ({"what": "end", "of": "post", "id": "town.office", "since": DAY}, BadInput),
        ({"what": "end", "of": "team", "id": "town.backbone", "since": BEFORE}, BadInput),
    ],
    ids=lambda v: "-".join(str(x) for x in v.values())[:50] if isinstance(v, dict) else None,
)
def test_an_entry_that_does_not_fit_is_refused(town: Organisation, body: dict[str, Any], error: type[DubanError]) -> None:
    with pytest.raises(error):
        check(town, body)


@pytest.mark.parametrize(
    ("old", "new", "place", "field"),
    [
        ("kind: backbone", "kind: army", "11:9", "units.0.teams.0.kind"),
        ("skills: [{zh: 搜救, en: search}]", "skills: 搜救", "14:9", "units.0.teams.0.skills"),
        ("amount: 40", "amount: -1", "22:61", "units.0.resources.0.amount"),
        ("amount: 40, ", "", "22:9", "units.0.resources.0.amount"),
        ("{post: town.office}", "{post: town.office, person: m3}", "20:13", "units.0.teams.0.members.2"),
        ("class: [mass]", "klass: [mass]", "26:35", "authority.0.klass"),
    ],
)
def test_a_malformed_list_is_refused_with_line_and_field(read: Callable[[str], Any], old: str, new: str, place: str, field: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(BrokenDefinition) as caught:
        read(FILE.replace(old, new))
    said = [p.say("organisation.yaml", "en") for p in caught.value.problems]
    assert any(line.startswith(f"organisation.yaml:{place}: {field} ") for line in said), said


# -- what is missing -------------------------------------------------------------------------------------------------------------------


def kinds(organisation: Organisation) -> set[tuple[str, str]]:
    return {(g.kind, g.about) for g in gaps(organisation, NOW)}


def test_kinds_without_a_team_and_unmanned_posts_are_gaps(town: Organisation) -> None:
    missing = {("no_team_of_kind", kind) for kind in ("professional", "expert", "volunteer")}
    assert kinds(town) == {*missing, ("no_holder", "town.duty")}


def test_a_team_that_nobody_can_call_is_a_gap(read: Callable[[str], Any]) -> None:
    nobody = fold(b for b, _ in read(FILE.replace("        contact: town.office\n", "")))
    unmanned = fold(b for b, _ in read(FILE.replace("contact: town.office", "contact: town.duty")))
    assert ("no_contact", "town.backbone") in kinds(nobody) and ("contact_unmanned", "town.backbone") in kinds(unmanned)


def test_lists_that_are_not_kept_are_said_once(read: Callable[[str], Any]) -> None:
    text = FILE.partition("authority:")[0]
    bare = text[: text.index("    teams:")] + text[text.index("    units:") :]
    assert kinds(fold(b for b, _ in read(bare))) == {("no_teams", ""), ("no_authority", ""), ("no_holder", "town.duty")}


def test_a_post_outside_needs_no_holder(read: Callable[[str], Any]) -> None:
    other = "  - {id: other, zh: 邻镇, en: Other, level: LEVEL, posts: [{role: desk, zh: 邻镇办, en: desk}]}\nauthority:"
    inside, outside = (
        kinds(fold(dated(b, at("2020-01-01 00:00")) for b, _ in read(FILE.replace("authority:", other.replace("LEVEL", level)))))
        for level in ("town", "outside")
    )
    assert ("no_holder", "other.desk") in inside and ("no_holder", "other.desk") not in outside


def test_the_example_town_has_teams_of_all_four_kinds_and_shows_its_gaps() -> None:
    town = example()
    assert {t.kind for t in town.teams_at(NOW)} == {"backbone", "professional", "expert", "volunteer"}
    assert {("no_holder", "town.command_foreign"), ("no_contact", "xiazhuang.volunteer"), ("no_custodian", "town.tents")} <= kinds(town)


# -- who owes what ---------------------------------------------------------------------------------------------------------------------


def test_every_duty_of_the_example_procedures_has_an_owner() -> None:
    assert list(unowned(example(), [procedure_of("social-security-incident")], NOW)) == []
    assert list(unowned(example("hospital"), [procedure_of("medical-dispute")], NOW)) == []


def test_a_duty_whose_role_has_no_post_is_reported_once_for_each_unit_and_role() -> None:
    bodies = [dated(b, NOW - timedelta(days=1)) for b, _ in shipped_organisation("town")]
    gone = {"zhongzhuang.scene_head", "xiazhuang.scene_head", "shangzhuang.scene_head", "town.spokesperson"}
    bodies = [b for b in bodies if not gone & {b.get("id"), b.get("post")}]
    found = list(unowned(fold(bodies), [procedure_of("social-security-incident")], NOW))
    assert [(g.kind, g.unit, g.about) for g in found] == [
        ("no_owner", "neighbour-town", "spokesperson"),
        ("no_owner", "town", "spokesperson"),
        ("no_owner", "xiazhuang", "scene_head"),
        ("no_owner", "zhongzhuang", "scene_head"),
    ]
    assert "电话报告党委和政府" in found[2].label.zh and "telephone" in found[2].label.en


def test_a_role_of_a_level_that_is_nowhere_is_owed_by_whoever_has_it_or_reported(town: Organisation) -> None:
    procedure = procedure_of("medical-dispute")
    units = {o.unit for o in owners(town, [procedure], NOW)}
    assert units == {""} and all(not o.post for o in owners(town, [procedure], NOW))


def test_the_duty_list_of_a_village_is_its_own_and_a_merged_village_has_none() -> None:
    listed = [o for o in owners(example(), [procedure_of("social-security-incident")], NOW)]
    assert {o.post for o in listed if o.unit == "xiazhuang"} == {"xiazhuang.scene_head"}
    assert not [o for o in listed if o.unit == "shangzhuang"]


# -- against a slow count --------------------------------------------------------------------------------------------------------------

START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(1, 12), st.booleans()), max_size=6), st.integers(0, 12))
def test_a_list_at_an_instant_agrees_with_a_calendar_kept_hour_by_hour(steps: list[tuple[int, int | None, bool]], hour: int) -> None:
    """Entries of one id (``amount`` is their number) and endings, in any order that is allowed; each writes the hours from its own on."""

    def instant(h: int) -> str:
        return stamp(START + timedelta(hours=h))

    organisation = fold([{"what": "unit", "id": "u", "zh": "u", "en": "u", "level": "town", "since": instant(0)}])
    hours: dict[int, int] = {}
    for n, (since, until, end) in enumerate(steps):
        body: dict[str, Any] = {"what": "end", "of": "resource", "id": "r", "since": instant(since)}
        if not end:
            body = {**TENTS, "amount": n, "since": instant(since)}
            if until is not None:
                body["until"] = instant(until)
        try:
            check(organisation, body)
        except DubanError:
            continue
        organisation = evolve(organisation, body)
        for h in range(since, 13):
            hours.pop(h, None)
        if not end:
            hours.update(dict.fromkeys(range(since, 13 if until is None else until), n))
    found = [r.amount for r in organisation.resources_at(START + timedelta(hours=hour))]
    assert found == ([hours[hour]] if hour in hours else [])


def test_entries_of_a_program_are_checked_as_those_of_a_file() -> None:
    tents = {"id": "r", "kind": "material", "zh": "物", "en": "thing"}
    with pytest.raises(BadInput, match="whole number"):
        list(entries({"units": [{"id": "a", "zh": "a", "en": "a", "level": "x", "resources": [{**tents, "amount": "many"}]}]}, at))
