"""Mail servers for tests: a real one (aiosmtpd), with and without TLS, and one that does at each step what it is told to."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Authority:
    """A certificate authority made for one test, and a server certificate of it."""

    ca: Path
    context: ssl.SSLContext

    @classmethod
    def new(cls, folder: Path, *names: str) -> Authority:
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return cls(folder / "ca.pem", context)


@dataclass
class Mailbox:
    """A real server, and what came in."""

    tls: str = "none"
    authority: Authority | None = None
    user: str = ""
    password: str = ""
    received: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Mailbox:
        context = self.authority.context if self.authority is not None else None
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": 10_000_000}
        if self.tls == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if self.user:
            options |= {"authenticator": self._login, "auth_required": True, "auth_require_tls": self.tls == "starttls"}
        over = context if self.tls == "tls" else None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options |= {"ssl_context": over, "server_hostname": "mail.example.org"}
        self._controller = Controller(self, hostname="127.0.0.1", port=port, **options)
        self._controller.start()
        self.port = port
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (self.user, self.password)
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        self.raw.append(raw)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.envelopes.append((str(envelope.mail_from), [str(r) for r in envelope.rcpt_tos]))
        return f"250 2.0.0 Ok: queued as 4X{len(self.raw):06d}"

    def texts(self) -> list[str]:
        return [f"{m['Subject']}\n{m.get_content()}" for m in self.received]


class Scripted:
    """A server that speaks SMTP until a step for which something else is said: an answer, ``hang``, ``close`` or ``drip``.

    Steps are ``greeting``, ``EHLO``, ``HELO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA`` and ``text`` (after the final dot).
    """

    def __init__(self, steps: Mapping[str, str]) -> None:
        self._steps = steps
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.texts = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, suppress(OSError):
                self._speak(line)

    def _speak(self, line: socket.socket) -> None:
        if not self._say(line, "greeting", "220 mail.example.org ESMTP"):
            return
        answers = {"EHLO": "250-mail.example.org\r\n250 8BITMIME", "DATA": "354 go on", "QUIT": "221 bye"}
        with line.makefile("rb") as lines:
            for raw in lines:
                verb = raw.split()[0].decode().upper() if raw.split() else ""
                if not self._say(line, verb, answers.get(verb, "250 ok")):
                    return
                if verb == "DATA" and self._steps.get("DATA", "354").startswith("354"):
                    for text in lines:
                        if text == b".\r\n":
                            break
                    self.texts += 1
                    if not self._say(line, "text", "250 2.0.0 Ok: queued as 1A2B3C"):
                        return

    def _say(self, line: socket.socket, step: str, usual: str) -> bool:
        what = self._steps.get(step, usual)
        if what == "hang":
            self._over.wait()
        elif what == "drip":
            while not self._over.wait(0.05):
                line.sendall(b"2")
        elif what != "close":
            line.sendall(what.encode("utf-8", "surrogateescape") + b"\r\n")
            return True
        return False
