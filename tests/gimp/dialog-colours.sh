# The picture shows an image in its true colours, whatever profile it has.

# looks NAME EXPRESSION: shows the dialog for the image that EXPRESSION makes.
looks () {
  ask "(show-instead $2)"
  check "$1: the window opens" open_dialog
  check "$1: the face is shown" wait_for 20 picture_shown "$1"
  check "$1: the preview is done" wait_for 40 settled "$1"
  check "$1: Cancel closes the window" cancel "Cancel"
}
# Rounding to another profile's 8 bits may bring other faces among the few that a change is made of, which shows in a place or two; wrong
# colours show in every pixel of some 130,000.
same_picture () { ! least=3000 picture_differs "$@"; }

looks colours-plain '(two-faces)'
looks colours-wide '(let ((image (two-faces)))
  (convert-profile image "/usr/share/color/icc/ghostscript/rommrgb.icc") image)'
check "a wide profile changes nothing of what is shown" same_picture colours-plain colours-wide
