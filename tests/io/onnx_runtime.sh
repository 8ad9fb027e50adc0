#!/usr/bin/env bash
# Exports networks to ONNX and compares gradflow's outputs with those of ONNX Runtime. Installs ONNX Runtime for Node into
# FOLDER, without running the package's install scripts. FOLDER is kept for the next run.
#
#   onnx_runtime.sh PROGRAM FOLDER     PROGRAM: the path of onnx_cases; FOLDER: created if missing
#
# Prints "skipped: needs ..." if Node is missing or the package cannot be installed.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
usage='usage: onnx_runtime.sh PROGRAM FOLDER'
program=${1:?$usage} packages=$(readlink -m "${2:?$usage}")
package=onnxruntime-node@1.16.3  # the last version with its library inside, for x86-64 and arm64

skip() {
  echo "skipped: needs $1"
  exit 0
}

loads() { node -e 'require(process.argv[1])' "$packages/node_modules/onnxruntime-node" 2>/dev/null; }

install_package() {
  command -v npm >/dev/null || skip "npm, to install $package"
  mkdir -p "$packages"
  timeout 300 npm install --prefix "$packages" --ignore-scripts --no-audit --no-fund --fetch-retries 1 "$package" \
    >"$packages/npm.log" 2>&1 || skip "$package, which npm could not install: see $packages/npm.log"
  loads || skip "a build of $package that runs on this machine"
}

command -v node >/dev/null || skip 'node, which runs ONNX Runtime'
loads || install_package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" "$work"
node "$here/onnx_runtime.js" "$packages" "$work"
