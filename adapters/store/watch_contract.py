"""The whole contract of a store, with the part that a daemon rests on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.contract import T0, Boom, StoreContract, due, entry, row
from workflow.errors import StaleVersion, StoreUnavailable
from workflow.outbox import Claim, Figures, Message, Parked
from workflow.ports import Store

MINUTE = timedelta(minutes=1)


def claim(tier: str = "missing", case: str = "a", revision: int = 1) -> Claim:
    return Claim(case, "feedback", revision, tier, 3, T0, T0 + MINUTE)


def message(recipient: str = "p1", channel: str = "mail", case: str = "a", tier: str = "missing", at: timedelta = timedelta(0)) -> Message:
    return Message(case, "feedback", 1, tier, recipient, channel, "office", 3, T0, True, next_at=T0 + at)


class WatchContract(StoreContract):
    """``make`` and ``reopen`` are said as for :class:`~adapters.store.contract.StoreContract`, whose tests are run too."""

    # how much there is -----------------------------------------------------------------------------------------------------------

    def test_figures_count_what_is_open_late_and_waiting(self, store: Store) -> None:
        with store.read() as view:
            assert view.figures(T0) == Figures(0, 0, 0, None, None)
        with store.write() as unit:
            unit.append([(entry("a", 1), None), (entry("b", 1), None)])
            unit.put_case(row("a"))
            unit.put_dues(
                "a", [due("a", "x", T0 - MINUTE), due("a", "y", T0), due("a", "z", None), due("a", "done", T0 - MINUTE * 9, is_open=False)]
            )
            unit.put_messages([message("p1"), message("p2")._replace(created=T0 - MINUTE), message("p3")._replace(created=T0 - 9 * MINUTE)])
            taken = unit.take_messages(T0, "me", T0 + MINUTE, 3, "mail")
            third = next(m for m in taken if m.recipient == "p3")
            unit.settle_message(third._replace(state="sent", next_at=None))
            assert unit.figures(T0) == Figures(2, 3, 1, T0 - MINUTE, T0 - MINUTE)
        with store.read() as view:
            assert view.figures(T0) == Figures(2, 3, 1, T0 - MINUTE, T0 - MINUTE)
            assert view.figures(T0 + MINUTE).overdue == 2

    # what is to be swept ----------------------------------------------------------------------------------------------------------

    def test_a_sweep_claims_the_earliest_and_no_more_than_asked(self, store: Store) -> None:
        with store.write() as unit:
            for case, at in (("c", T0), ("a", T0), ("b", T0 - MINUTE), ("later", T0 + MINUTE)):
                unit.put_case(row(case, next_at=at))
            assert [r.id for r in unit.claim(T0, 10)] == ["b", "a", "c"]
            assert [r.id for r in unit.claim(T0, 2)] == ["b", "a"]

    def test_a_parked_case_is_not_claimed_before_its_time(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_case(row("a", next_at=T0))
            unit.put_case(row("b", next_at=T0))
            unit.park(Parked("a", 1, T0, T0 + MINUTE, "internal", "it broke"))
        with store.write() as unit:
            assert [r.id for r in unit.claim(T0, 10)] == ["b"]
            assert [r.id for r in unit.claim(T0 + MINUTE, 10)] == ["a", "b"]
            unit.unpark("a")
            assert [r.id for r in unit.claim(T0, 10)] == ["a", "b"]
        with store.read() as view:
            assert list(view.parked()) == []

    def test_the_next_waking_leaves_out_what_is_parked_until_it_may_be_tried(self, store: Store) -> None:
        with store.read() as view:
            assert view.next_waking() is None
        with store.write() as unit:
            unit.put_case(row("a", next_at=T0))
            unit.put_case(row("b", next_at=T0 + 9 * MINUTE))
            unit.put_case(row("never", next_at=None))
            assert unit.next_waking() == T0
            unit.park(Parked("a", 1, T0, T0 + 3 * MINUTE, "internal", "it broke"))
            assert unit.next_waking() == T0 + 3 * MINUTE
            unit.park(Parked("a", 2, T0, T0 + 20 * MINUTE, "internal", "it broke"))
        with store.read() as view:
            assert view.next_waking() == T0 + 9 * MINUTE
        with store.write() as unit:
            unit.put_case(row("a", next_at=T0 + 30 * MINUTE))  # a command changed it meanwhile
            unit.put_case(row("b", next_at=None))
        with store.read() as view:
            assert view.next_waking() == T0 + 30 * MINUTE

    def test_parking_again_replaces_what_was_said(self, store: Store) -> None:
        last = Parked("a", 2, T0, T0 + 2 * MINUTE, "internal", "坏了 'x'")
        with store.write() as unit:
            unit.park(Parked("a", 1, T0, T0 + MINUTE, "internal", "it broke"))
            unit.park(last)
        with store.read() as view:
            assert list(view.parked()) == [last]

    # claims -----------------------------------------------------------------------------------------------------------------------

    def test_cases_of_which_something_was_said_later_than_an_instant_are_known(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_claims([claim(), claim("tier 0"), claim(case="b"), replace(claim(case="c"), said=T0)])
            assert list(unit.said_after(T0)) == ["a", "b"]
        with store.read() as view:
            assert list(view.said_after(T0 - MINUTE)) == ["a", "b", "c"]
            assert list(view.said_after(T0 + MINUTE)) == []

    def test_messages_that_would_wait_too_long_may_be_taken_now_but_for_those_of_the_quiet_hours(self, store: Store) -> None:
        day = 24 * 60 * MINUTE
        calm = message("calm", at=day)._replace(urgent=False)
        with store.write() as unit:
            unit.put_messages([message("soon", at=MINUTE), message("urgent", at=day), calm, message("leased", "sms")])
            unit.put_messages([calm._replace(recipient="ahead", created=T0 + day)])
            unit.take_messages(T0 + day, "me", T0 + day + MINUTE, 9, "sms")
            unit.hasten(T0, T0 + 60 * MINUTE)
            assert {m.recipient for m in unit.messages() if m.next_at == T0} == {"urgent", "leased", "ahead"}
            (again,) = unit.take_messages(T0, "other", T0 + MINUTE, 9, "sms")
            assert again.doubtful

    def test_what_was_said_of_a_row_is_claimed_once(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_claims([claim(), claim("tier 0"), claim(revision=2)])
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_claims([claim("tier 1")])
            unit.put_claims([claim()])
        with store.read() as view:
            assert list(view.claims("a")) == [claim(), claim("tier 0"), claim(revision=2)]
            assert list(view.claims("b")) == []

    # the outbox -------------------------------------------------------------------------------------------------------------------

    def test_messages_are_kept_once_by_their_key(self, store: Store) -> None:
        given = [message(), message("p2"), message(channel="sms"), message(tier="tier 0"), message("", "console", case="案")]
        with store.write() as unit:
            unit.put_messages(given)
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_messages([message("p3")])
            unit.put_messages([message()])
        with store.read() as view:
            found = view.messages()
            assert [m._replace(id=0) for m in found] == given
            assert [m.id for m in found] == sorted({m.id for m in found})
            assert [m.case for m in view.messages(case="案")] == ["案"]
            assert len(view.messages(("pending",))) == 5
            assert len(view.messages(limit=2)) == 2
            assert list(view.messages(("sent", "dead"))) == []
            assert list(view.message_counts()) == [("console", "pending", 1), ("mail", "pending", 3), ("sms", "pending", 1)]

    def test_messages_are_taken_in_order_by_channel_and_not_before_their_time(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_messages([message("late", at=MINUTE), message("p1"), message("p2"), message("other", "sms")])
            assert unit.next_message("mail") == T0
            assert unit.next_message("robot") is None
            assert list(unit.take_messages(T0 - MINUTE, "me", T0, 10, "mail")) == []
            taken = unit.take_messages(T0, "me", T0 + 5 * MINUTE, 1, "mail")
            assert [(m.recipient, m.state, m.attempts, m.token, m.holder) for m in taken] == [("p1", "sending", 1, 1, "me")]
            assert [m.recipient for m in unit.take_messages(T0 + MINUTE, "me", T0 + 5 * MINUTE, 10, "mail")] == ["p2", "late"]
            assert list(unit.take_messages(T0 + MINUTE, "me", T0 + 5 * MINUTE, 10, "mail")) == []

    def test_a_lease_that_ran_out_is_taken_again_and_is_doubtful(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_messages([message()])
        with store.write() as unit:
            (first,) = unit.take_messages(T0, "one", T0 + MINUTE, 10, "mail")
        with store.write() as unit:
            (second,) = unit.take_messages(T0 + MINUTE, "two", T0 + 2 * MINUTE, 10, "mail")
            assert (second.doubtful, second.token, second.attempts) == (True, 2, 2)
        with store.write() as unit:
            assert unit.settle_message(first._replace(state="sent", next_at=None)) is False, "its token is an old one"
            assert unit.settle_message(second._replace(state="sent", next_at=None, provider="x1", said="ok")) is True
            assert unit.settle_message(second._replace(state="dead", next_at=None)) is False, "it was settled"
        with store.read() as view:
            (found,) = view.messages()
            assert (found.state, found.provider, found.said, found.doubtful) == ("sent", "x1", "ok", True)
            assert view.next_message("mail") is None

    def test_a_message_that_is_put_off_comes_again(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_messages([message()])
            (taken,) = unit.take_messages(T0, "me", T0 + MINUTE, 10, "mail")
            assert unit.settle_message(taken._replace(state="pending", next_at=T0 + 9 * MINUTE, said="450 busy"))
        with store.write() as unit:
            assert unit.next_message("mail") == T0 + 9 * MINUTE
            (again,) = unit.take_messages(T0 + 9 * MINUTE, "me", T0 + 10 * MINUTE, 10, "mail")
            assert (again.attempts, again.doubtful) == (2, False)
            assert unit.settle_message(again._replace(state="pending", next_at=T0 + 9 * MINUTE, attempts=1))
        with store.read() as view:
            assert view.messages()[0].attempts == 1

    def test_a_dead_message_can_be_sent_again(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_messages([message()])
            (taken,) = unit.take_messages(T0, "me", T0 + MINUTE, 10, "mail")
            assert unit.revive_message(taken.id, T0) is False, "it is on its way"
            unit.settle_message(taken._replace(state="dead", next_at=None, said="550"))
        with store.write() as unit:
            assert unit.revive_message(taken.id, T0 + MINUTE) is True
            assert unit.revive_message(taken.id, T0 + MINUTE) is False
            assert unit.revive_message(99, T0) is False
            (again,) = unit.take_messages(T0 + MINUTE, "me", T0 + 2 * MINUTE, 10, "mail")
            assert (again.attempts, again.token, again.said) == (1, 2, "550")

    def test_of_two_that_take_at_once_each_message_goes_to_one(self, store: Store) -> None:
        with store.write() as unit:
            unit.put_messages([message(f"p{i:02}") for i in range(40)])

        def work(holder: str) -> list[str]:
            mine: list[str] = []
            while True:
                with store.write() as unit:
                    taken = unit.take_messages(T0, holder, T0 + MINUTE, 3, "mail")
                mine.extend(m.recipient for m in taken)
                if not taken:
                    return mine

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(work, ("one", "two"))
        assert sorted(one + two) == [f"p{i:02}" for i in range(40)]

    # marks and leases -------------------------------------------------------------------------------------------------------------

    def test_a_mark_is_replaced_and_is_undone_with_its_unit(self, store: Store) -> None:
        with store.read() as view:
            assert view.mark("swept") == ""
        with store.write() as unit:
            unit.put_mark("swept", "1")
            unit.put_mark("swept", "2")
            assert unit.mark("swept") == "2"
        with pytest.raises(Boom), store.write() as unit:
            unit.put_mark("swept", "3")
            raise Boom
        with store.read() as view:
            assert view.mark("swept") == "2"

    def test_a_lease_has_one_holder_and_a_token_that_grows(self, store: Store) -> None:
        with store.write() as unit:
            assert unit.lease("daemon") is None
            first = unit.take_lease("daemon", "one", T0, T0 + MINUTE)
            assert first is not None and first.token == 1
            assert unit.take_lease("daemon", "two", T0, T0 + MINUTE) is None
            longer = unit.take_lease("daemon", "one", T0, T0 + 2 * MINUTE)
            assert longer is not None and (longer.token, longer.until) == (1, T0 + 2 * MINUTE)
            assert unit.take_lease("daemon", "two", T0 + MINUTE, T0 + 3 * MINUTE) is None
            taken = unit.take_lease("daemon", "two", T0 + 2 * MINUTE, T0 + 3 * MINUTE)
            assert taken is not None and taken.token == 2
            assert unit.take_lease("other", "one", T0, T0 + MINUTE) is not None
        with store.read() as view:
            assert view.lease("daemon") == taken

    def test_a_lease_that_was_given_up_is_free_at_once_and_its_token_still_grows(self, store: Store) -> None:
        with store.write() as unit:
            unit.take_lease("daemon", "one", T0, T0 + MINUTE)
            unit.drop_lease("daemon", "two")
            assert unit.lease("daemon") is not None
            unit.drop_lease("daemon", "one")
            assert unit.lease("daemon") is None
            taken = unit.take_lease("daemon", "two", T0, T0 + MINUTE)
            assert taken is not None and taken.token == 2

    def test_a_unit_that_is_over_writes_none_of_it(self, store: Store) -> None:
        with store.write() as unit:
            pass
        for late in (
            lambda: unit.put_claims([claim()]),
            lambda: unit.put_messages([message()]),
            lambda: unit.take_messages(T0, "me", T0, 1, "mail"),
            lambda: unit.settle_message(message()),
            lambda: unit.park(Parked("a", 1, T0, T0, "internal", "")),
            lambda: unit.put_mark("m", "1"),
        ):
            with pytest.raises(StoreUnavailable):
                late()

    def test_what_a_daemon_keeps_is_there_after_reopening(self, tmp_path: Path) -> None:
        store = self.make(tmp_path)
        parked = Parked("a", 1, T0, T0 + MINUTE, "internal", "it broke")
        with store.write() as unit:
            unit.put_claims([claim()])
            unit.put_messages([message()])
            unit.park(parked)
            unit.put_mark("swept", "1")
            lease = unit.take_lease("daemon", "one", T0, T0 + MINUTE)
        store.close()
        again = self.reopen(tmp_path)
        try:
            with again.read() as view:
                assert list(view.claims("a")) == [claim()]
                assert [m._replace(id=0) for m in view.messages()] == [message()]
                assert list(view.parked()) == [parked]
                assert (view.mark("swept"), view.lease("daemon")) == ("1", lease)
        finally:
            again.close()
