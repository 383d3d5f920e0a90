#!/bin/bash
# The program `dfi` from outside: what it prints, writes and returns. Called with the program and the sources' folder.
dfi=$(realpath "$1") source=$(realpath "$2")
photo=$source/resources/astronaut.png
eyes=202,101,244,103
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

n=0
ok () { n=$((n + 1)); echo "ok $n $1"; }
not_ok () { n=$((n + 1)); echo "not ok $n $1"; sed 's/^/# /' out err 2>/dev/null; }

# succeeds NAME COMMAND...: exit status 0 and nothing on standard error
succeeds () {
  local name=$1; shift
  if "$@" >out 2>err && ! [ -s err ]; then ok "$name"; else not_ok "$name"; fi
}

# fails NAME STATUS TEXT COMMAND...: that exit status, TEXT in the message, and no result.png
fails () {
  local name=$1 status=$2 text=$3; shift 3
  rm -f result.png
  "$@" >out 2>err
  if [ $? = "$status" ] && grep -qF -- "$text" err && ! [ -e result.png ] && ! ls -d .dfi-* >/dev/null 2>&1
  then ok "$name"; else not_ok "$name"; fi
}

edit () { "$dfi" edit "$photo" result.png --iterations 2 "$@"; }

succeeds help "$dfi" --help
succeeds version "$dfi" --version
succeeds edit-help "$dfi" edit --help
fails no-command 2 'Usage' "$dfi"
fails unknown-command 2 'there is no command' "$dfi" paint
edit --set smiling=2 --json >report 2>err
if [ $? = 0 ] && [ -s result.png ] && [ "$(grep -c '"yaw"' report)" = 1 ]; then ok finds-face; else not_ok finds-face; fi
edit --set smiling=2 --face all --json >report 2>err
if [ $? = 0 ] && [ "$(grep -c '"yaw"' report)" -ge 1 ]; then ok all-faces; else not_ok all-faces; fi
fails no-such-face 1 'only' edit --set smiling=2 --face 9
fails face-malformed 1 'which face' edit --set smiling=2 --face first
{ printf 'P6 300 200 255\n'; head -c 180000 /dev/zero | tr '\0' '\200'; } >plain.ppm
fails no-face 1 'No face was found in the picture. Say where the eyes are with --eyes.' "$dfi" edit plain.ppm result.png --set smiling=2
fails no-set 2 '--set' edit --eyes $eyes
fails one-argument 2 'Usage' "$dfi" edit "$photo" --set smiling=2 --eyes $eyes
fails no-such-option 2 '--frobnicate' edit --frobnicate

sum=$(sha256sum <"$photo")
edit --set smiling=-2 --set senior --eyes $eyes --json >report 2>err
if [ $? = 0 ] && grep -q '"iterations" : 2' report && grep -q '"attribute" : "senior"' report && [ -s result.png ]
then ok edit; else not_ok edit; fi
if [ "$sum" = "$(sha256sum <"$photo")" ]; then ok source-untouched; else not_ok source-untouched; fi

mv result.png first.png
edit --set smiling=-2,senior --eyes $eyes 2>/dev/null
if cmp -s first.png result.png; then ok same-bytes; else not_ok same-bytes; fi
if [ "$(head -c 24 result.png | tail -c 8 | od -An -tu1 | tr -d ' \n')" = 00200020 ]   # width and height 512
then ok full-size; else not_ok full-size; fi

fails unknown-attribute 1 'smiling' edit --set smilin=2 --eyes $eyes
fails unknown-attribute-capitals 1 'Close to it are “smiling”' edit --set SMILIN=2 --eyes $eyes
fails unknown-attribute-advice 1 'no attribute “zeppelin”. “dfi database info FILE”' edit --set zeppelin=2 --eyes $eyes
edit --set smiling=1.5 --eyes $eyes 2>/dev/null && mv result.png point.png
edit --set Smiling=1,5 --eyes $eyes 2>/dev/null
if cmp -s point.png result.png; then ok decimal-comma; else not_ok decimal-comma; fi
fails twice 1 'named twice' edit --set smiling=2 --set smiling=1 --eyes $eyes
# What people call an attribute finds it: naming it so is naming it twice.
while read -r called name; do
  fails "called-$called" 1 "“$name” is named twice" edit --set "$name=2" --set "${called/+/ }=1" --eyes $eyes
done <<END
fringe bangs
Bangs bangs
glasses eyeglasses
Moustache mustache
mustache mustache
beard goatee
blonde blond-hair
grey+hair gray-hair
old senior
young youth
END
fails no-number 1 'not a strength' edit --set smiling=much --eyes $eyes
fails nan-number 1 'not a strength' edit --set smiling=nan --eyes $eyes
fails eyes-outside 1 'outside the picture' edit --set smiling=2 --eyes 202,101,2440,103
fails eyes-together 1 'pixels apart' edit --set smiling=2 --eyes 202,101,203,101
fails eyes-malformed 1 'two eyes' edit --set smiling=2 --eyes 202,101,244
fails no-photo 1 'nowhere.png' "$dfi" edit nowhere.png result.png --set smiling=2 --eyes $eyes
echo 'not a picture' >text.png
fails not-a-picture 1 'text.png' "$dfi" edit text.png result.png --set smiling=2 --eyes $eyes
fails no-weights 1 'nowhere.safetensors' edit --set smiling=2 --eyes $eyes --weights nowhere.safetensors
fails weights-not-weights 1 'faces.safetensors' edit --set smiling=2 --eyes $eyes --weights "$source/resources/faces.safetensors"
fails database-not-database 1 'database' edit --set smiling=2 --eyes $eyes --database "$source/weights/vgg19-slim.safetensors"
fails unwritable 1 '/nonexistent/result.png' "$dfi" edit "$photo" /nonexistent/result.png --iterations 1 --set smiling=2 --eyes $eyes
fails bad-beta 1 'beta” takes a number from 0.01 to 10,' edit --set smiling=2 --eyes $eyes --beta 0
fails negative-lambda 1 'lambda” takes a number from 0 to 1000000,' edit --set smiling=2 --eyes $eyes --lambda=-3
fails bad-feather 1 'feather' edit --set smiling=2 --eyes $eyes --feather 9
fails bad-quality 1 'quality' edit --set smiling=2 --eyes $eyes --quality superb
fails bad-preset 1 'preset' edit --set smiling=2 --eyes $eyes --preset mine
edit --set smiling=2 --eyes $eyes --no-box --json >report 2>err
if [ $? = 0 ] && grep -q loss_after report; then ok no-box; else not_ok no-box; fi
edit --set smiling=2 --eyes $eyes 2>/dev/null && mv result.png usual.png
edit --set smiling=2 --eyes $eyes --colour --no-colour --no-by-attributes --match --delta 0,0 2>/dev/null
if cmp -s usual.png result.png; then ok switches; else not_ok switches; fi
edit --set smiling=2 --eyes $eyes --by-attributes 2>/dev/null
if ! cmp -s usual.png result.png; then ok by-attributes; else not_ok by-attributes; fi
edit --set smiling=2 --eyes $eyes --iterations 500 --preset paper --iterations 2 --no-match --neighbours 40 2>/dev/null && mv result.png paper.png
edit --set smiling=2 --eyes $eyes --no-match --neighbours 40 --colour --by-attributes --delta 0.4 --no-alike --start face --no-focus 2>/dev/null
if cmp -s paper.png result.png; then ok preset-comes-first; else not_ok preset-comes-first; fi
fails bad-layer 1 'relu9_1' edit --set smiling=2 --eyes $eyes --taps relu3_1,relu9_1
fails layer-not-in-database 1 'faces.safetensors” knows nothing of relu1_1, only of relu3_1,relu4_1,relu5_1;' edit --set smiling=2 --eyes $eyes --taps relu1_1

edit --set smiling=1 --eyes $eyes --preset paper --timings --json >report 2>err
if [ $? = 0 ] && grep -q '"iterations" : 2' report && grep -q 'Reconstruction' err && ! grep -q '"alpha" : 1[,.]0*[,]' report
then ok preset; else not_ok preset; fi

succeeds vectors edit --set smiling=1 --eyes $eyes --vectors vectors.safetensors
succeeds vectors-header grep -qa '"result":{"dtype":"F32","shape":\[3,320,320\]' vectors.safetensors
fails vectors-unwritable 1 '/nonexistent/v' edit --set smiling=1 --eyes $eyes --vectors /nonexistent/v

fails data-missing 1 'was looked for in “/nonexistent”.' env DFI_DATA_DIR=/nonexistent "$dfi" edit "$photo" result.png --set smiling=2 --eyes $eyes
if grep -q plug-in err; then not_ok data-missing-no-plug-in; else ok data-missing-no-plug-in; fi
mkdir relative
fails data-missing-relative 1 "was looked for in “$work/relative”, “$work”." env DFI_DATA_DIR=relative:. "$dfi" edit "$photo" result.png --set smiling=2 --eyes $eyes

# A tree that was installed and moved afterwards finds its data and its translations.
mkdir -p moved/bin moved/share/dfi moved/share/locale/de/LC_MESSAGES
cp "$dfi" moved/bin/dfi
ln -s "$source"/weights/*.safetensors "$source"/resources/*.safetensors moved/share/dfi
if msgfmt "$source/po/de.po" -o moved/share/locale/de/LC_MESSAGES/dfi.mo 2>err
then
  env -u DFI_DATA_DIR moved/bin/dfi edit "$photo" result.png --iterations 1 --set smiling=1 --eyes $eyes >out 2>err
  if [ $? = 0 ] && [ -s result.png ]; then ok moved-data; else not_ok moved-data; fi
  LANGUAGE=de moved/bin/dfi --help >out 2>err
  if [ $? = 0 ] && grep -q 'Aufruf: dfi' out; then ok moved-translations; else not_ok moved-translations; fi
fi

succeeds features "$dfi" features "$photo" features.safetensors
succeeds features-header grep -qa '"relu5_1":{"dtype":"F32","shape":\[128,32,32\]' features.safetensors
vips jpegsave "$photo" whole.jpg 2>/dev/null && head -c 30000 whole.jpg >cut.jpg
if [ -s cut.jpg ]; then
  fails features-cut 1 'is incomplete' "$dfi" features cut.jpg result.png
  "$dfi" features cut.jpg cut.safetensors --accept-truncated >out 2>err
  if [ $? = 0 ] && grep -q 'picture is incomplete' err; then ok features-cut-note; else not_ok features-cut-note; fi
  fails features-megapixels 1 'at most 0.1 megapixels' "$dfi" features "$photo" result.png --megapixels 0.1
  mkdir cuts && cp cut.jpg "$photo" cuts/
  "$dfi" database label --images cuts --out cuts.csv --report cuts.txt >out 2>err
  if [ $? = 0 ] && [ "$(cut -f1 cuts.txt)" = cut.jpg ] && [ "$(wc -l <cuts.csv)" = 2 ]; then ok label-report; else not_ok label-report; fi
  "$dfi" database label --images cuts --out cuts.csv --accept-truncated >out 2>err
  if [ $? = 0 ] && grep -q 'cut.jpg: .*incomplete' err && [ "$(wc -l <cuts.csv)" = 3 ]; then ok label-cut; else not_ok label-cut; fi
  { echo file,a; for i in $(seq 10); do cp cut.jpg cuts/c$i.jpg; cp "$photo" cuts/p$i.png; echo "c$i.jpg,1"; echo "p$i.png,0"; done; } >cuts.csv
  fails build-cut 1 'at least 20' "$dfi" database build --images cuts --labels cuts.csv --no-align --size 96 --rows 4 --out result.png
  "$dfi" database build --images cuts --labels cuts.csv --no-align --size 96 --rows 4 --out cuts.safetensors --accept-truncated >out 2>err
  if [ $? = 0 ] && grep -q '^  c1.jpg: .*incomplete' err && grep -q 'and 5 more' err && [ -s cuts.safetensors ]
  then ok build-cut-note; else not_ok build-cut-note; fi
fi
fails features-of-features 1 'image' "$dfi" features features.safetensors again.safetensors
succeeds faces "$dfi" faces "$photo" --json --draw drawn.png
succeeds faces-drawn test -s drawn.png
"$dfi" faces drawn.png --json | grep -q '"landmarks":\[\[' && ok faces-json || not_ok faces-json
if "$dfi" faces "$photo" --json | python3 -c 'import json, sys
hair = json.load(sys.stdin)[0]["hair"]
sys.exit(not (0.02 < hair["luma"] < 0.6 and 0 < hair["deviation"] < 0.3 and abs(hair["cb"]) < 0.2 and 0 < hair["cr"] < 0.2))'
then ok faces-hair; else not_ok faces-hair; fi
mkdir no-hair && cp "$source/weights/face.safetensors" "$source/weights/vgg19-slim.safetensors" no-hair/
DFI_DATA_DIR=$PWD/no-hair fails faces-no-hair 1 'hair.safetensors' "$dfi" faces "$photo" --json
DFI_DATA_DIR=$PWD/no-hair succeeds faces-text-no-hair "$dfi" faces "$photo"
fails faces-no-photo 1 'nowhere.png' "$dfi" faces nowhere.png
fails faces-weights-not-faces 1 'vgg19-slim' "$dfi" faces "$photo" --weights "$source/weights/vgg19-slim.safetensors"
fails faces-usage 2 'faces PHOTO' "$dfi" faces
fails faces-none 1 'No face was found' "$dfi" faces plain.ppm
fails faces-none-json 1 'No face was found' "$dfi" faces plain.ppm --json
if [ "$(tr -d ' \n' <out)" = '[]' ]; then ok faces-none-is-an-answer; else not_ok faces-none-is-an-answer; fi
fails faces-broken-json 1 'text.png' "$dfi" faces text.png --json
if [ -s out ]; then not_ok faces-broken-is-none; else ok faces-broken-is-none; fi
succeeds info "$dfi" database info "$source/resources/faces.safetensors"
if grep -q '^smiling ' out && ! grep -q '^frowning ' out; then ok info-of-a-slider; else not_ok info-of-a-slider; fi   # one for both ends
fails info-of-weights 1 'database' "$dfi" database info "$source/weights/vgg19-slim.safetensors"

succeeds weights-import "$dfi" weights import "$source/weights/vgg19-slim.safetensors" imported.safetensors
succeeds weights-info "$dfi" weights info imported.safetensors --json
if grep -q '"parameters" : 810128' out && grep -q '"architecture" : "vgg19"' out && grep -q '"sha256" : "[0-9a-f]\{64\}"' out
then ok weights-info-json; else not_ok weights-info-json; fi
succeeds weights-import-half "$dfi" weights import imported.safetensors half.safetensors --half
"$dfi" weights info half.safetensors --json >again 2>err
"$dfi" weights info "$source/weights/vgg19-slim.safetensors" --json >slim 2>>err
if [ "$(grep sha256 again)" = "$(grep sha256 slim)" ]; then ok weights-there-and-back; else not_ok weights-there-and-back; fi
# Layers that are called otherwise: no encoder as it is, but it can be imported.
LC_ALL=C sed 's/features\./vgg.part./g' "$source/weights/vgg19-slim.safetensors" >other.safetensors
fails weights-want-import 1 'import it first' edit --set smiling=2 --eyes $eyes --weights other.safetensors
fails weights-are-picture 1 'but a picture.' edit --set smiling=2 --eyes $eyes --weights "$photo"
fails database-is-picture 1 'is no safetensors file' edit --set smiling=2 --eyes $eyes --database "$photo"
cp other.safetensors model-00002-of-00003.safetensors
LC_ALL=C sed -i 's/vgg.part.0\./vgg.parT.0x/g' model-00002-of-00003.safetensors
fails weights-are-shard 1 'one of several parts' edit --set smiling=2 --eyes $eyes --weights model-00002-of-00003.safetensors
fails weights-want-import-features 1 'import it first' "$dfi" features "$photo" result.png --weights other.safetensors
succeeds weights-import-other "$dfi" weights import other.safetensors imported.safetensors --half
"$dfi" weights info imported.safetensors --json >again 2>err
if [ "$(grep sha256 again)" = "$(grep sha256 slim)" ]; then ok weights-other; else not_ok weights-other; fi
fails weights-import-photo 1 'astronaut.png' "$dfi" weights import "$photo" result.png
fails weights-import-input 2 '--input' "$dfi" weights import half.safetensors result.png --input rgb
for command in weights database; do
  fails $command-alone 2 'Usage' "$dfi" $command
  fails $command-unknown 2 'Usage' "$dfi" $command paint
done
for input in torchvision caffe; do
  "$dfi" weights import half.safetensors $input.safetensors --input $input >out 2>err
  if [ $? = 0 ] && [ -s $input.safetensors ]; then ok weights-import-$input; else not_ok weights-import-$input; fi
done
fails weights-import-nowhere 1 '“nowhere.pth” cannot be read: No such file' "$dfi" weights import nowhere.pth result.png
fails weights-import-folder 1 '“.” cannot be read: ' "$dfi" weights import . result.png
fails weights-alone 2 'Usage' "$dfi" weights
fails weights-info-database 1 'holds “database” where “encoder” is wanted' "$dfi" weights info "$source/resources/faces.safetensors"

build () { "$dfi" database build --images "$work" --out result.png "$@"; }
printf 'file,a\nx.png,0.5\n' >scores.csv
fails build-no-labels 2 '--labels' build
fails build-half-a-face 2 '--mouth' build --labels scores.csv --eyes 1,2,30,2
fails build-scores 1 'give a threshold' build --labels scores.csv
fails build-few 1 'at least 20 pictures' build --labels scores.csv --threshold 0.2 --no-align
fails build-shard 1 'no shard' build --labels scores.csv --threshold 0.2 --no-align --shard 3/2
{ echo file,a; for ((i = 0; i < 30; i++)); do echo "gone$i.png,1"; done; } >gone.csv
fails build-most-gone 1 'Only 0 of the 30 pictures that the labels name are in the folder' build --labels gone.csv --no-align
grep -q -- '--allow-missing' err && ok build-missing-advice || not_ok build-missing-advice
fails build-all-gone 1 'Only 0 of the 30' build --labels gone.csv --no-align --allow-missing --report left-out.txt
if [ "$(wc -l <left-out.txt)" = 30 ] && grep -q '30 of 30 pictures' err && [ "$(grep -c '^  gone' err)" = 5 ]
then ok build-report; else not_ok build-report; fi
mkdir label && cp "$photo" label/ && cp "$photo" 'label/b, "c".png' && echo x >label/notes.txt
"$dfi" database label --images label --out scores2.csv >out 2>err
if [ $? = 0 ] && [ "$(cut -d, -f1 scores2.csv | head -2 | tr '\n' ' ')" = 'file astronaut.png ' ] && grep -q '^"b, ""c"".png",' scores2.csv &&
   [ "$(wc -l <scores2.csv)" = 3 ] && grep -q 'notes.txt' err && grep -q '2 pictures; 1 files' out &&
   awk -F, 'NR == 1 { for (i = 2; i <= NF; i++) { if ($i == "smiling") s = i; if ($i == "eyeglasses") g = i } }
            NR == 2 { exit ! ($s > 0 && $g < 0) }' scores2.csv
then ok label; else not_ok label; fi
if [ -e /dev/full ]; then
  "$dfi" database label --images label --out again.csv --report /dev/full >out 2>err
  if [ $? = 1 ] && grep -q '“/dev/full” cannot be written' err; then ok report-full; else not_ok report-full; fi
fi
fails label-feeds-build 1 'at least 20 pictures; the labels have 2' "$dfi" database build --images label --labels scores2.csv \
  --threshold 0 --out result.png
mkdir none && echo x >none/notes.txt
fails label-nothing 1 'None of the 1 files' "$dfi" database label --images none --out result.png
fails label-no-folder 1 '“nowhere” cannot be read: No such file or directory.' "$dfi" database label --images nowhere --out result.png
fails label-usage 2 '--images' "$dfi" database label --out result.png
fails merge-nothing 2 'partial files' "$dfi" database merge --out result.png
fails merge-no-part 1 'partial' "$dfi" database merge "$source/resources/faces.safetensors" --out result.png

# ---------- many photographs ----------

many () { "$dfi" edit --set smiling=2 --iterations 2 "$@"; }
mkdir photos && cp "$photo" photos/b.png && cp "$photo" photos/a.PNG && cp "$photo" photos/c.jpg && cp "$photo" -- -dash.png
echo 'not a picture' >photos/broken.jpg; echo 'no photograph' >photos/notes.txt; cp plain.ppm photos/faceless.ppm
many photos/b.png first.png 2>/dev/null
many photos --out edited --report failed.txt --json >report 2>err
if [ $? = 1 ] && [ "$(ls edited | tr '\n' ' ')" = "a.PNG b.png c.jpg " ] && cmp -s first.png edited/a.PNG &&
   [ "$(head -c 3 edited/c.jpg | od -An -tx1)" = " ff d8 ff" ]
then ok batch-goes-on; else not_ok batch-goes-on; fi
if [ "$(cut -f1 failed.txt | tr '\n' ' ')" = "photos/broken.jpg photos/faceless.ppm " ] && grep -q 'photos/broken.jpg.*of a kind that can be read' failed.txt &&
   grep -q '2 of 5 photographs' err && grep -q 'photos/faceless.ppm: No face' err
then ok batch-report; else not_ok batch-report; fi
if [ "$(grep -c '"photo"' report)" = 5 ] && [ "$(grep -c '"error"' report)" = 2 ] && [ "$(grep -c '"yaw"' report)" = 3 ]
then ok batch-json; else not_ok batch-json; fi
rm photos/broken.jpg photos/faceless.ppm
succeeds batch-jobs many --out more --jobs 3 -- photos/a.PNG photos/b.png -dash.png
if [ "$(ls more | tr '\n' ' ')" = "-dash.png a.PNG b.png " ]; then ok batch-jobs-names; else not_ok batch-jobs-names; fi
fails batch-same-name 1 'would both become “more/b.png”' many photos photos/b.png --out more
fails batch-into-itself 1 'would be written over' many photos/b.png photos/a.PNG --out photos
fails batch-report-is-photo 1 'would be written over' many photos/b.png --out more --report photos/b.png
mkdir none
fails batch-empty 1 'no pictures in the folder “none”' many none --out more
fails batch-no-folder 1 'nowhere.png' many nowhere.png --out more
fails batch-unwritable 1 'cannot be written' many photos --out first.png
fails batch-attribute 1 'smiling' "$dfi" edit photos --out more --set smilling=2
fails batch-eyes 2 '--eyes and --vectors' many photos --out more --eyes $eyes
fails batch-jobs-none 2 '--jobs' many photos --out more --jobs 0
fails jobs-alone 2 'go with --out' many photos/b.png result.png --jobs 2
fails out-alone 2 'name photographs' many --out more

# ---------- what goes out ----------

cp "$photo" mine.png; ln mine.png twin.png; sum=$(sha256sum <mine.png)
fails over-itself 1 'would be written over' many mine.png mine.png
fails over-its-link 1 'would be written over' many mine.png twin.png
fails features-over-itself 1 'would be written over' "$dfi" features mine.png twin.png
fails faces-over-itself 1 'would be written over' "$dfi" faces mine.png --draw twin.png
fails weights-over-itself 1 'would be written over' "$dfi" weights import mine.png mine.png
fails merge-over-itself 1 'would be written over' "$dfi" database merge mine.png --out twin.png
if [ "$sum" = "$(sha256sum <mine.png)" ]; then ok inputs-untouched; else not_ok inputs-untouched; fi
succeeds dash-behind-separator many -- -dash.png -out.png
succeeds separator many -- mine.png out.png
if cmp -s ./-out.png out.png; then ok same-behind-separator; else not_ok same-behind-separator; fi
full () { "$@" >/dev/full; }
if [ -e /dev/full ]; then
  fails full-info 1 '“standard output” cannot be written' full "$dfi" database info "$source/resources/faces.safetensors"
  fails full-json 1 '“standard output” cannot be written' full many mine.png out.png --json
  fails full-help 1 '“standard output” cannot be written' full "$dfi" edit --help
fi

# ---------- a disk without room, a folder that cannot be written ----------

# Every output: a sentence, status 1, and nothing in the folder.
outputs () {   # NAME FOLDER TEXT OUTPUT...
  local name=$1 folder=$2 text=$3 what status left
  shift 3
  for what; do
    case $what in
      edit) "$dfi" edit "$photo" "$folder/a.png" --iterations 1 --set smiling=1 --eyes $eyes ;;
      batch) many "$photo" --out "$folder" ;;
      report) "$dfi" edit photos notes.txt --out more --set smiling=1 --iterations 1 --report "$folder/a.txt" ;;
      draw) "$dfi" faces "$photo" --draw "$folder/a.png" ;;
      vectors) "$dfi" edit "$photo" more/b.png --iterations 1 --set smiling=1 --eyes $eyes --vectors "$folder/a.safetensors" ;;
      features) "$dfi" features "$photo" "$folder/a.safetensors" ;;
      import) "$dfi" weights import "$source/weights/vgg19-slim.safetensors" "$folder/a.safetensors" ;;
      half) "$dfi" weights import "$source/weights/vgg19-slim.safetensors" "$folder/a.safetensors" --half ;;
      label) "$dfi" database label --images label --out "$folder/a.csv" ;;
      label-report) "$dfi" database label --images label --out more/a.csv --report "$folder/a.txt" ;;
      build) "$dfi" database build --images same --labels same.csv --no-align --size 96 --rows 4 --out "$folder/a.safetensors" ;;
      shard) "$dfi" database build --images same --labels same.csv --no-align --size 96 --rows 4 --shard 1/2 \
               --out "$folder/a.part" ;;
      merge) "$dfi" database merge more/one.part --out "$folder/a.basis" ;;
      build-report) "$dfi" database build --images same --labels gap.csv --no-align --size 96 --rows 4 --out more/a.safetensors \
               --report "$folder/a.txt" ;;
    esac >out 2>err
    status=$?
    left=$(ls -A "$folder" | grep -v '^\.fill$')
    # Of a list that could not be written an empty file stays.
    case $what in *report) [ -s "$folder/a.txt" ] || left=${left/a.txt/} ;; esac
    if [ $status = 1 ] && grep -q "$text" err && [ -z "$left" ]
    then ok "$name-$what"; else not_ok "$name-$what"; echo "# status $status, left: $left"; fi
    rm -f "$folder"/a.*
  done
}
mkdir -p same && { echo file,a; for i in $(seq 24); do
  { printf 'P6 96 96 255\n'; head -c 27648 /dev/urandom; } >same/$i.ppm; echo "$i.ppm,$((i % 2))"; done; } >same.csv
{ cat same.csv; echo gone.ppm,1; } >gap.csv   # a picture that is missing, to be listed
echo 'no photograph' >notes.txt
succeeds whole-shard "$dfi" database build --images same --labels same.csv --no-align --size 96 --rows 4 --shard 1/1 --out more/one.part
if [ "$(id -u)" = 0 ] && mkdir -p small && mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
  trap 'umount small; cd /; rm -rf "$work"' EXIT
  outputs full small 'No space left' edit batch draw vectors features import half build shard merge
  head -c 16k /dev/zero >small/.fill
  outputs fuller small 'No space left' report label label-report build-report
  umount small; trap 'rm -rf "$work"' EXIT
fi
if [ "$(id -u)" = 0 ] && mkdir -p readonly && mount -t tmpfs -o ro tmpfs readonly 2>/dev/null; then
  trap 'umount readonly; cd /; rm -rf "$work"' EXIT
  outputs readonly readonly 'Read-only file system' edit batch draw vectors features import half build shard merge report label \
    label-report build-report
  umount readonly; trap 'rm -rf "$work"' EXIT
fi

# Ctrl+C ends the program while a large AVIF is read, which libraries do in one go: by then it has had a part of the processor time that
# reading takes, in hundredths of a second.
spent () { awk -v at="$2" '{ sub (/.*\) /, ""); print $(at - 2) + $(at - 1) }' "/proc/$1/stat"; }   # PID FIELD of proc(5)
if vips zoom "$photo" zoomed.v 12 12 2>/dev/null && vips heifsave zoomed.v large.avif --compression av1 --effort 0 2>/dev/null; then
  before=$(spent $$ 16)
  vips avg large.avif >/dev/null
  whole=$(($(spent $$ 16) - before))
  case $(trap) in *SIGINT*) signal=TERM ;; *) signal=INT ;; esac   # where whoever runs the test ignores it
  set -m   # or what runs beside the shell ignores it, too
  "$dfi" features large.avif result.safetensors >out 2>err & pid=$!
  set +m
  while kill -0 $pid && [ "$(spent $pid 14)" -lt $((whole / 8)) ]; do sleep 0.01; done 2>/dev/null
  before=$(spent $$ 16)
  kill -$signal $pid
  wait $pid
  status=$?
  used=$(($(spent $$ 16) - before))
  if [ $status -gt 128 ] && [ $used -lt $((whole / 2)) ] && ! [ -e result.safetensors ]; then ok interrupted; else not_ok interrupted; fi
  rm -f zoomed.v large.avif
fi

echo "1..$n"
