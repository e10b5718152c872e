#!/usr/bin/env bash
# Make sure that programs which the tests need are there; on Debian they are installed. Usage: programs.sh NAME...
set -euo pipefail

missing=()
for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("${program/systemd-analyze/systemd}") # its package
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "The tests need: ${missing[*]}. Install them and run this again." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
