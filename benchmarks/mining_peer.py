"""The peers of the benchmark ``conformance``, run by the interpreter of another environment: they are never installed beside duban.

``PYTHON mining_peer.py LOG.parquet`` reads the log, says that it is ready, and then does what each line of its standard input names:
``token_replay``, ``temporal_profile``, ``declare``. For each it writes a line of JSON: seconds and what was found.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

RULES = {
    "send": ("Create Fine", "Send Fine", 90),
    "penalty": ("Insert Fine Notification", "Add penalty", 60),
    "collect": ("Add penalty", "Send for Credit Collection", 730),
    "forward": ("Insert Date Appeal to Prefecture", "Send Appeal to Prefecture", 60),
}
"""Name: what must be answered, by what, within how many days of 24 hours."""


def main() -> None:
    warnings.filterwarnings("ignore")
    import pandas
    import pm4py
    from Declare4Py.D4PyEventLog import D4PyEventLog
    from Declare4Py.ProcessMiningTasks.ConformanceChecking.MPDeclareAnalyzer import MPDeclareAnalyzer
    from Declare4Py.ProcessModels.DeclareModel import DeclareModel

    frame = pandas.read_parquet(sys.argv[1], columns=["case:concept:name", "concept:name", "time:timestamp"])
    frame = frame.astype({"case:concept:name": str, "concept:name": str})
    net = pm4py.discover_petri_net_inductive(frame)
    profile = pm4py.discover_temporal_profile(frame)
    log = pm4py.convert_to_event_log(frame)
    log._properties["pm4py:param:timestamp_key"] = "time:timestamp"  # declare4py asks for what this pm4py does not set
    log._properties["pm4py:param:activity_key"] = "concept:name"
    names = sorted({name for first, second, _ in RULES.values() for name in (first, second)})
    lines = [f"activity {name}" for name in names]
    lines += [f"Response[{first}, {second}] | | |0,{days * 86400},s" for first, second, days in RULES.values()]
    model = DeclareModel().parse_from_string("\n".join(lines))
    checked = D4PyEventLog(log=log)

    def token_replay() -> dict[str, int]:
        found = pm4py.conformance_diagnostics_token_based_replay(frame, *net)
        return {"cases": len(found)}

    def temporal_profile() -> dict[str, int]:
        found = pm4py.conformance_temporal_profile(frame, profile, zeta=6)
        return {"cases": len(found)}

    def declare() -> dict[str, int]:
        found = MPDeclareAnalyzer(checked, model, True).run().get_metric(metric="num_violations")
        return {name: int(found.iloc[:, n].fillna(0).sum()) for n, name in enumerate(RULES)}

    peers = {"token_replay": token_replay, "temporal_profile": temporal_profile, "declare": declare}
    versions = {name: version(name) for name in ("pm4py", "declare4py", "pandas")}
    print(json.dumps({"events": len(frame), "versions": versions, "python": sys.version.split()[0]}), flush=True)
    out, sys.stdout = sys.stdout, sys.stderr  # the libraries print too
    for line in sys.stdin:
        begin = time.perf_counter()
        found = peers[line.strip()]()
        print(json.dumps({"seconds": time.perf_counter() - begin, "found": found}), file=out, flush=True)


if __name__ == "__main__":
    main()
