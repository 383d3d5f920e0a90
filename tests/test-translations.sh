#!/bin/bash
# Every language of po/LINGUAS says everything, as TAP:  test-translations.sh SOURCE
set -u
po=$1/po
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
count=0 failed=0
check () {   # NAME COMMAND...
  local name=$1; shift
  count=$((count + 1))
  if "$@" >"$work/log" 2>&1; then echo "ok $count - $name"; else echo "not ok $count - $name"; sed 's/^/# /' "$work/log"; failed=1; fi
}

command -v xgettext >/dev/null || { echo "1..0 # SKIP gettext is not installed"; exit 0; }
grep -v '^#' "$po/POTFILES.in" >"$work/files"
(cd "$1" && xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --files-from="$work/files" --output="$work/dfi.pot") || exit 1

in_list () { (cd "$1" && grep -rlE '\b(_|N_|ngettext) \("' core plugin) | sort | comm -23 - <(sort "$work/files") | (! grep .); }
complete () {
  msgmerge --quiet --no-fuzzy-matching -o "$work/po" "$po/$1.po" "$work/dfi.pot" &&
    msgfmt --check -o /dev/null "$work/po" &&
    msgattrib --untranslated "$work/po" | (! grep '^msgid') &&
    msgattrib --only-fuzzy "$work/po" | (! grep '^msgid')
}

# But for what is written as an option.
american () {
  "$po/american" "$1" "$work/en_US.mo" && msgunfmt --no-wrap "$work/en_US.mo" >"$work/en_US.po" &&
    sed -n 's/neighbours=//g; /^msgstr/,/^$/p' "$work/en_US.po" >"$work/said" && grep -q 'Bangs' "$work/said" &&
    (! grep -inE 'colou|colo_u|grey|centre|neighbour|make-up|moustache|fringe|ancelled|(optimi|normali)s' "$work/said")
}

check "the attributes' words are those of the database" \
  bash -c 'diff <("$0/po/attributes" "$0/resources/faces.attributes") "$0/po/attributes.c"' "$1"
check "all files with text are in POTFILES.in" in_list "$1"
for language in $(grep -v '^#' "$po/LINGUAS"); do
  check "$language is complete" complete "$language"
done
check "en_US is American" american "$1"
echo "1..$count"
exit $failed
