#!/bin/bash
# Databases by the program `dfi`, from the pictures to an edit: build, shards, merge, info. Called with the program and the sources'
# folder.
dfi=$(realpath "$1") source=$(realpath "$2")
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

n=0
ok () { n=$((n + 1)); echo "ok $n $1"; }
not_ok () { n=$((n + 1)); echo "not ok $n $1"; sed 's/^/# /' out err 2>/dev/null; }
check () { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
# done_with TEXT COMMAND...: exit status 0, and TEXT on standard output
done_with () { local text=$1; shift; "$@" >out 2>err && grep -qF -- "$text" out; }
# fails STATUS TEXT COMMAND...: that exit status, and TEXT on standard error
fails () { local status=$1 text=$2; shift 2; "$@" >out 2>err; [ $? = "$status" ] && grep -qF -- "$text" err; }
has () { grep -qF -- "$1" out; }
json () { python3 -c "import json, sys; d = json.load(open('out')); sys.exit(not ($1))"; }

# 24 pictures of 48 x 48 pixels: half of them bright below, three with a stripe, each with another pattern.
python3 - <<'PYTHON'
import random
labels = ["file,bright,striped"]
for i in range(24):
    draw = random.Random(i)
    rows = []
    for y in range(48):
        for x in range(48):
            v = 60 + 15 * ((x // (3 + i % 5) + y // (2 + i % 7)) % 3) + draw.randrange(20)
            v += 90 if i % 2 and y > 30 else 0
            v = 10 if i < 3 and 20 < x < 26 else v
            rows.append("%d %d %d" % (v, v, min(255, v + i)))
    open("%02d.ppm" % i, "w").write("P3 48 48 255\n" + "\n".join(rows) + "\n")
    labels.append("%02d.ppm,%d,%d" % (i, i % 2, i < 3))
open("labels.csv", "w").write("\n".join(labels) + "\n")
open("dark.csv", "w").write("file,bright,dark\n" + "".join("%02d.ppm,%d,%d\n" % (i, i % 2, 1 - i % 2) for i in range(24)))
PYTHON
build () { "$dfi" database build --images . --labels labels.csv --rows 6 --size 48 "$@"; }

check build done_with 'is ready' build --no-align --out whole.safetensors
check few-are-told grep -qF '“striped” cannot be changed: 3 pictures have it and 21 lack it' err
check info done_with 'bright' "$dfi" database info whole.safetensors
check info-json done_with '"whole"' "$dfi" database info --json whole.safetensors
check info-values json "d['faces'] == 24 and d['tones'] == 0 and d['frame'] == {'size': 48, 'whole': True} and
  [(a['name'], a['faces'], a['strength']) for a in d['attributes']] == [('bright', 12, 2.0), ('striped', 3, 2.0)]"

# With that database an edit is of the whole picture, and there is no face to name.
edit () { "$dfi" edit 04.ppm result.png --database whole.safetensors --iterations 2 "$@"; }
check edit-whole fails 0 'only 12 neighbours were found' edit --set bright=1
check edit-whole-written [ -s result.png ]
check edit-whole-eyes fails 1 'leave out --eyes and --face' edit --set bright=1 --eyes 10,10,30,10
check edit-few fails 1 '3 of its faces have it' edit --set striped=1
check edit-json done_with '"attribute"' edit --set bright=-1 --json

# Where the faces stand at one known place, that is said in the picture's pixels, and the file says it in the frame's.
placed=(--frame 8,8,40,40 --eyes 14,16,34,17 --mouth 24,32)
check build-placed done_with 'is ready' build "${placed[@]}" --out placed.safetensors
"$dfi" database info --json placed.safetensors >out 2>err
check placed-tones json "0 <= d['tones'] <= 24"
mkdir no-hair && cp "$source/weights/vgg19-slim.safetensors" no-hair/
DFI_DATA_DIR=$PWD/no-hair check placed-no-hair fails 1 'hair.safetensors' build "${placed[@]}" --out result.safetensors
DFI_DATA_DIR=$PWD/no-hair check whole-no-hair done_with 'is ready' build --no-align --out again.safetensors
"$dfi" database info --json placed.safetensors >out 2>err
check placed-frame json "d['frame'] == {'size': 48, 'eyes': [9.0, 12.0, 39.0, 13.5], 'mouth': [24.0, 36.0]}"
check frame-malformed fails 1 '“8,8,40” does not fit --frame; write 4 numbers' build --no-align --frame 8,8,40 --out no.safetensors
check frame-no-square fails 1 'square' build --no-align --frame 8,8,40,39 --out no.safetensors
check eyes-malformed fails 1 'does not fit --eyes' build --frame 8,8,40,40 --eyes 14,16,34 --mouth 24,32 --out no.safetensors
check mouth-malformed fails 1 'does not fit --mouth' build --frame 8,8,40,40 --eyes 14,16,34,17 --mouth 24 --out no.safetensors
check eyes-outside fails 1 'must be inside the frame' build --frame 8,8,40,40 --eyes 4,16,34,17 --mouth 24,32 --out no.safetensors
check eyes-close fails 1 'must be at least 8 pixels apart' \
  build --frame 8,8,40,40 --eyes 14,16,20,17 --mouth 24,32 --out no.safetensors
check details-whole fails 1 'pictures that are taken whole' build --no-align --detail-rows 3 --out no.safetensors
check details-uneven fails 1 'a frame of 40 pixels' build "${placed[@]}" --size 40 --detail-rows 3 --out no.safetensors
check details-negative fails 1 '-1 are asked for' build "${placed[@]}" --detail-rows -1 --out no.safetensors
check details-of-unknown fails 1 'faces that have “glasses”, and the labels have no such attribute' \
  build "${placed[@]}" --detail-rows 3 --detail-faces bright,striped+glasses --out no.safetensors
check details-of-none fails 1 'faces that have “bright+dark”, and by the labels no face does' \
  "$dfi" database build --images . --labels dark.csv --size 48 "${placed[@]}" --detail-rows 3 --detail-faces bright+dark --out no.safetensors
check details-of-no-rows fails 2 '--detail-faces goes with --detail-rows' \
  build "${placed[@]}" --detail-faces bright --out no.safetensors
check no-such-taps fails 1 'relu9_9' build --no-align --taps relu9_9 --out no.safetensors
check nothing-left-over [ ! -e no.safetensors ]

# Details take a stage more.
details=(--detail-rows 3 --detail-faces striped,bright)
basis=()
for stage in 1 2 3 4; do
  build "${placed[@]}" "${details[@]}" --shard 1/1 "${basis[@]}" --out d$stage >out 2>err || not_ok "details, stage $stage"
  if [ $stage = 4 ]; then merged=details.safetensors text='“details.safetensors” is ready.'
  else merged=detail-basis$stage text="Stage $stage of 4 is complete. Build the shards again with --basis detail-basis$stage."; fi
  check "merge details $stage" done_with "$text" "$dfi" database merge d$stage --out $merged
  basis=(--basis "$merged")
done
check build-details done_with 'is ready' build "${placed[@]}" "${details[@]}" --out detailed.safetensors
check details-same cmp details.safetensors detailed.safetensors
check details-of-others fails 1 'detail-basis1' \
  build "${placed[@]}" --detail-rows 3 --detail-faces striped --shard 1/1 --basis detail-basis1 --out no.safetensors
check other-details fails 1 'detail-basis1' build "${placed[@]}" "${details[@]}" --detail-rows 4 --shard 1/1 --basis detail-basis1 --out no.safetensors

# Two shards of each stage, merged, make the same database but for rounding.
basis=()
for stage in 1 2 3; do
  for shard in 1 2; do
    build --no-align --shard $shard/2 "${basis[@]}" --out s$stage.$shard >out 2>err || not_ok "shard $shard of stage $stage"
  done
  if [ $stage = 3 ]; then merged=merged.safetensors text='“merged.safetensors” is ready.'
  else merged=basis$stage text="Stage $stage of 3 is complete. Build the shards again with --basis basis$stage."; fi
  check "merge $stage" done_with "$text" "$dfi" database merge s$stage.2 s$stage.1 --out $merged
  basis=(--basis "$merged")
done
check merge-tells-few grep -qF '“striped” cannot be changed' err
"$dfi" database info --json merged.safetensors >out 2>err
check merged-faces json "d['faces'] == 24 and d['frame'] == {'size': 48, 'whole': True}"
check merge-same-twice fails 1 's3.1' "$dfi" database merge s3.1 s3.1 --out no.safetensors
check merge-other-stages fails 1 's1.1' "$dfi" database merge s3.1 s1.1 --out no.safetensors
check merge-one-missing fails 1 'Shard 2 of 2 is missing' "$dfi" database merge s3.1 --out no.safetensors

# What is left out is told, up to ten of them here, and all of them in the report.
python3 - <<'PYTHON'
lines = open("labels.csv").read()
open("more.csv", "w").write(lines + "".join("gone%02d.ppm,1,0\n" % i for i in range(12)))
PYTHON
check left-out done_with 'is ready' "$dfi" database build --images . --labels more.csv --rows 6 --size 48 --no-align --out left.safetensors
check left-out-told grep -qF '12 of 36 pictures are left out' err
check left-out-short grep -qF 'lists them all' err
check left-out-report done_with 'is ready' "$dfi" database build --images . --labels more.csv --rows 6 --size 48 --no-align \
  --report report.txt --out left.safetensors
check left-out-all [ "$(grep -c gone report.txt)" = 12 ]

# What dfi finds and knows, for people.
check faces done_with 'Face 1: ' "$dfi" faces "$source/resources/astronaut.png"
check faces-eyes has 'eyes ('
check weights-info done_with 'VGG-19 up to relu5_1' "$dfi" weights info "$source/weights/vgg19-slim.safetensors"
check weights-filters has 'Filters     16 16 32 32 64 64 64 64 128 128 128 128 128'
check weights-parameters has '810128, filters stored as F16'

echo "1..$n"
