# What the dialog edits is gone when OK is pressed: the answer is a sentence in the window, and nothing crashes.

# gone NAME EXPRESSION: opens the dialog on a new image, moves a slider, lets EXPRESSION be done to the image, and presses OK.
gone () {
  ask '(show-instead (two-faces))'
  check "$1: the window opens" open_dialog
  check "$1: the photograph is shown" start_afresh gone-found
  smile; wait_for 20 picture_changes gone-found gone-edited; wait_for 20 settled gone-edited
  ask "$2"
  opened && shot gone-before
  key alt+o
  check "$1: OK says so" wait_for 10 status_changes gone-before "gone-$(echo "$1" | tr ' ' -)"
  check "$1: the window is still there" opened
  check "$1: Cancel closes it" cancel "Cancel"
  check "$1: nothing crashed" nothing_crashed
}

gone "layer deleted" '(let ((layer (active image)))
  (gimp-image-insert-layer image (copy-layer layer) 0 1) (gimp-image-remove-layer image layer))'
gone "layer moved" '(gimp-layer-set-offsets (active image) 5 5)'
gone "layer made indexed" '(gimp-image-convert-indexed image CONVERT-DITHER-NONE CONVERT-PALETTE-GENERATE 64 FALSE FALSE "")'
gone "layer without undo" '(let ((layer (active image)))
  (gimp-image-undo-disable image) (gimp-image-insert-layer image (copy-layer layer) 0 1) (gimp-image-remove-layer image layer))'
gone "image closed" '(begin (gimp-display-delete view) (set! view (car (gimp-display-new (two-faces)))))'

# Meanwhile something else is asked of the layer: another face, the eyes.
ask '(show-instead (two-faces))'
check "image closed, then clicks: the window opens" open_dialog
wait_for 20 picture_shown gone-found
ask '(begin (gimp-display-delete view) (set! view (car (gimp-display-new (two-faces)))))'
opened && click 112 $faces_height && key alt+e && sleep 1 && key alt+m
check "image closed, then clicks: the window is still there" opened
check "image closed, then clicks: Cancel closes it" cancel "Cancel"
check "image closed, then clicks: nothing crashed" nothing_crashed

# During the search for faces, at any time of it: the picture is so large that it takes a while.
for delay in 0 0.2 0.4; do
  ask '(show-instead (let ((image (two-faces))) (gimp-image-scale image 4096 2048) image))'
  check "image closed $delay s into the search: the window opens" open_dialog
  sleep $delay
  ask '(begin (gimp-display-delete view) (set! view (car (gimp-display-new (two-faces)))))'
  sleep 3
  check "image closed $delay s into the search: the window is still there" opened
  shot gone-search
  check "image closed $delay s into the search: Cancel closes it" cancel "Cancel"
  check "image closed $delay s into the search: nothing crashed" nothing_crashed
done
