; How images look, and where they differ.

(define (flattened image)
  (let ((copy (car (gimp-image-duplicate image))))
    (gimp-selection-none copy)
    (gimp-image-flatten copy)
    copy))

; Share of the rectangle's pixels that differ by more than @least, 0 to 0.04 of white, between two flat images of one size.
(define (difference one other least x y w h)
  (let* ((image (car (gimp-image-duplicate one)))
         (layer (car (gimp-layer-new-from-drawable (active other) image))))
    (gimp-image-insert-layer image layer 0 0)
    (gimp-layer-set-mode layer LAYER-MODE-DIFFERENCE-LEGACY)
    (gimp-image-flatten image)
    (let ((input (levels-input least)))
      (gimp-drawable-levels (active image) HISTOGRAM-VALUE input (+ input 0.000001) TRUE 1 0 1 TRUE))
    (if (not (= (car (gimp-image-get-precision image)) PRECISION-U8-NON-LINEAR))
        (gimp-image-convert-precision image PRECISION-U8-NON-LINEAR))
    (gimp-image-select-rectangle image CHANNEL-OP-REPLACE x y w h)
    (let ((mean (car (gimp-drawable-histogram (active image) HISTOGRAM-VALUE 0 1))))
      (gimp-image-delete image)
      (/ mean 255))))
