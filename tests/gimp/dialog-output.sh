# What comes of OK: a layer, a layer with a mask, or in GIMP 3 an effect of the layer, which XCF files keep and which is edited again.

# kind N: of the result, counted from 0, of those that the dialog offers.
kind () { key alt+m; sleep 0.5; key alt+k Home; for ((i = 0; i < $1; i++)); do key Down; done; sleep 0.5; }

ask '(show-instead (two-faces))'
check "output: the window opens for a mask" open_dialog
wait_for 20 picture_shown output-found
value -2; kind 1; sleep 1; shot output-mask
press_ok
check "output: OK adds a layer" wait_for 60 image_is "layers 2 changed Smiling -2.0"
check "output: with a mask, and opaque itself" \
  says '(let ((top (car (layers image)))) (say (> (car (gimp-layer-get-mask top)) 0) (cadr (list-ref (marks top) 3))))' '#t0.0'

if [ "$generation" = 3 ]; then
  effects='(say (length (layers image)) " " (n-effects (car (reverse (layers image)))))'
  has_effects () { ask "$effects" && [ "$answer" = "$1" ]; }
  looks_the_same () { says '(say (equal? (marks-of-all) kept))' '#t'; }
  at_rest () { ask '(set! kept (marks-of-all))'; sleep 2; looks_the_same; }   # a draft comes first
  ask '(begin (show-instead (two-faces)) (set! kept (marks-of-all)))'
  check "effect: the window opens" open_dialog
  wait_for 20 picture_shown output-found
  value -2; sleep 1; click 112 $faces_height; sleep 0.5; look_for_another; value 2; sleep 1
  kind 2; shot effect-chosen
  press_ok
  check "effect: OK adds it to the layer" wait_for 60 has_effects "1 1"
  check "effect: it changes how the image looks" says '(say (equal? (marks-of-all) kept))' '#f'
  check "effect: it comes to rest" wait_for 60 at_rest
  ask '(show-instead (reloaded))'
  check "effect: the file keeps it" says "$effects" "1 1"
  check "effect: and it looks the same" wait_for 60 looks_the_same

  check "effect: the window opens on it" open_dialog
  check "effect: with its values" wait_for 60 picture_shown effect-again
  sleep 2; shot effect-again
  press_ok
  check "effect: OK replaces it" wait_for 60 image_is "layers 1 changed Background"
  check "effect: by one alone" says "$effects" "1 1"
  undo
  check "effect: one undo brings the old one back" wait_for 10 has_effects "1 1"
  check "effect: of the same values" wait_for 60 looks_the_same

  ask '(gimp-image-select-rectangle image CHANNEL-OP-REPLACE 100 0 300 300)'
  check "effect: the window opens with a selection" open_dialog
  wait_for 60 picture_shown effect-selected
  wait_for 20 settled effect-selected
  key alt+o
  check "effect: OK says that a selection is in the way" wait_for 10 status_changes effect-selected effect-refused
  check "effect: and the window stays" opened
  kind 0; press_ok
  check "effect: OK takes a new layer instead" wait_for 60 has_effects "2 0"
fi

# Back to what other parts expect.
ask '(show-instead (two-faces))'
check "output: the window opens to be reset" open_dialog
wait_for 20 picture_shown output-reset; key alt+r; sleep 1
check "output: Cancel closes it" cancel "Cancel"
