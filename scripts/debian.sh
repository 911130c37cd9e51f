# Sourced: install_debian PACKAGE... with apt-get, as root or by sudo; returns 1 where neither is possible.
install_debian() {
    command -v apt-get >/dev/null 2>&1 || return 1
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || return 1
        as_root=(sudo -n)
    fi
    echo "Installing from Debian: $*" >&2
    "${as_root[@]}" apt-get update -qq >/dev/null 2>&1 || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}
