#!/bin/bash
# The operation dfi:edit-face, as the program `gegl` runs it, as TAP:  test-gegl.sh MODULE DFI SOURCE PLUGINS PAINTING
#
# PLUGINS is the folder of GEGL's own plug-ins, PAINTING the program of test-edit-face.c.
set -u
module=$(realpath "$1") dfi=$2 source=$(realpath "$3") plugins=$4 painting=$5
for program in gegl convert compare; do
  command -v $program >/dev/null || { echo "1..0 # SKIP $program is not installed"; exit 0; }
done

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir "$work/gegl" && ln -s "$plugins"/* "$work/gegl/" && ln -sf "$module" "$work/gegl/"   # instead of one that is installed
export GEGL_PATH=$work/gegl HOME=$work LC_ALL=C.UTF-8
photo=$source/resources/astronaut.png
count=0 failed=0
check () {   # NAME COMMAND...
  local name=$1; shift
  count=$((count + 1))
  if "$@" >"$work/log" 2>&1; then echo "ok $count - $name"; else echo "not ok $count - $name"; sed 's/^/# /' "$work/log"; failed=1; fi
}

# edit IN OUT PROPERTY...: what it says is in the file `said` then.
edit () { gegl "$1" -o "$2" -- dfi:edit-face "${@:3}" >"$work/said" 2>&1; }
says () { grep -qF "$1" "$work/said" || { cat "$work/said"; return 1; }; }
says_nothing () { ! grep -e -Message "$work/said"; }
same () { [ "$(compare -metric AE "$@" null: 2>&1)" = 0 ]; }
differ () { ! same "$@"; }
as_dfi () {   # PROPERTY... -- OPTION...
  local properties=()
  while [ "$1" != -- ]; do properties+=("$1"); shift; done
  shift
  edit "$photo" "$work/gegl.png" "${properties[@]}" && "$dfi" edit "$photo" "$work/dfi.png" "$@" &&
    same "$work/gegl.png" "$work/dfi.png" && differ "$work/gegl.png" "$photo"
}
unchanged () { edit "$1" "$work/same.png" "${@:3}" && says "$2" && same "$1" "$work/same.png"; }

check "an edit is that of dfi" as_dfi smiling=-2 -- --set smiling=-2
check "all faces, several attributes, and a quality" \
  as_dfi eyeglasses=1 attributes=chubby=1 faces=all quality=preview -- --set eyeglasses=1,chubby=1 --face all --quality preview
check "eyes and options" \
  as_dfi stubble=1.5 eyes=202,101,244,103 options=neighbours=50,feather=0.2 -- \
  --set 5-o-clock-shadow=1.5 --eyes 202,101,244,103 --neighbours 50 --feather 0.2

check "without changes the picture stays as it is" unchanged "$photo" ''
check "and nothing is said" says_nothing
convert "$photo" -crop 100x100+0+300 +repage "$work/nobody.png"
check "without a face the picture stays as it is" unchanged "$work/nobody.png" 'No face was found' smiling=1
check "so it does with an attribute that is unknown" unchanged "$photo" 'no attribute' attributes=smilin
check "and with one that is named twice" unchanged "$photo" 'named twice' smiling=1 attributes=smiling=2
check "and with a face too many" unchanged "$photo" 'was found' smiling=1 faces=9
check "and with eyes that are none" unchanged "$photo" 'eye' smiling=1 eyes=1,2
check "and with an option that is unknown" unchanged "$photo" 'option' smiling=1 options=colours=yes
check "and with a database that is missing" unchanged "$photo" 'cannot be read' smiling=1 "database=$work/missing.safetensors"
head -c 100000 "$source/resources/faces.safetensors" >"$work/damaged.safetensors"
check "and with one that is damaged" unchanged "$photo" 'damaged.safetensors' smiling=1 "database=$work/damaged.safetensors"
nothing_there () { (export DFI_DATA_DIR=$work; unchanged "$photo" 'is missing' smiling=1); }
check "and with no weights at all" nothing_there

# Two pictures after the same is done to both.
same_after () { convert "$1" "${@:3}" "$work/1.png" && convert "$2" "${@:3}" "$work/2.png" && same "$work/1.png" "$work/2.png"; }
edit "$photo" "$work/16.png" smiling=-2 && convert "$work/16.png" -strip -depth 8 "$work/opaque.png"   # sRGB as in the photograph
convert "$photo" -alpha set -channel A -evaluate set 50% -strip "$work/half.png"
half_transparent () {
  edit "$work/half.png" "$work/gegl.png" smiling=-2 &&
    same_after "$work/gegl.png" "$work/opaque.png" -alpha off && same_after "$work/gegl.png" "$work/half.png" -alpha extract
}
check "where the picture is half transparent, its colours change likewise, and alpha does not" half_transparent
convert "$photo" -colorspace gray -depth 16 "$work/grey.png"
grey () {
  edit "$work/grey.png" "$work/gegl.png" smiling=-2 && differ "$work/grey.png" "$work/gegl.png" &&
    [ "$(identify -format '%[type] %z' "$work/gegl.png")" = 'Grayscale 16' ]
}
check "a grey picture of 16 bits stays one" grey
moved () {   # an edit where the picture does not begin at its corner
  gegl "$photo" -o "$work/gegl.png" -- gegl:translate x=-50 y=30 dfi:edit-face smiling=-2 gegl:translate x=50 y=-30 &&
    same "$work/gegl.png" "$work/opaque.png"
}
check "a picture that begins elsewhere is edited likewise" moved
part () {   # of the output, for which the whole of the input is needed
  gegl "$photo" -o "$work/gegl.png" -- dfi:edit-face smiling=-2 gegl:crop x=200 y=90 width=40 height=60 &&
    convert "$work/opaque.png" -crop 40x60+200+90 +repage "$work/part.png" && same "$work/gegl.png" "$work/part.png"
}
check "a part of the output is that of the whole" part
beside_it () {   # as the zip has them: data and module in a folder, to which GEGL has a link
  mkdir "$work/dfi" && cp "$module" "$work/dfi/" && ln -s "$source"/weights/*.safetensors "$source"/resources/faces.* "$work/dfi/" &&
    ln -sf "$work/dfi/$(basename "$module")" "$work/gegl/" &&
    (unset DFI_DATA_DIR; edit "$photo" "$work/gegl.png" smiling=-2 && says_nothing && same "$work/gegl.png" "$work/opaque.png")
}
check "its data are found beside it" beside_it
twice () {   # by two instances in a row, and so by two in one process
  gegl "$photo" -o "$work/gegl.png" -- dfi:edit-face smiling=-2 dfi:edit-face eyeglasses=2 &&
    edit "$work/opaque.png" "$work/again.png" eyeglasses=2 && same "$work/gegl.png" "$work/again.png"
}
check "two in a row edit one after the other" twice
convert "$photo" '(' +clone -scale 80% ')' +append -strip "$work/two.png"
each_face () {   # as one face after the other, but for rounding; a second part without a number is for those that are chosen, too
  edit "$work/two.png" "$work/first.png" smiling=-2 attributes='; chubby=1;' && edit "$work/first.png" "$work/both.png" faces=2 eyeglasses=2 &&
    edit "$work/two.png" "$work/gegl.png" smiling=-2 attributes='2: eyeglasses=2; chubby=1' && says_nothing &&
    same -fuzz 1% "$work/gegl.png" "$work/both.png" && differ -fuzz 1% "$work/gegl.png" "$work/first.png"
}
check "each face has its own changes" each_face
check "but no face that is not there" unchanged "$photo" 'was found' attributes='2: smiling=1'
check "and none without changes" unchanged "$photo" 'attribute' attributes=';'
check "its sliders are the favourites; while a canvas is painted, a draft comes first" env DFI_SOURCE_ROOT="$source" "$painting"

echo "1..$count"
exit $failed
