"""E-mail over SMTP: one connection a letter, TLS checked against the authorities of the machine or one's own."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate, getaddresses, parseaddr
from ipaddress import ip_address
from typing import Literal

from pydantic import Field, field_validator

from adapters.config.model import wrong
from adapters.notify.deadline import Overdue, Point, within
from adapters.notify.kind import Given, Kind, Options
from adapters.notify.wording import plain, single
from workflow.letter import Accepted, Letter, Rejected, Result, Unknown
from workflow.text import Text

PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]@\x00-\x1f\x7f]{1,64}@[^\s<>(),;:\"\[\]@\x00-\x1f\x7f]{1,255}")
_QUEUED = re.compile(r"(?:queued as|id=|mail-id:?)\s*([\w.@-]{4,80})", re.IGNORECASE)


class Mail(Options):
    host: str = Field(min_length=1, description="the mail server")
    port: int = Field(default=0, ge=0, le=65_535, description="0: 587 for starttls, 465 for tls, 25 for none")
    tls: Literal["starttls", "tls", "none"] = Field(default="starttls", description="starttls and tls refuse a server that has none")
    ca: str = Field(default="", description="file with the authority behind the certificate of the server; empty: those of the machine")
    user: str = Field(default="", description="name to log in with; empty: no login")
    password_file: str = Field(default="", description="file with the password")
    plain_login: bool = Field(default=False, description="log in although the line is not encrypted (tls = none)")
    sender: str = Field(description="address of the sender, also as Name <address>")
    reply_to: str = Field(default="", description="where answers go")
    hello: str = Field(default="", pattern=r"^[A-Za-z0-9.\[\]:_-]*$", description="name to greet with; empty: the domain of the sender")

    @field_validator("sender", "reply_to")
    @classmethod
    def _addressed(cls, value: str) -> str:
        found = [address for _, address in getaddresses([value])]
        good = len(found) == 1 and _ADDRESS.fullmatch(found[0]) and found[0].rpartition("@")[0].isascii()
        if value and not (good and value.isprintable()):
            raise wrong(Text("应为邮件地址", "must be an e-mail address"))
        return value


@dataclass
class _Attempt:
    """How far one attempt has come."""

    smtp: smtplib.SMTP | None = None
    stage: str = "connect"
    handed_over: Point = field(default_factory=Point)
    """The server has said that it waits for the text, and it is on its way."""

    def abort(self) -> None:
        self.handed_over.give_up()
        line = self.smtp.sock if self.smtp is not None else None
        if line is not None:
            with suppress(OSError):  # whoever reads from it wakes up; to close it here would wait for the reader
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class MailNotifier:
    """The id in ``Message-ID`` is that of the letter, so that a mail server or a reader can tell a duplicate."""

    def __init__(self, options: Mail, password: str, context: ssl.SSLContext) -> None:
        self._options = options
        self._password = password
        self._context = context
        self._name, sender = parseaddr(options.sender)
        local, _, domain = sender.rpartition("@")
        self._domain = _ascii(domain)
        self._sender = f"{local}@{self._domain}"

    def send(self, letter: Letter) -> Result:
        if not _ADDRESS.fullmatch(letter.to):
            return Rejected("bad_address", "not an e-mail address")
        attempt = _Attempt()
        try:
            return within(self._options.timeout, lambda: self._send(letter, attempt), attempt.abort)
        except Overdue as error:
            failed: Exception = error
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error, attempt.stage)
        except (smtplib.SMTPException, OSError) as error:
            failed = error
        said = f"{attempt.stage}: {type(failed).__name__}: {failed}"
        if attempt.handed_over.passed:
            return Unknown(said)
        return Rejected("tls" if isinstance(failed, ssl.SSLError) else "connection", said, permanent=False)

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _send(self, letter: Letter, attempt: _Attempt) -> Result:
        o = self._options
        hello = o.hello or self._domain
        port = o.port or PORTS[o.tls]
        if o.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=o.timeout, local_hostname=hello, context=self._context)
        else:
            smtp = smtplib.SMTP(timeout=o.timeout, local_hostname=hello)
        attempt.smtp = smtp
        smtp._host = o.host  # type: ignore[attr-defined]  # what TLS checks the certificate against; smtplib sets it in its constructor only
        try:
            _check(smtp.connect(o.host, port))
            attempt.stage = "greeting"
            smtp.ehlo_or_helo_if_needed()
            if o.tls == "starttls":
                attempt.stage = "starttls"
                _check(smtp.starttls(context=self._context), {220})
                smtp.ehlo_or_helo_if_needed()
            if o.user:
                attempt.stage = "login"
                _login(smtp, o.user, self._password)
            return self._hand_over(smtp, letter, attempt)
        finally:
            smtp.close()

    def _hand_over(self, smtp: smtplib.SMTP, letter: Letter, attempt: _Attempt) -> Result:
        attempt.stage = "sender"
        to, options = letter.to, []
        if not to.isascii():
            local, _, domain = to.rpartition("@")
            to = f"{local}@{_ascii(domain)}"
            if not local.isascii():
                if not smtp.has_extn("smtputf8"):
                    return Rejected("bad_address", "the server takes no address with such characters")
                options = ["SMTPUTF8"]
        message = self._message(letter, to)
        raw = message.as_bytes(policy=WIRE.clone(utf8=bool(options)))
        if smtp.does_esmtp and smtp.has_extn("size"):
            options.append(f"size={len(raw)}")
        _check(smtp.mail(self._sender, options), {250})
        attempt.stage = "recipient"
        _check(smtp.rcpt(to), {250, 251})
        attempt.stage = "data"
        _check(smtp.docmd("DATA"), {354})
        attempt.handed_over.go_past()
        smtp.send(re.sub(rb"(?m)^\.", b"..", raw) + (b"" if raw.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, said = smtp.getreply()
        if code != 250:
            return _refused(code, said, "data")
        with suppress(smtplib.SMTPException, OSError):  # it has the letter
            smtp.docmd("QUIT")
        queued = _QUEUED.search(said.decode("utf-8", "replace"))
        return Accepted(queued[1] if queued else str(message["Message-ID"]))

    def _message(self, letter: Letter, to: str) -> EmailMessage:
        message = EmailMessage()
        local, _, domain = self._sender.rpartition("@")
        message["From"] = Address(single(self._name), local, domain)
        message["To"] = Address("", *to.rsplit("@", 1))
        # an encoded word would be decoded by the library, with the line ends in it, and make headers of its own
        message["Subject"] = single(letter.subject).replace("=?", "= ?")
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9.-]', '', letter.id)}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["X-Duban-Letter"] = re.sub(r"[^A-Za-z0-9.-]", "", letter.id)
        if letter.doubtful:
            message["X-Duban-Possible-Duplicate"] = "yes"
        if self._options.reply_to:
            message["Reply-To"] = self._options.reply_to
        message.set_content(plain(letter.body) + "\n", charset="utf-8", cte="base64")
        return message


def _check(answer: tuple[int, bytes], wanted: set[int] | frozenset[int] = frozenset({220})) -> None:
    if answer[0] not in wanted:
        if answer[0] == -1:
            raise smtplib.SMTPServerDisconnected("the server said nothing")
        raise smtplib.SMTPResponseException(*answer)


def _login(smtp: smtplib.SMTP, user: str, password: str) -> None:
    if f"{user}{password}".isascii():
        smtp.login(user, password)
    else:  # the library knows ASCII only
        _check(smtp.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode()), {235})


def _refused(code: int, said: bytes | str, stage: str) -> Result:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if not 400 <= code < 600:
        return Unknown(f"{stage}: {code} {text}") if stage == "data" else Rejected(str(code), f"{stage}: {text}", permanent=False)
    return Rejected(str(code), f"{stage}: {text}", permanent=code >= 500)


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _make(options: Mail, given: Given) -> MailNotifier:
    if options.user and options.tls == "none" and not options.plain_login and not _here(options.host):
        raise given.wrong(
            "tls",
            Text("不加密就登录会泄露口令", "to log in on a line that is not encrypted gives the password away"),
            Text('设 tls = "starttls" 或 "tls";确需如此时设 plain_login = true', "set tls to starttls or tls, or plain_login = true"),
        )
    password = given.needed("password") if options.user else ""
    try:
        context = ssl.create_default_context(cafile=options.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise given.wrong("ca", Text(f"不能读取证书:{error}", f"cannot read the certificate: {error}")) from None
    return MailNotifier(options, password, context)


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


EMAIL = Kind("email", Mail, _make, needs="email", secrets=("password",))
