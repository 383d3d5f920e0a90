# The picture: the wheel zooms, a drag moves, a line parts before and after, and it grows with the window.

wheel () { xdotool mousemove --window "$window" 200 200 click --repeat "$2" "$1"; sleep 0.5; }
drag () { xdotool mousemove --window "$window" "$1" "$2" mousedown 1; xdotool mousemove --window "$window" "$3" "$4"; sleep 0.2
          xdotool mousemove --window "$window" "$3" "$4" mouseup 1; sleep 0.5; }
middle=$((left + width / 2))

ask '(show-instead (two-faces))'
check "pane: the window opens" open_dialog
check "pane: the photograph is shown" start_afresh pane-found
smile; wait_for 20 picture_changes pane-found pane-edited; wait_for 20 settled pane-edited
wheel 4 5
check "pane: the wheel zooms" wait_for 10 picture_changes pane-edited pane-zoomed
wait_for 20 settled pane-zoomed
drag 200 200 120 150
check "pane: a drag moves what is zoomed" wait_for 10 picture_changes pane-zoomed pane-moved
wheel 5 8
check "pane: the wheel zooms back" wait_for 20 becomes pane-edited pane-back
key alt+s
check "pane: a line parts before and after" wait_for 10 picture_changes pane-edited pane-split
drag $middle 300 330 300
check "pane: the line can be dragged" wait_for 10 picture_changes pane-split pane-line
key alt+s
xdotool windowsize "$window" 1240 890
is_larger () { shot pane-large; differs 450x500+12+60 pane-edited pane-large; }
check "pane: the picture grows with the window" wait_for 10 is_larger
xdotool windowsize "$window" 1040 820; wait_for 10 becomes pane-edited pane-back
key alt+1
check "pane: it shows in its own size" wait_for 10 picture_changes pane-edited pane-full
key alt+1
check "pane: and fits again" wait_for 10 becomes pane-edited pane-fit
key alt+r
check "pane: Cancel closes the window" cancel "Cancel"

# Eyes of a large photograph, which the picture shows reduced, are clicked in its own pixels.
ask '(show-instead (large-face))'
check "eyes: the window opens" open_dialog
wait_for 20 picture_shown pane-found
smile; wait_for 20 picture_changes pane-found pane-edited
key alt+e; wait_for 10 picture_changes pane-edited pane-eyes
key alt+1; wait_for 10 picture_changes pane-eyes pane-eyes-full
# One that is not scrolled is in the middle, and small pictures of faces are not there.
click $((middle - 168)) $((height + 32 - 8)); click $((middle + 168)) $((height + 32 + 8))
wait_for 10 picture_changes pane-eyes-full pane-eyes-clicked
press_ok
check "eyes: OK edits the face" wait_for 60 image_is "layers 2 changed Smiling -2.0"
ask '(say (width-of (car (layers image))))'
check "eyes: where they were clicked" [ "$answer" -gt 1000 ]
