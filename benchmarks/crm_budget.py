"""How much of what a CRM allows its account is used by several worker processes that share one budget.

    python benchmarks/crm_budget.py [crm ...]

Each CRM's sandbox enforces the limits that its vendor documents. Three processes of two threads call for some windows
as fast as the shared budget lets them. The sandbox's own log says how many calls came and when.
Exits 1 when one was refused with 429, or less than 95 % was used.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from connector.logs import configure_logs
from connector.sandbox.config import Settings as HubSpotSettings
from connector.sandbox.pipedrive.config import PLANS, PipedriveSettings
from connector.storage.migrate import upgrade
from tests.sides import hubspot, pipedrive
from tests.sides.callers import call_together, use_of
from tests.sides.side import Side
from tests.stack import Stack

PROCESSES = 3
WANTED = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is allowed, and for how many windows it is used."""

    limit: int
    window_s: float
    windows: int
    side: Callable[[], Side]


def _hubspot() -> Trial:
    real = HubSpotSettings()
    settings = replace(hubspot.FAST, rate_limit=real.rate_limit, rate_window_s=real.rate_window_s)
    return Trial(
        limit=real.rate_limit, window_s=real.rate_window_s, windows=3, side=lambda: hubspot.HubSpotSide(settings)
    )


def _pipedrive() -> Trial:
    _, calls = PLANS["lite"]
    window_s = PipedriveSettings().burst_window_s
    settings = replace(pipedrive.FAST, burst_limit=calls, burst_window_s=window_s)
    return Trial(
        limit=calls,
        window_s=window_s,
        windows=15,
        side=lambda: pipedrive.PipedriveSide(settings),
    )


TRIALS: dict[str, Callable[[], Trial]] = {"hubspot": _hubspot, "pipedrive": _pipedrive}


def run(crm: str) -> bool:
    """One trial. Returns whether it is good."""
    trial = TRIALS[crm]()
    with tempfile.TemporaryDirectory() as folder:
        database, inbox = f"sqlite:///{folder}/leadassay.sqlite", f"sqlite:///{folder}/inbox.sqlite"
        upgrade(database, inbox)
        env = {"LEADASSAY_CRM_CALLS_PER_10S": ""}
        with Stack(Path(folder), database, inbox, env=env, side=trial.side()) as stack:
            install = stack.install()
            # The calls of the consent are no worker's, and the limits begin anew.
            time.sleep(trial.window_s)
            stack.side.forget_calls()
            call_together(stack.env, install.install_id, trial.window_s * trial.windows, PROCESSES)
            calls = [call for call in stack.side.calls() if not call.is_oauth]
    use = use_of(calls, trial.limit, trial.window_s)
    print(
        f"{crm:10} {trial.limit} calls in {trial.window_s:g} s allowed, {trial.windows} windows, "
        f"{PROCESSES} processes: {use.made} calls, {use.refused} refused, {use.share:.1%} used"
    )
    return use.refused == 0 and use.share >= WANTED


def main() -> None:
    configure_logs("WARNING")
    wanted = sys.argv[1:] or list(TRIALS)
    good = [run(crm) for crm in wanted]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
