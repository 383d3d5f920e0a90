# Sliders: what finds them, and that each can be switched off and on.

look_for () { key ctrl+a; timeout 5 xdotool type "$1"; sleep 0.5; shot "$2"; }
same_sliders () { ! sliders_differ "$@"; }
# Below the first slider that is found, or the sentence that there is none.
nothing_below () { ! differs 560x100+440+190 "$@"; }

ask '(show-instead (two-faces))'
check "sliders: the window opens" open_dialog
check "sliders: the photograph is shown" start_afresh sliders-found
finds_nothing () { look_for zeppelin sliders-none; sliders_differ sliders-found sliders-none; }
check "sliders: a search can find nothing" wait_for 10 finds_nothing
check "sliders: which leaves the picture where it is" wait_for 10 becomes sliders-found sliders-none
both_find () {   # WORD NAME
  look_for "$2" sliders-name
  look_for "$1" sliders-word
  sliders_differ sliders-none sliders-word && same_sliders sliders-name sliders-word
}
while read -r word name; do
  check "sliders: “$word” finds “$name”" wait_for 10 both_find "$word" "$name"
done <<END
fringe bangs
spectacles eyeglasses
moustache mustache
blonde blond-hair
younger youth
elderly youth
happy frowning
END
finds_one () { look_for frowning sliders-one; sliders_differ sliders-none sliders-one && nothing_below sliders-none sliders-one; }
check "sliders: an attribute and its opposite are one slider" wait_for 10 finds_one
finds_several () { look_for beard sliders-beards; ! nothing_below sliders-none sliders-beards; }
check "sliders: there are several beards" wait_for 10 finds_several

look_for '' sliders-all
smile   # what was typed counts when the focus goes on: not to the switch yet, which could not be pressed before
wait_for 20 picture_changes sliders-found sliders-edited
check "sliders: the preview is done" wait_for 20 settled sliders-edited
key shift+Tab space
check "sliders: one that is switched off changes nothing" wait_for 20 becomes sliders-found sliders-off
least=100 check "sliders: it shows that it is off" sliders_differ sliders-edited sliders-off   # GIMP 3 dims little
key space
check "sliders: switched on it has its value" wait_for 20 becomes sliders-edited sliders-on
key space; wait_for 20 becomes sliders-found sliders-off
check "sliders: Cancel closes the window" cancel "Cancel"

check "sliders: the window opens again" open_dialog
wait_for 20 picture_shown sliders-kept
still_off () { look_for smiling sliders-kept; same_sliders sliders-off sliders-kept; }
check "sliders: what was switched off still is" wait_for 10 still_off
# Slider and number cannot be reached meanwhile: the switch comes next.
key Tab Tab space
check "sliders: and can be switched on" wait_for 20 becomes sliders-edited sliders-back
press_ok
check "sliders: OK edits by its value" wait_for 60 image_is "layers 2 changed Smiling -2.0"
