# What people do in the dialog: look, move a slider, choose another face, cancel, and edit.

check "the menu's action opens a window" open_dialog
since "$started" "window"
check "the faces are found" wait_for 20 picture_shown 1-found
since "$started" "faces"
smile
started=$(date +%s%3N)
check "a slider changes the preview" wait_for 60 picture_changes 1-found 2-preview
since "$started" "slider to preview"
check "the preview comes to rest" wait_for 40 settled 2-preview
press 200 200
check "pressing on the picture shows the original" wait_for 20 becomes 1-found 3-original
xdotool mouseup 1
check "and no longer the preview" wait_for 20 becomes 2-preview 3-preview
click 112 $faces_height
other_shown () { shot 4-other; picture_differs 1-found 4-other && picture_differs 2-preview 4-other; }
check "the other face's small picture shows it, too" wait_for 20 other_shown
key alt+e
check "the eyes are chosen in the whole layer" wait_for 20 picture_changes 4-other eyes
eye 202 101; eye 244 103
check "two clicks on the eyes show the face" wait_for 20 picture_changes eyes 5-face
key alt+m; sleep 1; shot 6-options
key alt+d Down
check "a database of the user's that does not fit has no sliders" wait_for 20 sliders_change 6-options 7-misfit
key alt+d Up
check "the bundled database has its sliders again" wait_for 20 sliders_change 7-misfit 8-again
key alt+h
check "Help opens the page" wait_for 20 grep -qs 'dfi/help/en/index\.html' "$work/browser"
check "Cancel closes the window" cancel "Cancel"
check "Cancel changes nothing" image_is "$untouched"

check "the window opens again" open_dialog
check "Cancel closes the window during the search for faces" cancel "Cancel during the search"
check "Cancel during the search changes nothing" image_is "$untouched"

check "the window opens once more" open_dialog
wait_for 20 picture_shown 1-found
smile
check "Cancel closes the window during work" cancel "Cancel during work"
check "Cancel during work changes nothing" image_is "$untouched"

check "the window opens for OK" open_dialog
wait_for 20 picture_shown 1-found
smile; sleep 1; started=$(date +%s%3N); press_ok
check "OK ends with the edit" wait_for 60 image_is "layers 2 changed Smiling -2.0"
since "$started" "OK to layer"
