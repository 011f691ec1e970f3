"""The fixed words of the interface: outcomes, reasons, deviations, kinds of acts, in both languages."""

from __future__ import annotations

from workflow import act as kinds
from workflow.deviation import CODES
from workflow.obligation.row import Outcome, Row
from workflow.text import Text

OUTCOMES = {
    Outcome.MET: Text("按时", "met"),
    Outcome.MET_LATE: Text("迟延", "met late"),
    Outcome.MISSED: Text("未完成", "missed"),
    Outcome.NOT_DUE: Text("未到期", "not due"),
    Outcome.DISCHARGED: Text("已解除", "discharged"),
    Outcome.WAIVED: Text("已免除", "waived"),
    Outcome.UNDETERMINABLE: Text("无法判定", "undeterminable"),
}

REASONS = {
    "": Text("", ""),
    "not_started": Text("尚未起算", "not started"),
    "no_number": Text("无数字期限", "no number is set"),
    "no_term": Text("没有适用的期限", "no term applies"),
    "no_start": Text("没有起算事实", "nothing shows when it started"),
    "early": Text("早于起算", "before it started"),
    "contradiction": Text("时间矛盾", "the times contradict each other"),
    "own_word": Text("仅本人陈述", "the author's own word only"),
    "receipt": Text("收到时间不明", "the time of receipt is not shown"),
    "knew": Text("疑似漏报,待认定:知悉时间不明", "suspected missing, to be determined: when it was known is not shown"),
    "granularity": Text("时间精度不足", "the times are not fine enough"),
    "calendar": Text("节假日安排未公布", "the holiday notice is not published"),
    "extension_pending": Text("延期待批", "an extension is pending"),
    "already_past": Text("产生时已过期限,不计迟延", "already past when it arose, and not late"),
    "ended": Text("案件结束时仍未履行", "still owed when the case ended"),
}

DOUBTS = {
    "knew": Text("知悉时间待核", "when it was known is open"),
    "receipt": Text("收到时间待核", "when it was received is open"),
}
"""Why the start of a clock is not certain."""

BESIDE = {
    "later_discharged": Text("事后解除", "later discharged"),
    "later_waived": Text("事后免除", "later waived"),
    "deemed_receipt": Text("视为收到", "deemed received"),
}

DEVIATIONS = {code: found.text for code, found in CODES.items()}

VERDICTS = {
    "conforms": Text("符合", "conforms"),
    "deviates": Text("有偏差", "deviates"),
    "undeterminable": Text("无法判定", "undeterminable"),
    "unverifiable": Text("记录受损,不可核验", "unverifiable"),
}
"""What an audit says of a case."""

AUTHORITY = {
    "unset": Text("指挥权限未规定", "powers of command not set"),
    "within": Text("", ""),
    "undetermined": Text("指挥权限待定(类别或等级待核)", "powers of command undetermined (class or grade not known yet)"),
    "beyond": Text("", ""),
    "countersigned": Text("由有权者会签", "signed by somebody who has the power"),
}
"""What is said beside an act that takes a power of command; being beyond it is a deviation."""

ATTRIBUTION = {
    "said": Text("立案时写明", "as said when it was opened"),
    "place": Text("属地:按地点", "by its place"),
    "post": Text("谁主管谁负责:按立案岗位", "by the post of whoever opened it"),
    "nobody": Text("未归属", "of no unit"),
}
"""By which rule a case is of its unit (属地管理、谁主管谁负责)."""

KINDS = {
    kinds.OPENED: Text("立案", "opened"),
    kinds.ACTED: Text("办理", "act"),
    kinds.CLOCKED: Text("时钟", "clock"),
    kinds.REVISED: Text("修改事实", "facts revised"),
    kinds.DECIDED: Text("决定", "decision"),
    kinds.CORRECTED: Text("更正", "correction"),
    kinds.RECEIVED: Text("签收", "receipt"),
    kinds.CONFIRMED: Text("确认", "confirmation"),
    kinds.NOTED: Text("备注", "note"),
    kinds.WAIVED: Text("免除", "waiver"),
    kinds.ASKED: Text("申请延期", "extension asked"),
    kinds.GRANTED: Text("同意延期", "extension granted"),
    kinds.DENIED: Text("不同意延期", "extension refused"),
    kinds.VOIDED: Text("误立", "void"),
    kinds.JOINED: Text("并案", "joined"),
    kinds.SEPARATED: Text("取消并案", "separated"),
    kinds.WITHDRAWN: Text("撤回", "withdrawn"),
    kinds.REOPENED: Text("重新立案", "reopened"),
    kinds.LINKED: Text("关联", "linked"),
    kinds.DISMISSED: Text("线索不予立案", "lead dismissed"),
    kinds.FLAGGED: Text("标记", "flag"),
    kinds.UNFLAGGED: Text("撤销标记", "flag withdrawn"),
    kinds.NOTIFIED: Text("通知", "notice"),
    kinds.ACKNOWLEDGED: Text("通知回执", "notice acknowledged"),
    kinds.REFUSED: Text("拒绝", "refused"),
    kinds.HELD: Text("保留", "hold"),
    kinds.RELEASED: Text("解除保留", "hold released"),
    kinds.ERASED: Text("销毁个人信息", "erasure"),
    kinds.RECALENDARED: Text("日历更新", "calendar revised"),
    kinds.MIGRATED: Text("转入新版本", "moved to a new version"),
}

FLAGS = {
    "late": Text("迟报", "late"),
    "missing": Text("漏报(疑似,待认定)", "missing (suspected, to be determined)"),
    "tier": Text("提醒", "reminder"),
    "moved": Text("期限变动", "date moved"),
    "withdrawn": Text("标记撤销", "flag withdrawn"),
}
STAGES = {
    "waiting": Text("待发", "waits to be sent"),
    "notified": Text("已发出", "notified"),
    "dead": Text("未能发出", "could not be sent"),
    "delivered": Text("已送达", "delivered"),
    "received": Text("已签收", "received"),
    "accepted": Text("已接受", "accepted"),
}
"""How far a notice came: notified, delivered, received, accepted are four things, none of which follows from another."""
GRADES = {
    "system": Text("系统时间", "system time"),
    "counterpart": Text("他方或文件证明", "shown by the other side or a document"),
    "own": Text("本人陈述", "own word"),
    "stated": Text("记录所述", "as the log states"),
}
"""How sure an instant is (S1.3)."""


def beside(row: Row) -> Text:
    """What stands beside an outcome; empty when nothing does."""
    parts_zh, parts_en = [], []
    if row.reason:
        parts_zh.append(REASONS[row.reason].zh)
        parts_en.append(REASONS[row.reason].en)
    for word in row.beside:
        parts_zh.append(BESIDE[word].zh)
        parts_en.append(BESIDE[word].en)
    if row.blank:
        parts_zh.append(f"空缺要素:{'、'.join(row.blank)}")
        parts_en.append(f"blank: {', '.join(row.blank)}")
    return Text(";".join(parts_zh), "; ".join(parts_en))
