# Presets: saved, loaded, replaced and deleted, and what can go wrong with them.

presets=$(folder_of_dialog)/presets.ini
n_presets () { [ "$(grep -c '^\[' "$presets" 2>/dev/null)" = "$1" ]; }
# Loads a preset, whose picture is known, by its name: loading it again does no harm.
loads () { named "$1"; key Return; wait_for 5 becomes presets-edited "$2"; }
named () { key alt+p ctrl+a; timeout 5 xdotool type -- "$1"; sleep 0.3; }

ask '(show-instead (two-faces))'
check "presets: the window opens" open_dialog
check "presets: the photograph is shown" start_afresh presets-found
smile
wait_for 20 picture_changes presets-found presets-edited
wait_for 20 settled presets-edited

name='Big [1] = "x"\;#'
named "$name"; key alt+v
check "presets: one is saved, whatever its name" wait_for 10 n_presets 1
named "$name"; key alt+v; sleep 1
check "presets: a second of its name takes its place" n_presets 1
named 'another'; key Return
check "presets: Enter saves what is new" wait_for 10 n_presets 2
key alt+r
check "presets: Reset" wait_for 20 becomes presets-found presets-reset
check "presets: Enter loads what there is" wait_for 20 loads "$name" presets-loaded
key alt+r; wait_for 20 becomes presets-found presets-reset
named ''; key Down
check "presets: one that is chosen from the list is loaded" wait_for 20 becomes presets-edited presets-chosen
named 'another'; key alt+t
check "presets: one is deleted" wait_for 10 n_presets 1
named 'another'; shot presets-before; key alt+t; sleep 1
check "presets: what is not there cannot be" n_presets 1

# Others change the file meanwhile: it names what the database has not.
printf '[strange]\nattributes=zeppelin=1.00, smiling=-2.00\noptions=sesame=1\n' >>"$presets"
key alt+r; wait_for 20 becomes presets-found presets-reset
check "presets: one that came meanwhile is loaded, and not replaced" wait_for 20 loads strange presets-strange
check "presets: Cancel closes the window" cancel "Cancel"
check "presets: the window opens again" open_dialog
wait_for 20 picture_shown presets-again
key alt+r; wait_for 20 becomes presets-found presets-reset
check "presets: what the database has of one is loaded" wait_for 20 loads strange presets-strange
wait_for 20 settled presets-strange
key alt+r; wait_for 20 becomes presets-found presets-reset
wait_for 20 loads "$name" presets-known
check "presets: and what it has not is said" wait_for 10 status_changes presets-strange presets-known

# The profile cannot be written to.
mv "$(dirname "$presets")" "$work/away" && touch "$(dirname "$presets")"
named 'third'; wait_for 20 settled presets-before; key alt+v
check "presets: what cannot be written is said" wait_for 10 status_changes presets-before presets-unwritten
rm "$(dirname "$presets")" && mv "$work/away" "$(dirname "$presets")"
check "presets: and those that there are stay" n_presets 2

# The file is no such file.
cp "$presets" "$work/presets" && echo rubbish >"$presets"
named 'third'; shot presets-before; key alt+v
check "presets: a file that cannot be read is said" wait_for 10 status_changes presets-before presets-unread
check "presets: and stays as it is" grep -qx rubbish "$presets"
cp "$work/presets" "$presets"
press_ok
check "presets: OK edits by the one that was loaded" wait_for 60 image_is "layers 2 changed Smiling -2.0"
rm "$presets"
