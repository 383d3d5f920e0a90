# Each face has its own sliders: a click switches to a face, Ctrl+click adds one, and a button takes all.

face_click () { click $((40 + 72 * ($1 - 1))) $faces_height; }
ctrl_click () { xdotool keydown ctrl; face_click "$1"; xdotool keyup ctrl; }

one_slider_differs () { least=100 sliders_differ "$@"; }

ask '(show-instead (two-faces))'
check "faces: the window opens" open_dialog
wait_for 20 picture_shown faces-found
smile
# There and back.
clicked () { face_click "$1"; shot "$2"; }
switches () {
  clicked 1 faces-first; clicked 2 faces-second; clicked 1 faces-back
  one_slider_differs faces-first faces-second && ! one_slider_differs faces-first faces-back
}
check "faces: a click shows that face's own sliders" wait_for 20 switches
face_click 2; sleep 0.5
press_ok
check "faces: OK edits the one that was changed" wait_for 60 image_is "layers 2 changed Smiling -2.0"
ask '(say (width-of (car (layers image))))'
check "faces: and no other" [ "$answer" -lt 400 ]

ask '(show-instead (two-faces))'
check "faces, Ctrl: the window opens" open_dialog
wait_for 20 picture_shown faces-found
smile; sleep 1
ctrl_click 2; sleep 1; shot faces-added
press_ok
check "faces, Ctrl: OK edits both" wait_for 60 image_is "layers 2 changed Smiling -2.0"
ask '(say (width-of (car (layers image))))'
check "faces, Ctrl: in one layer" [ "$answer" -gt 400 ]

ask '(show-instead (two-faces))'
check "faces, all: the window opens" open_dialog
wait_for 20 picture_shown faces-found
key alt+l; smile; sleep 1; shot faces-all
press_ok
check "faces, all: OK edits both" wait_for 60 image_is "layers 2 changed Smiling -2.0"
ask '(say (width-of (car (layers image))))'
check "faces, all: in one layer" [ "$answer" -gt 400 ]

ask '(show-instead (small-face-selected))'
check "faces, selection: the window opens" open_dialog
check "faces, selection: the face that is selected is found" wait_for 20 picture_shown faces-selected
smile; sleep 1; shot faces-selected
press_ok
check "faces, selection: OK edits it" wait_for 60 image_is "layers 2 changed Smiling -2.0"
ask '(say (width-of (car (layers image))))'
check "faces, selection: and not the large one" [ "$answer" -lt 200 ]
