; An image on the screen with two faces, which tests/gimp/dialog edits as people do.  Defined outside:
;   photo   the photograph
;   difference-file, scenes-file   difference.scm and scenes.scm
;   folder  where a file `ask` holds what is to be done or said next, and a file `stop` ends all

(load difference-file)
(load scenes-file)

; The photograph, and once more beside itself, smaller.
(define (two-faces)
  (let* ((image (load-image photo))
         (width (width-of (active image)))
         (copy (copy-layer (active image))))
    (gimp-image-insert-layer image copy 0 0)
    (gimp-image-resize image (* 2 width) (height-of copy) 0 0)
    (gimp-layer-scale copy (* 0.8 width) (* 0.8 width) FALSE)
    (gimp-layer-set-offsets copy (* 1.1 width) 0)
    (gimp-image-flatten image)
    image))

; The face, eight times as large as it is, its eyes 336 pixels apart about the middle.
(define (large-face)
  (let ((image (load-image photo)))
    (gimp-image-crop image 300 204 58 0)
    (gimp-image-scale image 2400 1632)
    image))

(define image 0)
(define kept 0)
(define view 0)
(define (show new)
  (set! image new)
  (gimp-image-clean-all image)
  (set! view (car (gimp-display-new image))))
; Instead of the image that is on the screen.
(define (show-instead new)
  (gimp-display-delete view)
  (show new))

(define (describe)
  (say "layers " (length (layers image))
       (if (= (car (gimp-image-is-dirty image)) FALSE) " clean " " changed ")
       (car (gimp-item-get-name (car (layers image))))))

; As it is when it has been saved and loaded.
(define (reloaded)
  (let ((file (string-append folder "/reloaded.xcf")))
    (save-xcf image file)
    (load-image file)))

; Numbers that change when a pixel of the layer does.
(define (marks layer)
  (map (lambda (channel) (gimp-drawable-histogram layer channel 0 1))
       (append (list HISTOGRAM-RED HISTOGRAM-GREEN HISTOGRAM-BLUE)
               (if (= (car (gimp-drawable-has-alpha layer)) TRUE) (list HISTOGRAM-ALPHA) '()))))
; The same of the image as it looks.
(define (marks-of-all)
  (let* ((copy (car (gimp-image-duplicate image))) (flat (car (gimp-image-flatten copy))) (numbers (marks flat)))
    (gimp-image-delete copy)
    numbers))

(define (listen)
  (let ((ask (string-append folder "/ask")))
    (cond ((file-exists? (string-append folder "/stop")))
          ((file-exists? ask)
           (catch (say "failed") (load ask))
           (file-delete ask)
           (say "done")
           (listen))
          (else
           (usleep 50000)
           (listen)))))

(show (two-faces))
(say "ready")
(listen)
(finished)
