; The operation dfi:edit-face as an effect of a layer, which GIMP 3 has; part of cases.scm.

(define (add-edit layer . properties)
  (apply gimp-drawable-append-new-filter
         (append (list layer "dfi:edit-face" "Edit Face" LAYER-MODE-REPLACE 1.0
                       "eyes" (string-append (number->string (car eyes)) "," (number->string (cadr eyes)) ","
                                             (number->string (caddr eyes)) "," (number->string (cadddr eyes))))
                 properties)))
(define (effects layer) (vector->list (car (gimp-drawable-get-filters layer))))
; Whether @image looks as @expected, which is flat.
(define (looks-like? image expected)
  (let* ((flat (flattened image))
         (same (= (difference flat expected 0.006 0 0 width height) 0)))
    (gimp-image-delete flat)
    same))

(define (edit-by-layer image . arguments)
  (apply plug-in-dfi (append (list #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector (active image))
                                   #:attributes "smiling=-2"
                                   #:x1 (car eyes) #:y1 (cadr eyes) #:x2 (caddr eyes) #:y2 (cadddr eyes))
                             arguments)))

; The same edit as plug-in-dfi makes.  A layer of 8 bits rounds its colours and its alpha, so the two may be a step apart there.
(define (check-same name precision least)
  (let ((plain (new-image #f #f precision)) (image (new-image #f #f precision)))
    (edit-by-layer plain #:iterations 12)
    (add-edit (active image) "smiling" -2 "options" "iterations=12")
    (let ((expected (flattened plain)) (mine (flattened image)))
      (check (string-append "effect of ours, " name ": every pixel is that of the plug-in's layer")
             (= (difference mine expected least 0 0 width height) 0)
             (difference mine expected least 0 0 width height))
      (for-each gimp-image-delete (list plain image expected mine)))))
(check-same "u8" PRECISION-U8-NON-LINEAR 0.006)
(check-same "u16" PRECISION-U16-NON-LINEAR 0.00005)
(check-same "float" PRECISION-FLOAT-NON-LINEAR rounding)
(check-same "float linear" PRECISION-FLOAT-LINEAR rounding)

; It is kept in files, can be switched off, and takes another on top.
(let* ((plain  (new-image #f #f PRECISION-U8-NON-LINEAR))
       (before (flattened plain))
       (image  (new-image #f #f PRECISION-U8-NON-LINEAR))
       (layer  (active image))
       (marks  (fingerprint layer))
       (file   (string-append folder "/effect.xcf")))
  (edit-by-layer plain #:quality "preview")
  (let ((expected (flattened plain)))
    (check "effect of ours: the plug-in gives its layer back"
           (= layer (car (plug-in-dfi #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector layer) #:attributes "smiling=-2"
                                      #:quality "preview" #:x1 (car eyes) #:y1 (cadr eyes) #:x2 (caddr eyes) #:y2 (cadddr eyes)
                                      #:output "effect"))))
    (check "effect of ours: looks as the plug-in's layer" (looks-like? image expected))
    (check "effect of ours: is one of the layer's" (= (length (effects layer)) 1))

    (save-xcf image file)
    (let* ((again (load-image file))
           (mine  (effects (active again))))
      (check "effect of ours: comes back from a file" (= (length mine) 1) mine)
      (check "effect of ours: looks the same then" (looks-like? again expected))
      (gimp-drawable-filter-set-visible (car mine) FALSE)
      (check "effect of ours: can be switched off" (looks-like? again before))
      (gimp-drawable-filter-set-visible (car mine) TRUE)
      (add-edit (active again) "attributes" "eyeglasses=2" "quality" "preview")
      (let ((edited (flattened again)))
        (check "effect of ours: another one comes on top"
               (and (not (looks-like? edited expected)) (= (length (effects (active again))) 2)))
        (gimp-xcf-save RUN-NONINTERACTIVE again file)
        (let ((third (load-image file)))
          (check "effect of ours: two come back from a file" (looks-like? third edited))
          (gimp-image-delete third))
        (gimp-image-delete edited))
      (gimp-image-delete again))
    (for-each gimp-image-delete (list plain before image expected))))

; What cannot be done leaves the layer as it looks.
(for-each
 (lambda (properties)
   (let* ((image  (new-image #f #f PRECISION-U8-NON-LINEAR))
          (before (flattened image)))
     (apply add-edit (append (list (active image)) properties))
     (check (string-append "effect of ours, " (cadr properties) ": nothing changes") (looks-like? image before))
     (for-each gimp-image-delete (list image before))))
 (list (list "attributes" "smilin") (list "database" missing "smiling" 2) (list "options" "colours=yes" "smiling" 2)))

; What the plug-in cannot make an effect of is refused, and nothing changes.
(define (check-no-effect name part image attributes)
  (set! last-error "")
  (catch #f (plug-in-dfi #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (vector (active image))
                         #:output "effect" #:attributes attributes))
  (check name (and (contains? last-error part) (= (n-effects (active image)) 0) (= (length (layers image)) 1)) last-error)
  (gimp-image-delete image))
(check-no-effect "effect, selection: refused, and says why" "select nothing" (selected-image 0) "smiling")
(check-no-effect "effect, unknown attribute: refused, and says why" "attribute" (new-image #f #f PRECISION-U8-NON-LINEAR) "smilin")
(check-no-effect "effect, face too many: refused, and says why" "Face number 9" (new-image #f #f PRECISION-U8-NON-LINEAR) "9: smiling=1")
