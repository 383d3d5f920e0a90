#!/bin/bash
# Layout and spelling of the sources, as TAP:  test-tidy.sh SOURCE
set -u
cd "$1" || exit 99
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
count=0 failed=0
check () {   # NAME TOOL COMMAND...
  local name=$1 tool=$2; shift 2
  count=$((count + 1))
  if ! command -v "$tool" >/dev/null; then echo "ok $count - $name # SKIP $tool is not installed"
  elif "$@" >"$work/log" 2>&1; then echo "ok $count - $name"
  else echo "not ok $count - $name"; head -n 40 "$work/log" | sed 's/^/# /'; failed=1; fi
}

sources () { find core plugin tests -name '*.[ch]'; }
# Other versions lay some lines out otherwise.
formatter=$(command -v clang-format-14 || command -v clang-format || echo clang-format)
"$formatter" --version 2>/dev/null | grep -q 'version 14\.' || formatter=clang-format-14

follows_layout () { sources | xargs "$formatter" --dry-run -Werror; }
no_wider () { sources | LC_ALL=C.UTF-8 xargs grep -nE '^.{131,}' | (! grep .); }   # clang-format leaves comments as they are
ends_well () { sources | xargs grep -nE '[[:space:]]+$' | (! grep .); }
spelt () {
  codespell --ignore-words-list=te,nd,inout,ot,nulll,tyes \
    --skip='*.po,*.pot,*.safetensors,*.png,*.json,*.gz,./LICENSE,./build*,./demo,./.git' .
}

check "the layout is that of .clang-format" "$formatter" follows_layout
check "no line has more than 130 characters" grep no_wider
check "no line ends in white space" grep ends_well
check "English is spelt right" codespell spelt
echo "1..$count"
exit $failed
