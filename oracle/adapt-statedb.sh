#!/bin/sh
# Cilium 1.20.2 pins github.com/cilium/statedb v0.8.4, which the Go module proxy does not serve. v1.20/go.mod takes
# v1.20/third_party/statedb in its place: v0.5.9 (that of Cilium 1.19) without its tests, and with the call signatures
# that changed in between. Of statedb the policy engine uses only the map type of its selector snapshots.
set -e
cd "$(dirname "$0")"
version=v0.5.9
target=v1.20/third_party/statedb
[ -f "$target/.adapted-$version" ] && exit 0

# The module cache verifies the download; outside a module no go.mod is touched.
source=$(cd / && GOFLAGS=-mod=mod go mod download -json "github.com/cilium/statedb@$version" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
[ -d "$source" ] || { echo "statedb $version cannot be downloaded" >&2; exit 1; }
rm -rf "$target"
mkdir -p "$(dirname "$target")"
cp -r "$source" "$target"
chmod -R u+w "$target"
find "$target" -name '*_test.go' -exec rm {} +

# adapt FILE EXPRESSION: an expression that changes nothing is an error.
adapt() {
  sed -E "$2" "$target/$1" > "$target/$1.adapted"
  cmp -s "$target/$1" "$target/$1.adapted" && { echo "$1 of statedb $version is not as expected: $2" >&2; exit 1; }
  mv "$target/$1.adapted" "$target/$1"
}
adapt derive.go 's/p\.Jobs\.NewGroup\(p\.Health, p\.Lifecycle\)/p.Jobs.WithLifecycle(p.Lifecycle).NewGroup(p.Health)/'
# Reconciler metrics take the reconciler's name.
adapt reconciler/metrics.go 's/(ReconciliationDuration|ReconciliationErrors|PruneError|PruneDuration)\(moduleID cell\.FullModuleID, /\1(moduleID cell.FullModuleID, name string, /'
adapt reconciler/incremental.go 's/(incr\.metrics\.Reconciliation(Errors|Duration)\(incr\.moduleID, )/\1"", /'
adapt reconciler/incremental.go 's/^(\t+)incr\.moduleID,$/\1incr.moduleID, "",/'
adapt reconciler/reconciler.go 's/(Metrics\.Prune(Duration|Error)\(r\.ModuleID, )/\1"", /'
touch "$target/.adapted-$version"
