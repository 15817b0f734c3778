#!/usr/bin/env bash
# Installs Debian packages that Weft's build, demo, tests or benchmarks need, and only what is missing.
#   eng/install-tools.sh build|demo|test|bench
set -u
purpose=${1:-build}
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is needed (https://dot.net): 'dotnet' is not on the PATH." >&2; exit 2; }

# package:file-that-proves-it
build="clang:/usr/bin/clang zlib1g-dev:/usr/include/zlib.h libbpf-dev:/usr/include/bpf/bpf_helpers.h"
demo="python3:/usr/bin/python3 nodejs:/usr/bin/node"
peers="npm:/usr/bin/npm curl:/usr/bin/curl openssl:/usr/bin/openssl nginx-light:/usr/sbin/nginx haproxy:/usr/sbin/haproxy wrk:/usr/bin/wrk nghttp2-client:/usr/bin/h2load nghttp2-server:/usr/sbin/nghttpd"
network="iproute2:/usr/sbin/ip nftables:/usr/sbin/nft procps:/usr/bin/pgrep"
case "$purpose" in
  build) wanted=$build ;;
  demo) wanted="$build $demo" ;;
  test | bench) wanted="$build $demo $peers $network" ;;
  *) echo "usage: eng/install-tools.sh build|demo|test|bench" >&2; exit 2 ;;
esac

missing=""
for entry in $wanted; do
  package=${entry%%:*} proof=${entry#*:}
  [ -e "$proof" ] || command -v "$(basename "$proof")" >/dev/null 2>&1 || missing="$missing $package"
done

# Node's own peers stand beside all work trees of a user; the folder's name in tests is Weft.Proxy.Tests/Peers/NodePeer.cs.
install_node_peers() {
  [ "$purpose" = test ] || return 0
  from="$(cd "$(dirname "$(readlink -f "$0")")" && pwd)/node-peers"
  to="${XDG_CACHE_HOME:-$HOME/.cache}/weft/node-peers"
  cmp -s "$from/package-lock.json" "$to/package-lock.json" && [ -d "$to/node_modules" ] && return 0
  mkdir -p "$to" && cp "$from/package.json" "$to/" || return 2
  cp "$from/package-lock.json" "$to/" || return 2
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --silent) && return 0
  rm -f "$to/package-lock.json"
  echo "npm ci failed in $to; is the npm registry reachable?" >&2
  return 2
}

[ -z "$missing" ] && { install_node_peers; exit $?; }

if [ "$(id -u)" != 0 ]; then
  echo "These packages are missing:$missing. Install them with: sudo apt-get install$missing" >&2
  exit 2
fi
echo "Installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null || { echo "apt-get update failed; is the package mirror reachable?" >&2; exit 2; }
# nginx and haproxy would start as services; tests start their own instances on their own ports.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.weft && chmod +x /usr/sbin/policy-rc.d.weft
if [ ! -e /usr/sbin/policy-rc.d ]; then mv /usr/sbin/policy-rc.d.weft /usr/sbin/policy-rc.d; ours=1; else rm /usr/sbin/policy-rc.d.weft; ours=0; fi
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
code=$?
[ "$ours" = 1 ] && rm -f /usr/sbin/policy-rc.d
[ $code -eq 0 ] || { echo "apt-get install failed for:$missing" >&2; exit 2; }
install_node_peers
