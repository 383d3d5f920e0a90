# What was set comes up again in a new window, also after Cancel.

ask '(show-instead (two-faces))'
check "memory: the window opens" open_dialog
wait_for 20 picture_shown memory-found
is_large () { xdotool getwindowgeometry "$window" | grep -q 'Geometry: 1180x860'; }
smile; look_for_another; xdotool mousemove 0 0
xdotool windowsize "$window" 1180 860; wait_for 10 is_large; wait_for 20 settled memory-few
key alt+a
check "memory: all attributes are shown" wait_for 10 sliders_change memory-few memory-set
check "memory: Cancel closes the window" cancel "Cancel"

check "memory: the window opens again" open_dialog
wait_for 20 picture_shown memory-again
check "memory: it is as large as it was" is_large
sliders_become () { shot "$2"; ! sliders_differ "$@"; }
check "memory: all attributes are shown, as they were" wait_for 10 sliders_become memory-set memory-all
press_ok
check "memory: OK edits by the values of before" wait_for 60 image_is "layers 2 changed Smiling -2.0"

# Back to what other parts expect.
check "memory: the window opens to be reset" open_dialog
xdotool windowsize "$window" 1040 820; sleep 2; key alt+a alt+r; sleep 1
check "memory: Cancel closes the window that was reset" cancel "Cancel"

# It is whole on a screen of 1600 x 1000 where everything is twice as large.
memory=$(folder_of_dialog)/dialog.ini
sed -i -e 's/^width=.*/width=100/' -e 's/^height=.*/height=100/' "$memory"
fits () {
  eval "$(xdotool getwindowgeometry --shell "$window")"   # sets WIDTH and HEIGHT
  echo "# at least $WIDTH x $HEIGHT"
  [ "$WIDTH" -le 800 ] && [ "$HEIGHT" -le 500 ]
}
check "memory: the window opens small" open_dialog
wait_for 20 picture_shown memory-again
key alt+m; sleep 1; shot memory-small
check "memory: with all its options it fits half a small screen" fits
xdotool windowsize "$window" 1040 820; sleep 2; key alt+m; sleep 1
check "memory: Cancel closes the small window" cancel "Cancel"
