#!/usr/bin/env bash
# Make .venv from the lock file. Needs python3 (3.11 or newer); installs Debian's python3-venv, and Pango for reports
# as PDF, where it may.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "python3 of 3.11 or newer is needed; found: $(python3 --version 2>&1)." >&2
    exit 1
}
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    install_debian python3-venv || {
        echo "python3 cannot make virtual environments: install the package python3-venv." >&2
        exit 1
    }
fi
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
if ! .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1; then
    install_debian libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ||
        echo 'Reports cannot be made as PDF here: install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0.' >&2
fi
touch .venv/.ready
