; What plug-in-dfi does to layers of every kind, as TAP, in both GIMPs. Run by tests/gimp/run, which defines
;   photo      the photograph
;   reference  the same photograph with "smiling=-2", edited by the command line
;   missing    a file that does not exist
;   profiles   a folder of colour profiles
;   difference-file, scenes-file, effects-file  difference.scm, scenes.scm and effects.scm
;   folder     an empty folder

; ---------- TAP ----------

(define n-checks 0)

(define (check name good . why)
  (set! n-checks (+ n-checks 1))
  (say (if good "ok " "not ok ") n-checks " - " name)
  (if (not good)
      (say "# " why)))

; The sentence of the last error: (catch ...) alone would lose it.
(define last-error "")
(define *error-hook*
  (lambda parts
    (set! last-error (car parts))
    (apply throw parts)))

; ---------- pictures ----------

(load difference-file)
(load scenes-file)

; The part of the photograph that the cases use, and the eyes in it.
(define left 110)
(define top 20)
(define width 190)
(define height 190)
(define eyes (list (- 202 left) (- 101 top) (- 244 left) (- 103 top)))
(define mouth (list (- 225 left) (- 142 top)))
(define transparent-band 20)   ; of columns in the middle of the face, in pictures with alpha

(define (new-image gray alpha precision)
  (let ((image (load-image photo)))
    (gimp-image-crop image width height left top)
    (if gray (gimp-image-convert-grayscale image))
    (if (not (= precision PRECISION-U8-NON-LINEAR))
        (gimp-image-convert-precision image precision))
    (if alpha (cut-band image))
    image))

; Makes a band through the face transparent.
(define (cut-band image)
  (gimp-layer-add-alpha (active image))
  (gimp-image-select-rectangle image CHANNEL-OP-REPLACE (- (car mouth) 10) 0 transparent-band height)
  (gimp-drawable-edit-clear (active image))
  (gimp-selection-none image))

; Less than one step of 16 bits. GIMP itself rounds more than that away in linear float images, when it shows a layer that is
; mixed with the ones below by perceptual values.
(define rounding 0.00001)

; Numbers that change when a pixel of the layer does.
(define (fingerprint layer)
  (map (lambda (channel) (gimp-drawable-histogram layer channel 0 1))
       (append (if (= (car (gimp-drawable-is-gray layer)) TRUE)
                   (list HISTOGRAM-VALUE)
                   (list HISTOGRAM-RED HISTOGRAM-GREEN HISTOGRAM-BLUE))
               (if (= (car (gimp-drawable-has-alpha layer)) TRUE)
                   (list HISTOGRAM-ALPHA)
                   '()))))

; ---------- the procedure ----------

(define (edit image drawable attributes x1 y1 x2 y2 database)
  (run-edit RUN-NONINTERACTIVE image drawable attributes "1" x1 y1 x2 y2 12 database))

(define (edit-face image drawable)
  (apply edit (append (list image drawable "smiling=-2") eyes (list ""))))

(define (position image item) (car (gimp-image-get-item-position image item)))
(define (parent item) (car (gimp-item-get-parent item)))

; ---------- edits that succeed ----------

; Edits the active layer and checks all that is true of every edit: where the new layer is, that the source is as it was,
; that the picture changed in the rectangle @in and nowhere in the rectangle @out.
(define (check-edit name image in out)
  (let* ((source      (active image))
         (before      (flattened image))
         (marks       (fingerprint source))
         (place       (position image source))
         (result      (edit-face image source))
         (after       (flattened image)))
    (check (string-append name ": directly above the source")
           (and (= (position image result) place)
                (= (position image source) (+ place 1))
                (= (parent result) (parent source)))
           (list (position image result) place (parent result)))
    (check (string-append name ": within the source") (within? result source)
           (list (offsets-of result) (offsets-of source)))
    (check (string-append name ": its kind, name and composite space")
           (and (= (car (gimp-drawable-has-alpha result)) TRUE)
                (= (car (gimp-drawable-is-gray result)) (car (gimp-drawable-is-gray source)))
                (equal? (car (gimp-item-get-name result)) "Smiling -2.0")
                (= (car (gimp-layer-get-composite-space result)) LAYER-COLOR-SPACE-RGB-PERCEPTUAL))
           (gimp-item-get-name result))
    (check (string-append name ": source as it was") (equal? (fingerprint source) marks))
    (check (string-append name ": changed where it should")
           (> (apply difference (append (list before after 0.002) in)) 0.1)
           (apply difference (append (list before after 0.002) in)))
    (check (string-append name ": unchanged elsewhere")
           (= (apply difference (append (list before after rounding) out)) 0)
           (apply difference (append (list before after rounding) out)))
    (gimp-image-delete before)
    (gimp-image-delete after)
    (gimp-image-delete image)))

(define (within? inner outer)
  (let ((a (offsets-of inner))
        (b (offsets-of outer)))
    (and (>= (car a) (car b))
         (>= (cadr a) (cadr b))
         (<= (+ (car a) (width-of inner)) (+ (car b) (width-of outer)))
         (<= (+ (cadr a) (height-of inner)) (+ (cadr b) (height-of outer))))))

(define at-mouth (list (- (car mouth) 25) (- (cadr mouth) 12) 50 24))
(define left-of-mouth (list (- (car mouth) 25) (- (cadr mouth) 12) 14 24))
(define right-of-mouth (list (+ (car mouth) 12) (- (cadr mouth) 12) 14 24))
(define far-off (list 0 0 30 height))
(define band (list (- (car mouth) 10) 0 transparent-band height))

(define common-precisions
  (list (list "u8" PRECISION-U8-NON-LINEAR) (list "float linear" PRECISION-FLOAT-LINEAR)))

(define all-precisions
  (append common-precisions
          (list (list "u8 linear" PRECISION-U8-LINEAR)
                (list "u16" PRECISION-U16-NON-LINEAR)
                (list "u32 linear" PRECISION-U32-LINEAR)
                (list "half" PRECISION-HALF-NON-LINEAR)
                (list "float" PRECISION-FLOAT-NON-LINEAR)
                (list "double linear" PRECISION-DOUBLE-LINEAR))))

; Name, grey, alpha, precisions.
(define kinds
  (list (list "RGB" #f #f all-precisions) (list "RGBA" #f #t common-precisions)
        (list "GRAY" #t #f common-precisions) (list "GRAYA" #t #t common-precisions)))

(define (check-kind name gray alpha precisions)
  (for-each
    (lambda (precision)
      (check-edit (string-append name " " (car precision))
                  (new-image gray alpha (cadr precision))
                  at-mouth
                  (if alpha band far-off)))
    precisions))

(for-each (lambda (kind) (apply check-kind kind)) kinds)

; The layer begins left of and above the canvas, and ends beyond it.
(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (gimp-image-resize image (- width 60) (- height 40) -20 -20)
  (set! eyes (map - eyes '(20 20 20 20)))
  (check-edit "layer beyond the canvas" image (map - at-mouth '(20 20 0 0)) (list 0 0 10 (- height 40)))
  (set! eyes (map + eyes '(20 20 20 20))))

; The canvas reaches beyond the layer on all sides.
(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (gimp-image-resize image (+ width 80) (+ height 60) 30 20)
  (set! eyes (map + eyes '(30 20 30 20)))
  (check-edit "layer smaller than the canvas" image (map + at-mouth '(30 20 0 0)) (list 0 0 60 (+ height 60)))
  (set! eyes (map - eyes '(30 20 30 20))))

; Inside a group, between other layers.
(let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
       (source (active image))
       (group (new-group image))
       (above (copy-layer source)))
  (gimp-image-insert-layer image group 0 0)
  (gimp-image-reorder-item image source group 0)
  (gimp-image-insert-layer image above group 0)
  (gimp-item-set-visible above FALSE)
  (activate image source)
  (check-edit "in a group" image at-mouth far-off))

; A selection over the right half, sharp and feathered.
(define (selected-image feather)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (gimp-image-select-rectangle image CHANNEL-OP-REPLACE (car mouth) 0 width height)
    (if (> feather 0) (gimp-selection-feather image feather))
    image))

(check-edit "selection" (selected-image 0) right-of-mouth (list 0 0 (car mouth) height))
(check-edit "feathered selection" (selected-image 10) right-of-mouth left-of-mouth)

; A layer mask that hides the left half.
(let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
       (source (active image)))
  (gimp-layer-add-alpha source)
  (gimp-image-select-rectangle image CHANNEL-OP-REPLACE (car mouth) 0 width height)
  (gimp-layer-add-mask source (car (gimp-layer-create-mask source ADD-MASK-SELECTION)))
  (gimp-selection-none image)
  (check-edit "layer mask" image right-of-mouth (list 0 0 (car mouth) height)))

; ---------- layers that are mixed with what is below them ----------

; The image, which (arrange) makes of the photograph, must look after the edit as if the edited photograph had been arranged so.
(define (check-look name arrange . how)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
        (expected (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (edit-face expected (active expected))
    (gimp-image-flatten expected)
    (arrange expected)
    (gimp-image-flatten expected)
    (arrange image)
    (let ((before (flattened image)) (source (active image)) (marks (fingerprint (active image))))
      ((if (pair? how) (car how) edit-face) image (active image))
      (let ((after (flattened image)))
        (check (string-append name ": as if the layer's own pixels had changed")
               (= 0 (difference after expected 0.006 0 0 width height))
               (difference after expected 0.006 0 0 width height))
        (check (string-append name ": the face changes")
               (> (apply difference (append (list before after 0.002) at-mouth)) 0.1))
        (check (string-append name ": unchanged elsewhere")
               (= 0 (apply difference (append (list before after rounding) far-off))))
        (check (string-append name ": source's pixels as they were") (equal? (fingerprint source) marks))
        (for-each gimp-image-delete (list before after))))
    (for-each gimp-image-delete (list image expected))))

(define (add-backdrop image)
  (let ((below (new-layer image width height RGB-IMAGE)) (layer (active image)))
    (gimp-image-insert-layer image below 0 1)
    (gimp-context-set-foreground '(160 128 90))
    (gimp-drawable-edit-fill below FILL-FOREGROUND)
    (activate image layer)
    layer))

(check-look "mode Multiply" (lambda (image) (gimp-layer-set-mode (add-backdrop image) LAYER-MODE-MULTIPLY)))
(check-look "opacity 50 %" (lambda (image) (gimp-layer-set-opacity (add-backdrop image) 50)))
(check-look "half transparent"
            (lambda (image)
              (let* ((layer (add-backdrop image))
                     (mask (car (gimp-layer-create-mask layer ADD-MASK-WHITE))))
                (gimp-layer-add-mask layer mask)
                (for-each (lambda (grey right) ; not by a feathered selection, whose rounding GIMP 3 leaves to chance
                            (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 0 0 right height)
                            (gimp-context-set-foreground (list grey grey grey))
                            (gimp-drawable-edit-fill mask FILL-FOREGROUND))
                          '(180 90 20) (list (+ (car mouth) 10) (car mouth) (- (car mouth) 10)))
                (gimp-selection-none image)
                (gimp-layer-remove-mask layer MASK-APPLY))))
(check-look "grey layer mask"
            (lambda (image)
              (let* ((layer (add-backdrop image))
                     (mask (car (gimp-layer-create-mask layer ADD-MASK-WHITE))))
                (gimp-layer-add-mask layer mask)
                (gimp-context-set-foreground '(220 220 220))
                (gimp-drawable-edit-fill mask FILL-FOREGROUND))))

(check-look "group in mode Multiply"
            (lambda (image)
              (let ((layer (add-backdrop image)) (group (new-group image)))
                (gimp-image-insert-layer image group 0 0)
                (gimp-image-reorder-item image layer group 0)
                (gimp-layer-set-mode group LAYER-MODE-MULTIPLY)
                (activate image group))))

; A layer that is hidden stays so, and the picture as it was.
(let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
       (source (add-backdrop image)))
  (gimp-item-set-visible source FALSE)
  (let ((before (flattened image)))
    (edit-face image source)
    (let ((after (flattened image)))
      (check "hidden layer: nothing shows of it" (= 0 (difference before after 0 0 0 width height)))
      (for-each gimp-image-delete (list before after image)))))

; A layer with effects, which GIMP 3 has, is edited as it looks.
(define (check-effect)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)) (expected (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (for-each (lambda (one) (add-effect (active one) "gegl:invert-gamma")) (list image expected))
    (gimp-image-flatten expected)
    (for-each (lambda (one) (edit-face one (active one)) (gimp-image-flatten one)) (list image expected))
    (check "effect: as if it were the layer's own pixels" (= 0 (difference image expected 0.006 0 0 width height))
           (difference image expected 0.006 0 0 width height))
    (for-each gimp-image-delete (list image expected))))
(if (defined? 'add-effect) (check-effect))

; A layer mask that is active stands for its layer.
(let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
       (source (active image))
       (mask (car (gimp-layer-create-mask source ADD-MASK-WHITE))))
  (gimp-layer-add-mask source mask)
  (set! last-error "")
  (catch #f (edit-face image mask))
  (check "layer mask that is active: its layer is edited" (= (length (layers image)) 2) last-error)
  (gimp-image-delete image))

; ---------- the same as the command line's ----------

; Edits the image that (prepare) makes of the photograph, and compares what (restore) makes of the result. At most a share
; @most of the pixels may be farther than 1/255 from the command line's, and none by 0.03.
(define (check-reference name prepare restore most)
  (let ((image    (load-image photo))
        (expected (load-image reference)))
    (prepare image)
    (edit image (active image) "smiling=-2" 202 101 244 103 "")
    (gimp-image-flatten image)
    (restore image)
    (let ((near (difference image expected 0.006 0 0 512 512))
          (far  (difference image expected 0.03 0 0 512 512)))
      (check (string-append name ": as the command line's result") (and (<= near most) (= far 0)) (list near far)))
    (gimp-image-delete image)
    (gimp-image-delete expected)))

(define (nothing image) image)
(define (make-u8 image) (gimp-image-convert-precision image PRECISION-U8-NON-LINEAR))

(check-reference "u8" nothing nothing 0)

; What follows differs from the file's values in the seventh digit, which is enough to make the optimiser step elsewhere.
(check-reference "float linear"
                 (lambda (image) (gimp-image-convert-precision image PRECISION-FLOAT-LINEAR))
                 make-u8 0.001)
(check-reference "wide colour profile"
                 (lambda (image)
                   (gimp-image-convert-precision image PRECISION-FLOAT-NON-LINEAR)
                   (convert-profile image (string-append profiles "/rommrgb.icc")))
                 (lambda (image)
                   (convert-profile image (string-append profiles "/srgb.icc"))
                   (make-u8 image))
                 0.001)

; ---------- faces that are found ----------

(define (find-and-edit image faces)
  (run-edit RUN-NONINTERACTIVE image (active image) "smiling=-2" faces 0 0 0 0 12 ""))

; The photograph twice, side by side; the second is smaller. Both faces end up in one layer.
(define second-left (+ width 10))
(define second-scale 0.8)
(define (two-faces)
  (let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
         (small (copy-layer (active image))))
    (gimp-image-insert-layer image small 0 0)
    (gimp-image-resize image (+ second-left width) height 0 0)
    (gimp-layer-scale small (* second-scale width) (* second-scale height) FALSE)
    (gimp-layer-set-offsets small second-left 0)
    (gimp-image-flatten image)
    image))
(define at-small-mouth
  (list (+ second-left (* second-scale (car at-mouth))) (* second-scale (cadr at-mouth))
        (* second-scale (caddr at-mouth)) (* second-scale (cadddr at-mouth))))

(define (check-faces name image faces large small)
  (let ((before (flattened image)))
    (find-and-edit image faces)
    (let ((after (flattened image)))
      (check name
             (and (eq? large (> (apply difference (append (list before after 0.002) at-mouth)) 0.1))
                  (eq? small (> (apply difference (append (list before after 0.002) at-small-mouth)) 0.1)))
             (map (lambda (place) (apply difference (append (list before after 0.002) place)))
                  (list at-mouth at-small-mouth)))
      (gimp-image-delete before)
      (gimp-image-delete after)
      (gimp-image-delete image))))

(check-faces "faces \"1\": the largest" (two-faces) "1" #t #f)
(check-faces "faces \"2\": the other" (two-faces) "2" #f #t)
(check-faces "faces \"all\": both" (two-faces) "all" #t #t)
(check-faces "faces \"all\": those in the selection"
             (let ((image (two-faces)))
               (gimp-image-select-rectangle image CHANNEL-OP-REPLACE second-left 0 width height)
               image)
             "all" #f #t)

(let ((image (small-face-selected)))
  (let* ((before (flattened image)) (source (active image)) (result (find-and-edit image "1")) (after (flattened image)))
    (check "selection: narrows the search to its own scale"
           (> (difference before after 0.002 2078 650 18 10) 0.1)
           (difference before after 0.002 2078 650 18 10))
    (for-each gimp-image-delete (list before after image))))

; ---------- the change in a mask ----------

(let ((usual (new-image #f #f PRECISION-U8-NON-LINEAR)) (masked (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (edit-face usual (active usual))
  (let* ((source (active masked)) (result (apply edit-with-output (append (list masked source "smiling=-2") eyes (list "mask")))))
    (check "output mask: has one" (> (car (gimp-layer-get-mask result)) 0))
    (check "output mask: directly above the source"
           (= (+ (position masked result) 1) (position masked source)))
    (for-each gimp-image-flatten (list usual masked))
    (check "output mask: looks as without" (= 0 (difference usual masked 0.008 0 0 width height))
           (difference usual masked 0.008 0 0 width height)))
  (for-each gimp-image-delete (list usual masked)))
(define (edit-with-mask image drawable) (apply edit-with-output (append (list image drawable "smiling=-2") eyes (list "mask"))))
(check-look "output mask, mode Multiply and a grey layer mask"
            (lambda (image)
              (let* ((layer (add-backdrop image)) (mask (car (gimp-layer-create-mask layer ADD-MASK-WHITE))))
                (gimp-layer-set-mode layer LAYER-MODE-MULTIPLY)
                (gimp-layer-add-mask layer mask)
                (gimp-context-set-foreground '(220 220 220))
                (gimp-drawable-edit-fill mask FILL-FOREGROUND)))
            edit-with-mask)
(check-look "output mask, opacity 50 % and half transparent"
            (lambda (image)
              (let ((layer (add-backdrop image)))
                (gimp-layer-set-opacity layer 50)
                (gimp-layer-add-alpha layer)
                (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 0 0 (- (car mouth) 10) height)
                (gimp-selection-feather image 60)
                (gimp-drawable-edit-clear layer)
                (gimp-selection-none image)))
            edit-with-mask)
(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (set! last-error "")
  (catch #f (apply edit-with-output (append (list image (active image) "smiling=-2") eyes (list "sheet"))))
  (gimp-image-delete image)
  (set! n-checks (+ n-checks 1))
  (say (if (equal? last-error "") "not ok " "ok ") n-checks " - output: another word is refused"))
(define (check-effect-refused)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (set! last-error "")
    (catch #f (apply edit-with-output (append (list image (active image) "smiling=-2") eyes (list "effect"))))
    (gimp-image-delete image)
    (check "output effect: GIMP 2.10 says that it has none" (contains? last-error "2.10") last-error)))

; ---------- what was asked last ----------

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (remember '(("attributes" "smiling=-1.5") ("faces" "1") ("iterations" 2)))
  (let ((layer (run-edit RUN-WITH-LAST-VALS image (active image) "" "" 0 0 0 0 0 "")))
    (check "last values: used again" (equal? (car (gimp-item-get-name layer)) "Smiling -1.5") (gimp-item-get-name layer)))
  (gimp-image-delete image))

; Eyes that somebody clicked stay with the image: on white paper nothing else would say where a face is.
(define (paper)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (gimp-drawable-fill (active image) FILL-WHITE)
    image))
(define (repeats? image)
  (set! last-error "")
  (catch #f (run-edit RUN-WITH-LAST-VALS image (active image) "" "" 0 0 0 0 0 ""))
  (let ((n (length (layers image))))
    (gimp-image-delete image)
    (= n 2)))
(define (keep-eyes image size)
  (gimp-image-attach-parasite image
    (list "dfi-eyes" 0 (apply string-append size (map (lambda (eye) (string-append " " (number->string eye))) eyes))))
  image)

(check "last values: the image's eyes are used" (repeats? (keep-eyes (paper) "190 190")) last-error)
(check "last values: eyes of an image that was larger are not" (not (repeats? (keep-eyes (paper) "200 190"))))
(check "last values: eyes of another image are not" (not (repeats? (paper))))

; ---------- presets and layers ----------

; The picture after an edit.
(define (edited-as . method)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (apply run-edit (append (list RUN-NONINTERACTIVE image (active image) "smiling=-2" "1") eyes (list 3 "") method))
    (gimp-image-flatten image)
    image))

(let ((usual (edited-as)) (none (edited-as "")) (slides (edited-as "slides")) (all (edited-as "" "relu5_1,relu4_1,relu3_1"))
      (deep (edited-as "" "relu5_1")) (few (edited-as "slides" "" 20)))
  (check "preset: none is as usual" (= 0 (apply difference (append (list usual none 0) at-mouth))))
  (check "preset: slides are another method" (> (apply difference (append (list usual slides 0) at-mouth)) 0.5))
  (check "layers: the database's are as usual" (= 0 (apply difference (append (list usual all 0) at-mouth))))
  (check "layers: fewer give another result" (> (apply difference (append (list usual deep 0) at-mouth)) 0.5))
  (check "preset: what is given beside it goes before it" (> (apply difference (append (list slides few 0) at-mouth)) 0.5))
  (for-each gimp-image-delete (list usual none slides all deep few)))

; ---------- edits that fail ----------

(define (contains? text part)
  (let loop ((at 0))
    (cond ((> (+ at (string-length part)) (string-length text)) #f)
          ((string=? (substring text at (+ at (string-length part))) part) #t)
          (else (loop (+ at 1))))))

; The call must fail with a sentence that contains @part, and leave the image as it was.
(define (check-error name image part . arguments)
  (let ((before #f))
    (gimp-image-clean-all image)
    (set! before (layers image))
    (set! last-error "")
    (catch #f (apply edit arguments))
    (check (string-append name ": refused, and says why") (contains? last-error part) last-error)
    (check (string-append name ": image as it was")
           (and (equal? (layers image) before)
                (= (car (gimp-image-is-dirty image)) FALSE)))
    (gimp-image-delete image)))

(define (check-bad name part attributes x1 y1 x2 y2 database)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (check-error name image part image (active image) attributes x1 y1 x2 y2 database)))

(check-bad "unknown attribute" "smiling" "smilling=2" 92 81 134 83 "")
(check-bad "no number" "strength" "smiling=much" 92 81 134 83 "")
(check-bad "no attribute" "No attribute" "" 92 81 134 83 "")
(check-bad "eyes outside" "(500, 83) lies outside the layer" "smiling" 92 81 500 83 "")
(check-bad "eyes too close" "apart" "smiling" 92 81 93 81 "")
(define (check-bad-faces name part image faces)
  (set! last-error "")
  (catch #f (find-and-edit image faces))
  (check name (contains? last-error part) last-error)
  (gimp-image-delete image))

(check-bad-faces "no such face" "Face number 3" (two-faces) "1,3")
(check-bad-faces "no number of a face" "which face" (new-image #f #f PRECISION-U8-NON-LINEAR) "0")
(check-bad-faces "no face named" "which face" (new-image #f #f PRECISION-U8-NON-LINEAR) "")
(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (gimp-drawable-fill (active image) FILL-WHITE)
  (check-bad-faces "no face in the picture" "face" image "1"))

(define (check-bad-method name part . method)
  (let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
    (set! last-error "")
    (catch #f (apply run-edit (append (list RUN-NONINTERACTIVE image (active image) "smiling" "1") eyes (list 3 "") method)))
    (check name (contains? last-error part) last-error)
    (gimp-image-delete image)))

(check-bad-method "no such preset" "papers" "papers")
(check-bad-method "no such layer" "relu9_9" "" "relu9_9")
(check-bad-method "no layer of the database" "relu1_1" "" "relu1_1,relu5_1")

(check-bad "missing database" missing "smiling" 92 81 134 83 missing)

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (gimp-image-convert-indexed image CONVERT-DITHER-NONE CONVERT-PALETTE-GENERATE 64 FALSE FALSE "")
  (check-error "indexed" image "Indexed" image (active image) "smiling" 92 81 134 83 ""))

(let ((image (car (gimp-image-new 1 1 RGB))))
  (gimp-image-insert-layer image (new-layer image 1 1 RGB-IMAGE) 0 0)
  (check-error "1x1 layer" image "apart" image (active image) "smiling" 0.5 0.5 0.5 0.5 ""))

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 0 0 5 5)
  (check-error "selection elsewhere" image "selection" image (active image) "smiling" 92 81 134 83 ""))

(let* ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
       (channel (new-channel image width height)))
  (gimp-image-insert-channel image channel 0 0)
  (check-error "channel" image "layer" image channel "smiling" 92 81 134 83 ""))

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR))
      (other (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (check-error "another image's layer" image "another image" image (active other) "smiling" 92 81 134 83 "")
  (check "another image's layer: its image as it was" (= (length (layers other)) 1))
  (gimp-image-delete other))

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (let ((floating (copy-layer (active image))))
    (gimp-floating-sel-attach floating (active image))
    (check-error "floating selection" image "floating" image floating "smiling" 92 81 134 83 "")))

(let ((image (new-image #f #f PRECISION-U8-NON-LINEAR)))
  (set! last-error "")
  (catch #f (run-edit RUN-INTERACTIVE image (active image) "smiling" "1" 92 81 134 83 12 ""))
  (check "interactive call: refused, and says why" (contains? last-error "RUN-NONINTERACTIVE") last-error)
  (gimp-image-delete image))

; ---------- plug-in-dfi-attributes ----------

(check "attributes: smiling among them" (member "smiling" (attributes-of "")) (attributes-of ""))
(check "attributes: its opposite is its other end" (not (member "frowning" (attributes-of ""))) (attributes-of ""))

(set! last-error "")
(catch #f (attributes-of missing))
(check "attributes: missing database refused" (contains? last-error missing) last-error)

; ---------- the operation for GEGL ----------

(if (defined? 'add-effect) (load effects-file) (check-effect-refused))

(say "1.." n-checks)
(finished)
