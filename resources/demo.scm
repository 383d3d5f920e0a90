; The demo: one photograph, edited in several ways by plug-in-dfi, saved one by one and as a contact sheet. What the two GIMPs
; call differently is in tests/gimp/gimp2.scm and gimp3.scm.
; `./setup.sh demo` runs it with
;   photo   the photograph
;   folder  where the pictures go

; What to change, the file's name, the caption.
(define edits
  '(("smiling=1"       "smiling"      "smiling +1")
    ("mouth-closed"    "mouth-closed" "mouth-closed")
    ("eyeglasses"      "eyeglasses"   "eyeglasses")
    ("senior"          "senior"       "senior")
    ("youth"           "youth"        "youth")
    ("wearing-lipstick" "lipstick"     "wearing-lipstick")
    ("gray-hair"       "gray-hair"    "gray-hair")))

(define (file name) (string-append folder "/" name ".png"))

(define (save image name) (save-image image (file name)))

(define (seconds)
  (let ((now (gettimeofday)))
    (+ (car now) (/ (cadr now) 1000000.0))))

; The edit itself is one call: the new layer lies above the photograph, which stays as it was.
(define (edit-photo attributes)
  (let ((image (load-image photo)))
    (run-edit RUN-NONINTERACTIVE image (active image) attributes
              "1" 0 0 0 0       ; the largest face that is found
              0                 ; iterations: as usual
              "")               ; database: the bundled one
    image))

; ---------- contact sheet ----------

(define left 125)     ; the part of each picture that the sheet shows, a square
(define top 5)
(define width 200)
(define side 300)     ; of its square in the sheet
(define caption 28)   ; pixels below it
(define columns 4)

(define sheet (car (gimp-image-new (* columns side) (* 2 (+ side caption)) RGB)))
(gimp-image-undo-disable sheet)

(define (put-text text x y)
  (let ((layer (new-text sheet text 16)))
    (if (> layer 0)   ; no font, no caption
        (gimp-layer-set-offsets layer (+ x (quotient (- side (width-of layer)) 2)) (+ y 4)))))

; Puts a picture into cell number `cell`.
(define (put-picture image cell text)
  (let* ((copy (car (gimp-image-duplicate image)))
         (x (* side (modulo cell columns)))
         (y (* (+ side caption) (quotient cell columns))))
    (gimp-image-crop copy width width left top)
    (gimp-image-scale copy side side)
    (let ((layer (car (gimp-layer-new-from-drawable (car (gimp-image-flatten copy)) sheet))))
      (gimp-image-insert-layer sheet layer 0 -1)
      (gimp-layer-set-offsets layer x y))
    (put-text text x (+ y side))
    (gimp-image-delete copy)))

; ---------- all of it ----------

(let ((image (load-image photo)))
  (gimp-context-set-foreground '(0 0 0))
  (gimp-context-set-background '(255 255 255))
  (put-picture image 0 "before")
  (save image "before")
  (gimp-image-delete image))

(let loop ((rest edits) (cell 1))
  (if (pair? rest)
      (let* ((edit (car rest))
             (start (seconds))
             (image (edit-photo (car edit)))
             (time (- (seconds) start)))
        (put-picture image cell (caddr edit))
        (save image (string-append "after-" (cadr edit)))
        (gimp-image-delete image)
        (say (car edit) ": " (/ (round (* 10 time)) 10) " s")
        (loop (cdr rest) (+ cell 1)))))

(save sheet "contact-sheet")
(gimp-image-delete sheet)
(finished)
