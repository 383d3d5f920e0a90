/* build-pictures.c: pictures to features, a batch at a time. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "build/state.h"
#include "database/face-features.h"
#include "picture/colour.h"
#include "picture/photo.h"

/* ---------- which part of a picture ---------- */

gboolean
dfi_build_check_framing (const DfiBuildPlan *plan, GError **error)
{
  const double *r = plan->rectangle;

  if (plan->framing != DFI_FRAMING_RECTANGLE ||
      (r[0] >= 0.0 && r[1] >= 0.0 && r[2] > r[0] && fabs ((r[2] - r[0]) - (r[3] - r[1])) < 1e-6)) /* FALSE for NaN */
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The frame %g,%g,%g,%g is not a square in the picture; write left,top,right,bottom in pixels."), r[0], r[1],
               r[2], r[3]);
  return FALSE;
}

static DfiSimilarity
map_square (const DfiFrame *frame, double left, double top, double side)
{
  return (DfiSimilarity){ .a = side / frame->size, .b = 0.0, .tx = left, .ty = top };
}

static gboolean
find_rectangle (const DfiBuildPlan *plan, const DfiImage *picture, const char *path, DfiSimilarity *map, GError **error)
{
  const double *r = plan->rectangle;

  *map = map_square (&plan->frame, r[0], r[1], r[2] - r[0]);
  if (r[2] <= picture->width && r[3] <= picture->height)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The picture “%s” is %d x %d pixels large, too small for the frame at %g,%g,%g,%g."), path, picture->width,
               picture->height, r[0], r[1], r[2], r[3]);
  return FALSE;
}

/* Brings the largest face's eyes and mouth to where the frame has them. */
static gboolean
find_face (const DfiBuildPlan *plan, const DfiImage *picture, DfiSimilarity *map, GError **error)
{
  int           n_faces;
  DfiFace      *faces = dfi_face_finder_find (plan->finder, picture, NULL, NULL, &n_faces, error);
  DfiSimilarity to_frame;
  gboolean      done = faces && dfi_align_face (&plan->frame, &faces[0], &to_frame, error);

  if (done)
    *map = dfi_similarity_invert (&to_frame);
  g_free (faces);
  return done;
}

/* @map: (out): frame -> picture */
static gboolean
find_frame (const DfiBuild *build, const DfiImage *picture, const char *path, DfiSimilarity *map, GError **error)
{
  DfiSimilarity to_frame;

  switch (build->plan->framing)
    {
    case DFI_FRAMING_FACE: return find_face (build->plan, picture, map, error);
    case DFI_FRAMING_RECTANGLE: return find_rectangle (build->plan, picture, path, map, error);
    case DFI_FRAMING_WHOLE:
      to_frame = dfi_align_whole (&build->plan->frame, picture->width, picture->height);
      *map     = dfi_similarity_invert (&to_frame);
      return TRUE;
    }
  g_return_val_if_reached (FALSE);
}

/* ---------- features ---------- */

/* @frame -> @features (D), as an edit has them */
static gboolean
encode (DfiBuild *build, DfiImage *frame, float *features, GError **error)
{
  DfiImage *luma;

  for (size_t i = 0; i < (size_t) 3 * frame->width * frame->height; i++)
    frame->data[i] = CLAMP (frame->data[i], 0.0f, 1.0f);
  luma = dfi_colour_grey (frame, error);
  if (! luma)
    return FALSE;

  dfi_features_compute (&build->layout, build->pass, luma, frame, features);
  dfi_image_free (luma);
  return TRUE;
}

/* Features (D) of picture @file.  The first stage finds where the frame is in it. */
static gboolean
read_features (DfiBuild *build, size_t file, float *features, GError **error)
{
  const DfiBuildPlan *plan  = build->plan;
  char               *path  = g_build_filename (plan->folder, plan->files[file], NULL);
  DfiPhoto           *photo = dfi_photo_load (path, error);
  DfiSimilarity       map   = build->maps[file];
  DfiImage           *frame = NULL;
  gboolean            done;

  if (photo && (build->stage > 1 || find_frame (build, photo->image, path, &map, error)))
    frame = dfi_align_warp (photo->image, &map, plan->frame.size, plan->frame.size, error);
  done = frame && encode (build, frame, features, error);
  if (done)
    build->maps[file] = map;

  dfi_image_free (frame);
  dfi_photo_free (photo);
  g_free (path);
  return done;
}

static void
leave_out (DfiBuild *build, size_t file, const GError *reason)
{
  char *line = g_strdelimit (g_strdup (reason->message), "\n", ' ');

  g_string_append_printf (build->left_out, "%zu %s\n", file, line);
  g_free (line);
  if (build->skip)
    build->skip (build->plan->files[file], reason, build->data);
}

/* In the first stage a picture that cannot be read is left out; later it is an error. */
static gboolean
add_to_batch (DfiBuild *build, size_t file, GError **error)
{
  GError *reason = NULL;

  if (read_features (build, file, build->batch + build->n_batch * build->layout.n_features, &reason))
    {
      build->members[build->n_batch++] = file;
      return TRUE;
    }
  if (build->stage > 1 || g_error_matches (reason, DFI_ERROR, DFI_ERROR_MEMORY))
    {
      g_propagate_error (error, reason);
      return FALSE;
    }

  leave_out (build, file, reason);
  g_error_free (reason);
  return TRUE;
}

/* ---------- a stage ---------- */

static gboolean
alloc_scratch (DfiBuild *build, GError **error)
{
  size_t rank = build->rank;

  g_clear_pointer (&build->coefficients, g_free);
  g_clear_pointer (&build->product, g_free);
  return (build->batch || (build->batch = dfi_try_alloc (DFI_BUILD_BATCH, build->layout.n_features * sizeof (float), error))) &&
         (build->coefficients = dfi_try_alloc (DFI_BUILD_BATCH * (rank + build->plan->n_attributes), sizeof (float), error)) &&
         (build->product = dfi_try_alloc (rank * rank, sizeof (float), error)) &&
         (build->stage != 2 || dfi_build_weigh_attributes (build, error));
}

static gboolean
use_batch (DfiBuild *build, GError **error)
{
  size_t length = build->layout.n_features;

  for (int i = 0; build->mean && i < build->n_batch; i++)
    for (size_t j = 0; j < length; j++)
      build->batch[i * length + j] -= build->mean[j];

  switch (build->stage)
    {
    case 1: return dfi_build_mix_batch (build, error);
    case 2: return dfi_build_multiply_batch (build, error);
    default: return dfi_build_code_batch (build, error);
    }
}

/* Share of all the work: of the three stages, or of the shard's one. */
static gboolean
report_progress (const DfiBuild *build, size_t file)
{
  size_t first = dfi_build_first (build, build->shard), end = dfi_build_end (build, build->shard);
  double share = (double) (file - first) / (end - first);

  if (build->n_shards == 1)
    share = (build->stage - 1 + share) / DFI_BUILD_STAGES;
  return ! build->progress || build->progress (share, build->data);
}

gboolean
dfi_build_read_pictures (DfiBuild *build, const char *folder, GError **error)
{
  size_t end   = dfi_build_end (build, build->shard);
  gint64 saved = g_get_monotonic_time ();

  if (! alloc_scratch (build, error))
    return FALSE;

  build->n_batch = 0;
  for (size_t file = build->next; file < end; file++)
    {
      if (! report_progress (build, file))
        return dfi_error_set_cancelled (error);
      if ((build->stage == 1 || dfi_build_uses (build, file)) && ! add_to_batch (build, file, error))
        return FALSE;
      if (build->n_batch < DFI_BUILD_BATCH && file < end - 1)
        continue;

      if (build->n_batch > 0 && ! use_batch (build, error))
        return FALSE;
      build->n_batch = 0;
      build->next    = file + 1;
      if (g_get_monotonic_time () - saved >= build->plan->save_every * G_USEC_PER_SEC)
        {
          if (! dfi_build_save (build, folder, error))
            return FALSE;
          saved = g_get_monotonic_time ();
        }
    }
  return TRUE;
}
