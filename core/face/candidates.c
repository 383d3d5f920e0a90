#include "config.h"

#include <math.h>

#include "face/candidates.h"

#define TILE      512 /* pixels; the detector looks at no larger picture at once */
#define TILE_STEP 384 /* pixels from a tile to the next; what they share lets a face on an edge be whole in one of them */

gboolean
dfi_search_proceed (const DfiFaceSearch *search, GError **error)
{
  if (! search->progress || search->progress (search->fraction, search->progress_data))
    return TRUE;
  return dfi_error_set_cancelled (error);
}

/* Adds what the detector @found in a tile. @map: positions in the tile -> positions in the photograph */
static void
add_candidates (GArray *candidates, const GArray *found, const DfiSimilarity *map, double angle)
{
  double scale = hypot (map->a, map->b);

  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one       = &g_array_index (found, DfiDetection, i);
      DfiCandidate        candidate = { .score = one->score };

      dfi_similarity_apply (map, one->box[0] + one->box[2] / 2.0, one->box[1] + one->box[3] / 2.0, &candidate.square.x,
                            &candidate.square.y);
      candidate.square.side  = MAX (one->box[2], one->box[3]) * scale;
      candidate.square.angle = angle;
      g_array_append_val (candidates, candidate);
    }
}

/* At least so many pixels, as the detector needs them. */
static int
whole_cells (double pixels)
{
  return MAX (1, (int) ceil (pixels / DFI_DETECTOR_CELL)) * DFI_DETECTOR_CELL;
}

gboolean
dfi_search_at (const DfiFaceSearch *search, int side, double angle, double margin, GArray *candidates, GError **error)
{
  const DfiPixelSource *photo  = &search->pyramid.photo;
  double                scale  = margin * MAX (photo->width, photo->height) / side;
  double                width  = (photo->width * fabs (cos (angle)) + photo->height * fabs (sin (angle))) * margin / scale;
  double                height = (photo->width * fabs (sin (angle)) + photo->height * fabs (cos (angle))) * margin / scale;
  gboolean              done   = TRUE;

  for (double top = 0.0; done && (top == 0.0 || top + TILE - TILE_STEP < height); top += TILE_STEP)
    for (double left = 0.0; done && (left == 0.0 || left + TILE - TILE_STEP < width); left += TILE_STEP)
      {
        DfiSimilarity map   = { .a = scale * cos (angle), .b = scale * sin (angle) };
        GArray       *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
        DfiImage     *view  = NULL;

        map.tx = photo->width / 2.0 - map.a * (width / 2.0 - left) + map.b * (height / 2.0 - top);
        map.ty = photo->height / 2.0 - map.b * (width / 2.0 - left) - map.a * (height / 2.0 - top);
        done   = dfi_search_proceed (search, error) &&
               (view = dfi_pyramid_view (&search->pyramid, &map, whole_cells (MIN (TILE, width - left)),
                                         whole_cells (MIN (TILE, height - top)), error)) &&
               dfi_detector_run (search->detector, view, DFI_SEARCH_CANDIDATE, found, error);
        dfi_detections_reduce (found, DFI_SEARCH_OVERLAP);
        add_candidates (candidates, found, &map, angle);
        dfi_image_free (view);
        g_array_unref (found);
      }
  return done;
}

gboolean
dfi_search_square (const DfiFaceSearch *search, const DfiSquare *square, GArray *candidates, GError **error)
{
  GArray       *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  DfiSimilarity map;
  DfiImage     *view = dfi_pyramid_view_square (&search->pyramid, square, DFI_SEARCH_SIDE, &map, error);
  gboolean      done = view && dfi_detector_run (search->detector, view, DFI_SEARCH_CANDIDATE, found, error);

  dfi_detections_reduce (found, DFI_SEARCH_OVERLAP);
  add_candidates (candidates, found, &map, square->angle);
  dfi_image_free (view);
  g_array_unref (found);
  return done;
}
