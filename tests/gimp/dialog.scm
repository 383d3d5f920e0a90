; An image on the screen with two faces, which tests/gimp/dialog edits as people do, and answers to what it asks.  Defined outside:
;   photo   the photograph
;   folder  where a file `ask` asks how the image is, and a file `stop` ends all

(define image (load-image photo))
(define width (width-of (active image)))

; The photograph once more beside itself, smaller.
(let ((copy (copy-layer (active image))))
  (gimp-image-insert-layer image copy 0 0)
  (gimp-image-resize image (* 2 width) (height-of copy) 0 0)
  (gimp-layer-scale copy (* 0.8 width) (* 0.8 width) FALSE)
  (gimp-layer-set-offsets copy (* 1.1 width) 0)
  (gimp-image-flatten image))
(gimp-image-clean-all image)
(gimp-display-new image)
(say "ready")

(define (answer)
  (say "layers " (length (layers image))
       (if (= (car (gimp-image-is-dirty image)) FALSE) " clean " " changed ")
       (car (gimp-item-get-name (car (layers image))))))

(define (listen)
  (cond ((file-exists? (string-append folder "/stop")))
        ((file-exists? (string-append folder "/ask"))
         (file-delete (string-append folder "/ask"))
         (answer)
         (listen))
        (else
         (usleep 50000)
         (listen))))

(listen)
(finished)
