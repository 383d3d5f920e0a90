#!/bin/bash
# What is installed has all that it needs, wherever it lies.  Packages and zips hold the same.  Called with Meson, the build folder, and
# the sources' folder.
meson=$1 build=$(realpath "$2") source=$(realpath "$3")
photo=$source/resources/astronaut.png
export LC_ALL=C.UTF-8
unset DFI_DATA_DIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

n=0
ok () { n=$((n + 1)); echo "ok $n $1"; }
not_ok () { n=$((n + 1)); echo "not ok $n $1"; sed 's/^/# /' log; }
check () { local name=$1; shift; if "$@" >log 2>&1; then ok "$name"; else not_ok "$name"; fi; }

check install "$meson" install -C "$build" --no-rebuild --quiet --destdir "$work/root"
dfi=$(find root -path '*/bin/dfi')
[ -n "$dfi" ] || { echo "1..$n"; exit 1; }
mv "$(dirname "$(dirname "$dfi")")" moved

names () { basename -a "$source"/weights/*.safetensors "$source"/resources/{faces.safetensors,faces.attributes,dfi.svg,help} | sort; }
check files diff <(names) <(ls moved/share/dfi | sort)
check help diff -r "$source/resources/help" moved/share/dfi/help
for language in $(sed 's/#.*//' "$source/po/LINGUAS"); do
  check "language-$language" test -s "moved/share/locale/$language/LC_MESSAGES/dfi.mo"
done
check manual test -s moved/share/man/man1/dfi.1

# The face's networks, the hair's, and both.
for change in smiling gray-hair senior; do
  check "$change" moved/bin/dfi edit "$photo" "$change.png" --set "$change" --quality preview
  check "$change-changes" test -n "$(cmp "$photo" "$change.png" 2>/dev/null)"
done
echo "1..$n"
