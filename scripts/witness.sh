#!/usr/bin/env bash
# Install the official Pipedrive client, which the tests use as a witness of the sandbox, from its lock file into
# var/witness-pipedrive. Returns 1 where npm or its registry cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || exit 1
folder=var/witness-pipedrive
pinned=tests/sandbox/pipedrive
if [ -d "$folder/node_modules/pipedrive" ] && cmp -s "$pinned/package-lock.json" "$folder/package-lock.json"; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
cp "$pinned/package.json" "$pinned/package-lock.json" "$folder/"
if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null 2>&1); then
    rm -rf "$folder"
    exit 1
fi
