; What GIMP 2.10 calls differently from GIMP 3; gimp3.scm has the same names.

(define (load-image file) (car (gimp-file-load RUN-NONINTERACTIVE file file)))
(define (save-image image file)
  (gimp-file-save RUN-NONINTERACTIVE image (car (gimp-image-flatten image)) file file))
(define (save-xcf image file) (gimp-xcf-save RUN-NONINTERACTIVE image 0 file file))
(define (convert-profile image file)
  (gimp-image-convert-color-profile-from-file image (string-append "file://" file) COLOR-RENDERING-INTENT-RELATIVE-COLORIMETRIC FALSE))
(define (active image) (car (gimp-image-get-active-layer image)))
(define (activate image layer) (gimp-image-set-active-layer image layer))
(define (layers image) (vector->list (cadr (gimp-image-get-layers image))))
(define (width-of drawable) (car (gimp-drawable-width drawable)))
(define (height-of drawable) (car (gimp-drawable-height drawable)))
(define (offsets-of drawable) (gimp-drawable-offsets drawable))

(define (levels-input value) value)

(define (new-layer image width height type) (car (gimp-layer-new image width height type "layer" 100 LAYER-MODE-NORMAL)))
(define (new-text image text size) (car (gimp-text-fontname image -1 0 0 text 0 TRUE size PIXELS "Sans")))
(define (new-group image) (car (gimp-layer-group-new image)))
(define (new-channel image width height) (car (gimp-channel-new image width height "channel" 50 '(0 0 0))))
(define (copy-layer layer) (car (gimp-layer-copy layer TRUE)))

(define PRECISION-U8-NON-LINEAR PRECISION-U8-GAMMA)
(define PRECISION-U16-NON-LINEAR PRECISION-U16-GAMMA)
(define PRECISION-HALF-NON-LINEAR PRECISION-HALF-GAMMA)
(define PRECISION-FLOAT-NON-LINEAR PRECISION-FLOAT-GAMMA)

; "1,2.5,3": numbers with commas between them.
(define (numbers->text numbers)
  (let ((text (apply string-append (map (lambda (number) (string-append "," (number->string number))) numbers))))
    (substring text 1 (string-length text))))

(define (run-edit mode image drawable attributes faces x1 y1 x2 y2 iterations database . method)
  (car (plug-in-dfi mode image drawable attributes faces
                    (if (= x1 y1 x2 y2 0) "" (numbers->text (list x1 y1 x2 y2)))
                    "normal"
                    (string-append "iterations=" (number->string iterations) ", database=" database
                                   ", preset=" (if (pair? method) (car method) "")
                                   ", taps=" (if (> (length method) 1) (cadr method) "")
                                   ", neighbours=" (if (> (length method) 2) (number->string (caddr method)) "100")))))

(define (edit-layer image drawable attributes) (plug-in-dfi RUN-NONINTERACTIVE image drawable attributes "1" "" "normal" ""))
(define (edit-last image drawable) (plug-in-dfi RUN-WITH-LAST-VALS image drawable "" "" "" "" ""))

(define (edit-with-output image drawable attributes x1 y1 x2 y2 output)
  (car (plug-in-dfi RUN-NONINTERACTIVE image drawable attributes "1" (numbers->text (list x1 y1 x2 y2)) "normal"
                    (string-append "iterations=12, output=" output ", colour=no"))))

(define (n-effects layer) 0)

(define (attributes-of database) (cadr (plug-in-dfi-attributes RUN-NONINTERACTIVE database)))

; As if the dialog had been used with these arguments, a list of names and values.
(define (remember arguments)
  (let ((text "[plug-in-dfi]\n") (options ""))
    (define (add name value)
      (if (member name '("attributes" "faces"))
          (set! text (string-append text name "=" value "\n"))
          (set! options (string-append options name "=" (if (number? value) (number->string value) value) ","))))
    (for-each (lambda (argument) (apply add argument)) arguments)
    (set! text (string-append text "options=" options "\n"))
    (gimp-procedural-db-set-data "plug-in-dfi" (string-length text)
                                 (list->vector (map char->integer (string->list text))))))
