"""The story that ``duban demo`` plays: the National Day holiday of 2026 in a town and a hospital that do not exist.

A mass incident: the telephone report late, a follow-up report missing, the final report extended, the incident re-graded midway. A
medical dispute, re-classified from complex to cross-department (09-29 → 10-15). And a dispute over charges that was kept on paper over the
holiday and back-filled afterwards: what is said to have been in time, on its author's word alone, stays undeterminable.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.host import FixedClock
from workflow.command import Command, Confirm, Decide, Do, Extend, Open, Receipt, Record, Revise, Said
from workflow.engine import Engine
from workflow.moment import Moment
from workflow.organisation import Actor

INCIDENT, DISPUTE, PAPER = "中庄事件-2026-01", "纠纷-2026-07", "纠纷-2026-08"
SCENES = {INCIDENT: "social-security-incident", DISPUTE: "medical-dispute", PAPER: "medical-dispute"}
"""Each case with its procedure."""
_ZONE = ZoneInfo("Asia/Shanghai")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=_ZONE)


def _said(person: str, role: str, happened: str = "") -> Said:
    return Said(actor=Actor(role, person=person), happened=Moment.at(_at(happened)) if happened else None)


def _paper(person: str, role: str, happened: str) -> Said:
    return Said(actor=Actor(role, person=person), happened=Moment.at(_at(happened)), source="国庆假期纸质登记簿")


_FULL = {
    "time": "10月1日 23:50",
    "place": "中庄村村委会门前",
    "source": "村信息员",
    "nature": "征地补偿纠纷引发聚集",
    "course": "约四十人聚集",
    "consequences": "无人员伤亡",
    "scope": "村委会及门前道路",
    "trend": "情绪趋缓",
    "leaders": "村支部书记、派出所民警",
    "measures": "村干部到场劝解",
    "advice": "请镇里派人到场对话",
}


def _receipt(person: str, role: str, case: str, event: str) -> Callable[[Engine], Command]:
    return lambda engine: Receipt(said=_said(person, role), of=engine.case(case).case.events(event)[-1].n, by=role)


def _confirm(role: str, happened: str, case: str, event: str) -> Callable[[Engine], Command]:
    return lambda engine: Confirm(said=_said("", role, happened), of=engine.case(case).case.events(event)[-1].n)


def tell(engine: Engine, clock: FixedClock) -> None:
    """Play the whole story, the clock going from scene to scene, swept whenever something falls due, as by a daemon."""
    opening_incident = Open(
        said=_said("t12", "informant", "10-01 23:50"),
        unit="zhongzhuang",
        what="群众聚集",
        where="中庄村村委会",
        told_by="村信息员",
        facts={"class": "mass", "people": "约40", "knew": "2026-10-01 23:52:00", "grade": "general"},
    )
    opening_dispute = Open(
        said=_said("h06", "staff", "09-24 09:30"),
        unit="surgery",
        what="术后并发症引发纠纷",
        where="普外科",
        told_by="患者家属",
        facts={"trigger": "dispute", "matter": "medical_fault", "patient": "(演示)患者甲"},
    )
    opening_paper = Open(
        said=_paper("h09", "staff", "10-03 10:10"),
        unit="outpatient",
        what="对收费有异议",
        where="门诊收费处",
        told_by="投诉人",
        facts={"trigger": "dispute", "matter": "charges", "handling": "complex"},
    )
    steps: list[tuple[str, str, Command | Callable[[Engine], Command]]] = [
        ("09-24 09:32", DISPUTE, opening_dispute),
        ("09-24 09:35", DISPUTE, Do(said=_said("h06", "staff"), event="report_head")),
        ("09-24 09:36", DISPUTE, _receipt("h05", "head", DISPUTE, "report_head")),
        ("09-24 09:50", DISPUTE, Do(said=_said("h07", "department"), event="send_people")),
        ("09-24 09:55", DISPUTE, Do(said=_said("h07", "department"), event="keep_order")),
        ("09-24 10:00", DISPUTE, Do(said=_said("h07", "department"), event="remedied", elements={"measures": "止血、输血、加强观察"})),
        ("09-24 10:05", DISPUTE, Do(said=_said("h05", "head"), event="report_hospital", elements={"situation": "术后出血,家属情绪激动"})),
        ("09-24 10:20", DISPUTE, Do(said=_said("h02", "relations"), event="accept", facts={"handling": "complex"})),
        ("09-24 10:40", DISPUTE, Decide(said=_said("h01", "director"), decision="report_up", answer=False, reason="未达到上报情形")),
        (
            "09-24 11:00",
            DISPUTE,
            Do(
                said=_said("h03", "medical"),
                event="seal",
                present=("patient_side",),
                elements={"items": "病历一册、引流瓶一个", "seal_numbers": "F-0917、F-0918"},
            ),
        ),
        ("09-24 11:10", DISPUTE, Do(said=_said("h03", "medical"), event="assign_custodian", elements={"custodian_name": "沈一帆"})),
        (
            "09-28 09:00",
            DISPUTE,
            Revise(said=_said("h01", "director"), facts={"handling": "cross_department"}, reason="涉及普外科与麻醉科,需共同研究"),
        ),
        # Found on paper and entered four days later: the explanation of 09-25, confirmed by the patient side.
        ("09-29 15:00", DISPUTE, Record(said=_said("h02", "relations", "09-25 14:00"), event="explain")),
        ("09-29 15:10", DISPUTE, _confirm("patient_side", "09-25 14:00", DISPUTE, "explain")),
        ("10-01 23:55", INCIDENT, opening_incident),
        # 00:34 is 42 minutes after the place knew, 12 more than the unit allows.
        (
            "10-02 00:34",
            INCIDENT,
            Do(said=_said("t10", "scene_head"), event="telephone_report", elements={k: _FULL[k] for k in ("time", "place", "nature")}),
        ),
        (
            "10-02 00:40",
            INCIDENT,
            Do(said=_said("t10", "scene_head"), event="handle", elements={"measures": "劝离围观群众,留代表谈"}),
        ),
        (
            "10-02 00:45",
            INCIDENT,
            Decide(said=_said("t10", "scene_head"), decision="skip_level", answer=False, reason="镇里已接报,不必越级"),
        ),
        ("10-02 01:20", INCIDENT, Do(said=_said("t10", "scene_head"), event="written_report", elements=_FULL)),
        ("10-02 01:30", INCIDENT, _receipt("t04", "party_committee", INCIDENT, "written_report")),
        ("10-02 01:32", INCIDENT, _receipt("t05", "government", INCIDENT, "written_report")),
        ("10-02 01:40", INCIDENT, Do(said=_said("t10", "scene_head"), event="lateral_notice")),
        ("10-02 02:00", INCIDENT, Do(said=_said("t07", "town_office"), event="classify")),
        ("10-02 02:10", INCIDENT, Do(said=_said("t07", "town_office"), event="activate")),
        ("10-02 02:15", INCIDENT, Do(said=_said("t15", "command_mass"), event="take_command_mass")),
        (
            "10-02 02:20",
            INCIDENT,
            Do(
                said=_said("t05", "command"),
                event="appoint",
                elements={"commander_name": "专项指挥员", "powers": "现场调度镇直各部门"},
            ),
        ),
        (
            "10-02 03:00",
            INCIDENT,
            Revise(said=_said("t07", "town_office"), facts={"grade": "larger", "people": "至少120"}, reason="聚集人数增加"),
        ),
        ("10-02 03:05", INCIDENT, Do(said=_said("t07", "town_office"), event="escalate")),
        (
            "10-02 03:10",
            INCIDENT,
            Do(said=_said("t07", "town_office"), event="telephone_district", elements={k: _FULL[k] for k in ("time", "place", "nature")}),
        ),
        (
            "10-02 03:40",
            INCIDENT,
            Do(
                said=_said("t07", "town_office"),
                event="report_district",
                second=Actor("government", person="t05"),
                elements={k: _FULL[k] for k in ("time", "place", "nature", "scope", "measures")},
            ),
        ),
        ("10-02 03:45", INCIDENT, _receipt("t01", "district_office", INCIDENT, "report_district")),
        ("10-02 03:50", INCIDENT, Do(said=_said("t08", "commander"), event="arrive")),
        (
            "10-02 07:40",
            INCIDENT,
            Do(said=_said("t10", "scene_head"), event="follow_up", elements={"trend": "部分群众离开", "measures": "对话中"}),
        ),
        # Nothing is reported for 17:00.
        (
            "10-03 07:50",
            INCIDENT,
            Do(said=_said("t10", "scene_head"), event="follow_up", elements={"trend": "已散去", "measures": "逐户走访"}),
        ),
        (
            "10-03 10:00",
            INCIDENT,
            Do(
                said=_said("t09", "spokesperson"),
                event="release",
                second=Actor("government", person="t05"),
                elements={"text": "事件已妥善处置"},
            ),
        ),
        ("10-03 16:00", INCIDENT, Do(said=_said("t08", "commander"), event="under_control")),
        # The register of the holiday, entered on the second working day.
        ("10-09 08:30", PAPER, opening_paper),
        ("10-09 08:32", PAPER, Record(said=_paper("h09", "staff", "10-03 10:15"), event="report_head")),
        ("10-09 08:34", PAPER, Record(said=_paper("h02", "relations", "10-03 10:30"), event="accept")),
        (
            "10-09 08:36",
            PAPER,
            Record(
                said=_paper("h02", "relations", "10-07 16:00"),
                event="answered",
                elements={"result": "多收一项检查费", "opinion": "退费并致歉"},
            ),
        ),
        (
            "10-10 09:00",
            INCIDENT,
            Extend(
                said=_said("t06", "town_office"), row="final_report/government#1", step="ask", by="3 working days", reason="等待补偿方案"
            ),
        ),
        ("10-10 15:00", INCIDENT, Extend(said=_said("t05", "government"), row="final_report/government#1", step="grant", reason="同意")),
        (
            "10-12 10:00",
            INCIDENT,
            Do(
                said=_said("t06", "town_office"),
                event="final_report",
                to=("party_committee",),
                elements={k: "见终报" for k in ("course", "consequences", "measures", "lessons")},
            ),
        ),
        (
            "10-12 10:10",
            INCIDENT,
            Do(
                said=_said("t06", "town_office"),
                event="final_district",
                second=Actor("government", person="t05"),
                elements={k: "见终报" for k in ("course", "consequences", "measures", "lessons")},
            ),
        ),
        (
            "10-13 09:00",
            DISPUTE,
            Do(
                said=_said("h02", "relations"),
                event="conclude_inquiry",
                elements={"cause": "术后观察间隔过长", "consequences": "延长住院约一周", "responsibility": "次要责任"},
            ),
        ),
        (
            "10-13 09:30",
            DISPUTE,
            Decide(said=_said("h01", "director"), decision="written_report", answer=False, reason="事实清楚,无需另写"),
        ),
        (
            "10-14 16:00",
            DISPUTE,
            Do(said=_said("h02", "relations"), event="answered", elements={"result": "存在观察不及时", "opinion": "减免费用并致歉"}),
        ),
        (
            "10-14 17:00",
            INCIDENT,
            Do(
                said=_said("t06", "town_office"),
                event="final_report",
                to=("government",),
                elements={k: "见终报" for k in ("course", "consequences", "measures", "lessons")},
            ),
        ),
        ("10-15 09:00", DISPUTE, Do(said=_said("h02", "relations"), event="close")),
    ]
    for when, case, step in steps:
        scene = _at(when)
        while (wakes := engine.next_waking()) is not None and wakes <= scene:
            clock.set(max(wakes, clock.now()))
            engine.tick()
        clock.set(scene)
        engine.tick()
        command = step(engine) if callable(step) else step
        if isinstance(command, Open):
            engine.open_case(SCENES[case], command, case=case)
        else:
            engine.do(case, command)
