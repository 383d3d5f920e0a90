; Images that the cases and the dialog's tests share.  Defined outside:
;   photo   the photograph

; A large face, and a small one that is selected: it is too small to be seen in the whole image.
(define (small-face-selected)
  (let* ((image (load-image photo))
         (small (copy-layer (active image))))
    (gimp-layer-scale (active image) 1500 1500 FALSE)
    (gimp-image-insert-layer image small 0 0)
    (gimp-image-resize image 3000 1500 0 0)
    (gimp-layer-scale small 200 200 FALSE)
    (gimp-layer-set-offsets small 2000 600)
    (gimp-image-flatten image)
    (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 2060 615 60 60)
    image))
