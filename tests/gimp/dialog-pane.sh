# The picture: the wheel zooms, a drag moves, a line parts before and after, and it grows with the window.

wheel () { xdotool mousemove --window "$window" 200 200 click --repeat "$2" "$1"; sleep 0.5; }
drag () { xdotool mousemove --window "$window" "$1" "$2" mousedown 1; xdotool mousemove --window "$window" "$3" "$4"; sleep 0.2
          xdotool mousemove --window "$window" "$3" "$4" mouseup 1; sleep 0.5; }
same_picture () { ! picture_differs "$@"; }

ask '(show-instead (two-faces))' && sleep 1
check "pane: the window opens" open_dialog
shot pane-opened
wait_for 20 picture_changes pane-opened pane-found
smile; wait_for 20 picture_changes pane-found pane-edited; sleep 2; shot pane-edited
wheel 4 5; shot pane-zoomed
check "pane: the wheel zooms" picture_differs pane-edited pane-zoomed
drag 200 200 120 150; shot pane-moved
check "pane: a drag moves what is zoomed" picture_differs pane-zoomed pane-moved
wheel 5 8; shot pane-back
check "pane: the wheel zooms back" same_picture pane-edited pane-back
key alt+s; sleep 0.5; shot pane-split
check "pane: a line parts before and after" picture_differs pane-edited pane-split
drag 212 300 330 300; shot pane-line
check "pane: the line can be dragged" picture_differs pane-split pane-line
key alt+s; sleep 0.5
xdotool windowsize "$window" 1200 850; sleep 1; shot pane-large
check "pane: the picture grows with the window" differs 450x550+12+12 pane-edited pane-large
check "pane: Cancel closes the window" cancel "Cancel"
