#!/usr/bin/env bash
# Find or install what the tests need beside Python: a PostgreSQL server, Chromium and Pango. Names what it
# could not get: with CI=true that is a failure, otherwise the tests that need it are skipped. The official
# Pipedrive client on Node is a witness that may be missing anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }
has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_driver() { .venv/lib/python3*/site-packages/playwright/driver/node --version >/dev/null 2>&1; }
has_pango() { .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1; }
has_fonts() { command -v fc-list >/dev/null && fc-list 2>/dev/null | grep -q .; }

missing=()
has_postgres || install_debian postgresql || true
has_postgres || missing+=("a PostgreSQL server (Debian package postgresql)")
has_chromium || install_debian chromium || true
has_chromium || missing+=("Chromium (Debian package chromium)")
has_driver || install_debian libatomic1 || true
has_driver || missing+=("what drives Chromium (Debian package libatomic1)")
has_pango || install_debian libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 || true
has_pango || missing+=("what prints reports as PDF (Debian packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)")
has_fonts || install_debian fontconfig fonts-dejavu-core || true
scripts/witness.sh || echo 'The official Pipedrive client is not there (Node, npm or its registry is missing): its test is skipped.' >&2
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'Missing for the tests: %s\n' "${missing[@]}" >&2
    if [ "${CI:-}" = true ]; then
        exit 1
    fi
    echo 'The tests that need it are skipped.' >&2
fi
