#include "config.h"

#include <math.h>

#include "hair/view.h"

DfiSimilarity
dfi_view_place (const DfiFrame *frame, const DfiSimilarity *to_frame, int side)
{
  const double unit  = hypot (frame->eyes[2] - frame->eyes[0], frame->eyes[3] - frame->eyes[1]);
  const double left  = 0.5 * (frame->eyes[0] + frame->eyes[2]) - 0.5 * DFI_VIEW_WIDE * unit;
  const double top   = 0.5 * (frame->eyes[1] + frame->eyes[3]) - DFI_VIEW_ABOVE * unit;
  const double scale = side / (DFI_VIEW_WIDE * unit);

  return (DfiSimilarity){
    .a  = scale * to_frame->a,
    .b  = scale * to_frame->b,
    .tx = scale * (to_frame->tx - left),
    .ty = scale * (to_frame->ty - top),
  };
}

DfiImage *
dfi_view_cut (const DfiImage *photo, const DfiSimilarity *to_view, int side, GError **error)
{
  DfiSimilarity to_photo = dfi_similarity_invert (to_view);
  DfiImage     *view     = dfi_align_warp (photo, &to_photo, side, side, error);

  for (size_t i = 0; view && i < (size_t) 3 * side * side; i++)
    view->data[i] = CLAMP (view->data[i], 0.0f, 1.0f);
  return view;
}
