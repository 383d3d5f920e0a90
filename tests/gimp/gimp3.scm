; What GIMP 3 calls differently from GIMP 2.10; gimp2.scm has the same names.

(define (load-image file) (car (gimp-file-load RUN-NONINTERACTIVE file)))
(define (save-image image file)
  (gimp-image-flatten image)
  (gimp-file-save RUN-NONINTERACTIVE image file))
(define (save-xcf image file) (gimp-xcf-save RUN-NONINTERACTIVE image file))
(define (convert-profile image file)
  (gimp-image-convert-color-profile-from-file image file COLOR-RENDERING-INTENT-RELATIVE-COLORIMETRIC FALSE))
(define (active image) (vector-ref (car (gimp-image-get-selected-layers image)) 0))
(define (activate image layer) (gimp-image-set-selected-layers image (vector layer)))
(define (layers image) (vector->list (car (gimp-image-get-layers image))))
(define (width-of drawable) (car (gimp-drawable-get-width drawable)))
(define (height-of drawable) (car (gimp-drawable-get-height drawable)))
(define (offsets-of drawable) (gimp-drawable-get-offsets drawable))

; Levels are of light here: what they take for @value, 0 to 0.04 of white in sRGB's curve, which is straight there.
(define (levels-input value) (/ value 12.92))

(define (new-layer image width height type) (car (gimp-layer-new image "layer" width height type 100 LAYER-MODE-NORMAL)))
(define (new-text image text size)
  (car (gimp-text-font image -1 0 0 text 0 TRUE size (car (gimp-context-get-font)))))
(define (new-group image) (car (gimp-group-layer-new image "group")))
(define (new-channel image width height) (car (gimp-channel-new image "channel" width height 50 '(0 0 0))))
(define (copy-layer layer) (car (gimp-layer-copy layer)))

(define (add-effect layer operation)
  (gimp-drawable-append-filter layer (car (gimp-drawable-filter-new layer operation ""))))

(define (run-edit mode image drawable attributes faces x1 y1 x2 y2 iterations database . method)
  (car (plug-in-dfi #:run-mode mode #:image image #:drawables (vector drawable) #:attributes attributes
                    #:faces faces #:x1 x1 #:y1 y1 #:x2 x2 #:y2 y2
                    #:iterations iterations #:database database #:preset (if (pair? method) (car method) "")
                    #:taps (if (> (length method) 1) (cadr method) "")
                    #:neighbours (if (> (length method) 2) (caddr method) 100))))

(define (edit-layer image drawable attributes)
  (plug-in-dfi #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector drawable) #:attributes attributes))
(define (edit-last image drawable) (plug-in-dfi #:run-mode RUN-WITH-LAST-VALS #:image image #:drawables (vector drawable)))

(define (edit-with-output image drawable attributes x1 y1 x2 y2 output)
  (car (plug-in-dfi #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector drawable) #:attributes attributes
                    #:x1 x1 #:y1 y1 #:x2 x2 #:y2 y2 #:iterations 12 #:output output)))

; What only effects know of.
(define (n-effects layer) (vector-length (car (gimp-drawable-get-filters layer))))

(define (attributes-of database) (car (plug-in-dfi-attributes #:database database)))

; As if the dialog had been used with these arguments, a list of names and values.
(define (remember arguments)
  (let ((folder (string-append gimp-directory "/plug-in-settings")))
    (dir-make folder)
    (let ((port (open-output-file (string-append folder "/GimpProcedureConfigRun-plug-in-dfi.last"))))
      (for-each (lambda (argument) (write (list (string->symbol (car argument)) (cadr argument)) port)) arguments)
      (close-output-port port))))
