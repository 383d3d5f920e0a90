#include "config.h"

#include <math.h>

#include "hair/hair-network.h"
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

gboolean
dfi_view_meets (const DfiImage *photo, double x, double y)
{
  return x >= 0.0 && y >= 0.0 && x <= photo->width && y <= photo->height;
}

gboolean
dfi_view_in_face (double u, double v)
{
  const double wide = 0.9, high = 1.2, down = 0.5; /* half axes, and below the eyes: in distances between these */
  const double x = (u - 0.5) * DFI_VIEW_WIDE / wide, y = (v * DFI_VIEW_WIDE - DFI_VIEW_ABOVE - down) / high;

  return x * x + y * y < 1.0;
}

void
dfi_view_part (const DfiFrame      *frame,
               const DfiSimilarity *to_frame,
               int                  width,
               int                  height,
               int                 *x,
               int                 *y,
               int                 *part_width,
               int                 *part_height)
{
  const DfiSimilarity same          = { .a = 1.0 };
  DfiSimilarity       frame_to_view = dfi_view_place (frame, &same, DFI_HAIR_VIEW); /* the smallest: it is halved the most */
  DfiSimilarity       to_view       = dfi_view_place (frame, to_frame, DFI_HAIR_VIEW);
  DfiSimilarity       to_photo      = dfi_similarity_invert (&to_view);
  double              low[2], high[2];

  dfi_similarity_bounds (&frame_to_view, (double[2]){ 0.0, 0.0 }, (double[2]){ frame->size, frame->size }, low, high);
  for (int k = 0; k < 2; k++)
    {
      low[k]  = MIN (floor (low[k]), 0.0);
      high[k] = MAX (ceil (high[k]), DFI_HAIR_VIEW);
    }
  dfi_similarity_apply (&to_photo, low[0], low[1], &to_photo.tx, &to_photo.ty);
  dfi_align_part (&to_photo, (int) (high[0] - low[0]), (int) (high[1] - low[1]), width, height, x, y, part_width, part_height);
}
