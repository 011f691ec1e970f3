"""Any letter becomes a message that any server takes and any reader reads back."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.notify.mail import Mail, MailNotifier
from adapters.notify.wording import plain, single
from workflow.letter import Letter

NOTIFIER = MailNotifier(Mail(kind="email", host="localhost", sender='"督办,值班" <duban@例子.example>'), "", ssl.create_default_context())


ADDRESSES = st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10}){0,2}@[a-z]{1,10}\.[a-z]{2,5}", fullmatch=True)


@given(st.text(max_size=300), st.text(max_size=2000), ADDRESSES)
def test_a_message_is_ascii_on_the_line_and_says_the_same_after_it(subject: str, body: str, to: str) -> None:
    raw = NOTIFIER._message(Letter("0f1e", to, subject, body), to).as_bytes(policy=SMTP)
    assert raw.isascii() and all(len(line) <= 998 for line in raw.split(b"\r\n"))
    back = message_from_bytes(raw, policy=default)
    assert isinstance(back, EmailMessage)
    assert back.get_content().rstrip("\n") == plain(body).rstrip("\n")
    assert (back["To"], back["Message-ID"], back["From"].addresses[0].display_name) == (to, "<0f1e@xn--fsqu00a.example>", "督办,值班")
    assert back["Subject"].split() == single(subject).replace("=?", "= ?").split()


def test_an_encoded_word_in_a_subject_makes_no_header() -> None:
    raw = NOTIFIER._message(Letter("0f1e", "", "=?utf-8?q?a=0d=0aBcc:_x@example.org?=", "x"), "a@example.org").as_bytes(policy=SMTP)
    assert message_from_bytes(raw, policy=default)["Bcc"] is None
    assert b"\nBcc" not in raw


@pytest.mark.parametrize("sender", ["督办 <值班@example.org>", "a@b, c@d", "督办,值班 <a@b.c>", "<>", "a@"])
def test_what_is_no_single_sender_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        Mail(kind="email", host="h", sender=sender)
