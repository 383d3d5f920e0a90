; The dialog's calls, one after the other; tests/gimp/dialog presses the buttons.  Defined outside: photo.

(define image (load-image photo))
(define face (active image))

(define (call)
  (catch #f (run-edit RUN-INTERACTIVE image face "" "1" 0 0 0 0 0 ""))
  (say "layers " (length (layers image))))

(call)
(call)
(call)
(gimp-image-delete image)
(finished)
