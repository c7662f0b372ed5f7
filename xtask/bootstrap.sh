#!/bin/sh
# Brings cargo to a machine that has none: from Debian's packages when that is possible, else it says
# what to do. The compiler for web targets is the one in Debian that is new enough.
set -eu

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "-> no cargo here: installing Debian's rustc-web and cargo-web"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update || echo "   package lists not refreshed; trying with the old ones"
  apt-get -qq -y --no-install-recommends install rustc-web cargo-web rust-web-src lld gcc libc6-dev >/dev/null
  command -v cargo >/dev/null && exit 0
fi

echo "cargo is missing; install it from https://rustup.rs, or on Debian as root with:" >&2
echo "  apt-get install rustc-web cargo-web rust-web-src lld gcc libc6-dev" >&2
exit 1
