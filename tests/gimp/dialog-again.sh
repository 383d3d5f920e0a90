# The dialog on its own result: it edits the source again, from the values of before, and replaces the result.

ask '(show-instead (two-faces))'
check "again: the window opens" open_dialog
wait_for 20 picture_shown again-found
value -2; sleep 1; click 112 $faces_height; sleep 0.5; look_for_another; value 2; sleep 1
press_ok
check "again: OK edits each face" wait_for 60 image_is "layers 2 changed Smiling -2.0; Smiling +2.0"

# What people set for the result, and what the file keeps of it.
ask '(begin (gimp-layer-set-opacity (active image) 60) (show-instead (reloaded)))'
ask '(set! kept (marks (active image)))'
check "again: the window opens on the result" open_dialog
check "again: it starts from the values of before" wait_for 60 picture_shown again-there
sleep 1; shot again-there
press_ok
check "again: OK replaces the result" wait_for 60 image_is "layers 2 changed Smiling -2.0; Smiling +2.0"
check "again: by the same, where nothing was moved" says '(say (equal? (marks (active image)) kept))' '#t'
check "again: as faint as it was" says '(say (= (round (car (gimp-layer-get-opacity (active image)))) 60))' '#t'

check "again: the window opens for other values" open_dialog
wait_for 60 picture_shown again-there
value 3; sleep 1
press_ok
check "again: OK replaces the result by another" wait_for 60 image_is "layers 2 changed Smiling +3.0; Smiling +2.0"
undo
check "again: one undo brings the old one back" wait_for 10 image_is "layers 2 changed Smiling -2.0; Smiling +2.0"

check "again: with the last values the source is meant, too" \
  says '(begin (edit-last image (active image)) (describe))' 'layers 2 changed Smiling +3.0; Smiling +2.0'
check "again: a script means the layer that it names" \
  says '(begin (edit-layer image (active image) "smiling=1") (describe))' 'layers 3 changed Smiling +1.0'

# Painted on.
ask '(begin (gimp-image-remove-layer image (car (layers image))) (activate image (car (layers image)))
            (gimp-item-set-name (active image) "Mine") (gimp-item-set-visible (active image) TRUE)
            (gimp-drawable-edit-fill (active image) FILL-WHITE))'
check "again: the window opens on a result that was painted on" open_dialog
wait_for 60 picture_shown again-there
sleep 1; shot again-by-hand
press_ok
check "again: OK keeps that" wait_for 60 image_is "layers 3 changed Smiling +3.0; Smiling +2.0"
check "again: hidden" says '(say (map (lambda (layer) (car (gimp-item-get-visible layer))) (layers image)))' '(1 0 1)'

# Its source is gone.
ask '(gimp-image-remove-layer image (list-ref (layers image) 2))'
check "again: the window opens on a result without its source" open_dialog
wait_for 60 picture_shown again-gone
value -2; sleep 1
press_ok
check "again: OK edits the result" wait_for 60 image_is "layers 3 changed Smiling -2.0"
