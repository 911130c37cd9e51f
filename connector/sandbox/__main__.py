"""`python -m connector.sandbox --dialect D --port N --config FILE`: one JSON line with base_url when ready."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading
from pathlib import Path

from connector.sandbox.dialects import DIALECTS, read_config
from connector.sandbox.pipedrive.config import PipedriveConfig
from connector.sandbox.server import run_in_thread


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit code: 2 for a wrong configuration."""
    parser = argparse.ArgumentParser(prog="python -m connector.sandbox", description=__doc__)
    parser.add_argument(
        "--dialect", choices=DIALECTS, help="the CRM it plays (default: hubspot, or as the file says)"
    )
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--config", type=Path, help="JSON file, keys as in docs/sandbox.md")
    chosen = parser.parse_args(arguments)
    try:
        config = read_config(json.loads(chosen.config.read_text()) if chosen.config else {}, chosen.dialect)
    except (OSError, ValueError, TypeError) as problem:
        sys.stderr.write(f"sandbox: {chosen.config}: {problem}\n")
        return 2
    if chosen.port is not None:
        config = dataclasses.replace(config, port=chosen.port)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with run_in_thread(config) as handle:
        ready: dict[str, object] = {
            "base_url": handle.base_url,
            "control_token": config.control_token,
            "client_id": config.app.client_id,
        }
        if isinstance(config, PipedriveConfig):
            ready["companies"] = [company.company_id for company in config.companies]
        else:
            ready["portals"] = [portal.portal_id for portal in config.portals]
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopping.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
