#!/usr/bin/env bash
# Install npm packages that the tests use, from a lock file: witness.sh [folder under var] [where the lock file is]
# [a package that tells that it is done]. Without words: the official Pipedrive client, a witness of the sandbox.
# Returns 1 where npm or its registry cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || exit 1
folder=${1:-var/witness-pipedrive}
pinned=${2:-tests/sandbox/pipedrive}
package=${3:-pipedrive}
if [ -d "$folder/node_modules/$package" ] && cmp -s "$pinned/package-lock.json" "$folder/package-lock.json"; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
cp "$pinned/package.json" "$pinned/package-lock.json" "$folder/"
if ! (cd "$folder" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 \
    --fetch-timeout=20000 >/dev/null 2>&1); then
    rm -rf "$folder"
    exit 1
fi
