"""Takes two complaints, answers one, and shows what is due."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from examples.host.desk import Desk
from workflow import Engine


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        with Engine.open(f"sqlite:///{path}") as engine:
            database = create_engine(f"sqlite:///{path}")
            desk = Desk(database, engine)
            first = desk.take("内科", "收费有误", "患者")
            desk.take("外科", "等候过久", "家属")
            desk.answer(first, "已核查", "退还多收的费用")
            for instant, case, duty in desk.due():
                print(f"{instant:%Y-%m-%d %H:%M} UTC  {case}  {duty}")
            database.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
