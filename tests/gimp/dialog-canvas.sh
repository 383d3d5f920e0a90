# The operation dfi:edit-face, with GIMP's own preview on the canvas.

# The height of the first slider in the window, and a place on the screen where the canvas is empty, below the image and beside the ruler.
if [ "$generation" = 2 ]; then slider=170 empty_x=412 empty_y=810 top=184; else slider=87 empty_x=216 empty_y=612 top=80; fi

# How many pixels of GEOMETRY, a line across the canvas, come before the image.
before_image () {
  local empty
  empty=$(convert "$pictures/canvas-before.png" -crop 1x1+$empty_x+$empty_y -depth 8 rgb:- | od -An -tu1)
  convert "$pictures/canvas-before.png" -crop "$1" +repage -depth 8 rgb:- | od -An -v -w3 -tu1 | awk -v empty="$empty" '
    BEGIN { split (empty, e) }
    { for (c = 1; c <= 3; c++) if (($c - e[c]) ^ 2 > 64) { print NR - 1; exit } }'
}

# Where the image lies, two thirds as large as it is: its corner, the middle and the top of the mouth, and the line of the split view at
# first. GIMP does not always put it into the same place.
find_image () {
  corner_x=$((empty_x + $(before_image 400x1+$empty_x+420)))
  corner_y=$((top + $(before_image 1x300+$((corner_x + 100))+$top)))
  mouth_x=$((corner_x + 150)) mouth_y=$((corner_y + 87)) line_x=$((corner_x + 341))
}

operation () { find_window '^(Edit Face|GEGL Operation)'; }
no_operation () { ! operation; }
screen () { import -window root "$pictures/$1.png"; }
mouth_differs () { least=60 differs "34x16+$((mouth_x - 17))+$mouth_y" "$@"; }
left_differs () { least=30 differs "15x16+$((mouth_x - 17))+$mouth_y" "$@"; }
right_differs () { least=30 differs "15x16+$((mouth_x + 2))+$mouth_y" "$@"; }
mouth_changes () { screen "$2"; mouth_differs "$@"; }
mouth_becomes () { screen "$2"; ! mouth_differs "$@"; }
split () { screen canvas-split; left_differs canvas-before canvas-split && ! right_differs canvas-before canvas-split; }

# GIMP 2.10 has no menu entry for it: it is the ninth of the list of the others.
open_operation () {
  if [ "$generation" = 3 ]; then run_action 'Edit Face' && wait_for 20 operation
  else run_action 'GEGL Operation' && wait_for 20 operation && sleep 1 && xdotool windowfocus --sync "$window" key --repeat 9 Down; fi
}
# Beside the face.
move_operation () { xdotool windowmove --sync "$window" 850 100; sleep 1; }
frown () {
  eval "$(xdotool getwindowgeometry --shell "$window")"   # sets WIDTH
  click $((WIDTH - 78)) $slider
  key ctrl+a; xdotool type -- '-2'
  started=$(date +%s%3N)
  key Tab
}

ask '(show-instead (two-faces))' && sleep 1
xdotool search --onlyvisible --name '^Welcome' windowunmap 2>/dev/null
check "canvas: the operation opens" open_operation
move_operation; screen canvas-before; find_image
frown
check "canvas: a slider changes the canvas" wait_for 60 mouth_changes canvas-before canvas-edited
since "$started" "slider to canvas"
operation && key alt+v
xdotool mousemove $line_x $((corner_y + 100)) mousedown 1; sleep 0.3
xdotool mousemove $((mouth_x + 30)) $((corner_y + 100)); sleep 0.1; xdotool mousemove $mouth_x $((corner_y + 100)) mouseup 1
check "canvas: a line parts after and before" wait_for 20 split
operation && key Escape
check "canvas: Cancel closes the window" wait_for 10 no_operation
check "canvas: and brings the photograph back" wait_for 20 mouth_becomes canvas-before canvas-cancelled
check "canvas: Cancel changes nothing" image_is "$untouched"

open_operation && move_operation && frown
operation && key alt+o
check "canvas: OK closes the window" wait_for 60 no_operation
check "canvas: OK changes the image" wait_for 20 image_is "layers 1 changed Background"
# GIMP merges tile by tile, and answers meanwhile.
check "canvas: as the layer of the same edit would" wait_for 20 says '(let ((expected (two-faces)))
  (run-edit RUN-NONINTERACTIVE expected (active expected) "smiling=-2" "1" 0 0 0 0 0 "")
  (say (difference (flattened image) (flattened expected) 0.006 0 0 1024 512)))' 0.0

open_operation && move_operation && frown; sleep 0.5
check "canvas, image closed: GIMP goes on" ask '(show-instead (two-faces))'
check "canvas, image closed: its window has gone" wait_for 10 no_operation
check "canvas, image closed: nothing crashed" nothing_crashed
