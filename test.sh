#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test project, and ends with
# "N passed, N failed, N skipped". Exit code 0 only when nothing failed. A machine that others use can stall a test that
# speaks over real sockets; so up to three failures of a project are tried once more, alone, and named if they then pass.
#   ./test.sh            everything, white space included
#   ./test.sh Wire Mesh  only test projects whose name contains one of the words
set -u -o pipefail
cd "$(dirname "$(readlink -f "$0")")" || exit 2
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

./eng/install-tools.sh test || exit 2
dotnet build Weft.slnx -c Release -v quiet --nologo || { echo "The build failed."; echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 skipped=0
mkdir -p artifacts/test
if [ $# -eq 0 ]; then
  # The build checks style; white space only this does. As a folder it takes seconds, as a solution a minute.
  start=$SECONDS
  if dotnet format whitespace . --folder --verify-no-changes >artifacts/test/format.log 2>&1; then
    passed=$((passed + 1)); printf '%-28s in order  %4ds\n' "White space" $((SECONDS - start))
  else
    failed=$((failed + 1)); echo "White space is not as .editorconfig says; 'dotnet format whitespace . --folder' puts it right:"; grep -m 20 error artifacts/test/format.log
  fi
fi
for project in test/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if [ $# -gt 0 ]; then
    wanted=0
    for word in "$@"; do case "$name" in *"$word"*) wanted=1 ;; esac; done
    [ $wanted = 1 ] || continue
  fi
  log="artifacts/test/$name.log"
  start=$SECONDS
  "./test/$name/bin/Release/net10.0/$name" -noColor >"$log" 2>&1
  code=$?
  # xunit.v3 ends with a summary line: "Total: 12, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.1s"
  line=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    echo "$name: no summary (exit code $code); the end of its log:"; tail -n 30 "$log"
    failed=$((failed + 1)); continue
  fi
  number() { sed -E "s/.*$1: ([0-9]+).*/\1/" <<<"$line"; }
  again="artifacts/test/$name.again.log"
  if [ $code -ne 0 ] && [ "$(number Errors)" = 0 ] && [ "$(number Failed)" -ge 1 ] && [ "$(number Failed)" -le 3 ]; then
    # "    Weft.X.Tests.Class.Method(argument: 1) [FAIL]"
    mapfile -t names < <(sed -nE 's/^ +(Weft\.[A-Za-z0-9_.+]+)(\(.*)? \[FAIL\]$/\1/p' "$log" | sort -u)
    methods=(); for method in "${names[@]}"; do methods+=(-method "$method"); done
    if [ ${#methods[@]} -gt 0 ] && "./test/$name/bin/Release/net10.0/$name" -noColor "${methods[@]}" >"$again" 2>&1 && grep -qE 'Total: [1-9][0-9]*, Errors: 0, Failed: 0,' "$again"; then
      for method in "${names[@]}"; do echo "Failed once and passed alone: $method"; grep -F -A 12 "$method" "$log" | grep -A 12 '\[FAIL\]' | head -n 13; done
      code=0 line=${line/Failed: $(number Failed)/Failed: 0}
    fi
  fi
  total=$(number Total) errors=$(number Errors) bad=$(number Failed) skip=$(number Skipped)
  passed=$((passed + total - bad - skip)) failed=$((failed + bad + errors)) skipped=$((skipped + skip))
  # A runner that ends badly without naming a failed test is a failure of its own.
  [ $code -ne 0 ] && [ $((bad + errors)) -eq 0 ] && failed=$((failed + 1))
  printf '%-28s %5d passed %3d failed %3d skipped  %4ds\n' "$name" $((total - bad - skip)) $((bad + errors)) "$skip" $((SECONDS - start))
  if [ $code -ne 0 ]; then grep -E '\[FAIL\]' -A 25 "$log" | head -n 150; fi
  grep -E '\[SKIP\]' -A 1 "$log" || true
done
if [ $((passed + failed)) -eq 0 ]; then echo "No test ran."; failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
