/* The whole path on a real photograph, with the bundled weights and database. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "common.h"
#include "edit.h"
#include "picture/photo.h"

static const double eyes[4] = { 202.0, 101.0, 244.0, 103.0 };

static DfiEditor *editor;
static DfiPhoto  *photo;

static DfiPatch *
edit (const DfiImage *image, const double at[4], const char *wishes, int iterations, DfiEditReport *report, GError **error)
{
  DfiEditOptions options;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), wishes, &n, error);
  DfiPatch      *patch    = NULL;
  DfiFace        face;

  g_assert_nonnull (requests);
  dfi_edit_options_init (&options);
  options.iterations = iterations;
  if (dfi_face_from_eyes (at, image->width, image->height, &face, error))
    patch = dfi_edit (editor, image, &face, requests, n, &options, NULL, NULL, report, error);
  g_free (requests);
  return patch;
}

/* Mean absolute change of luma in a box of the photograph, in units of 0..1; nothing changes outside the patch. */
static double
change_in (const DfiPatch *patch, int left, int top, int right, int bottom)
{
  double sum = 0.0;
  size_t n   = (size_t) photo->image->width * photo->image->height;

  for (int y = MAX (top, patch->y); y < MIN (bottom, patch->y + patch->height); y++)
    for (int x = MAX (left, patch->x); x < MIN (right, patch->x + patch->width); x++)
      {
        const float *rgba = patch->rgba + 4 * ((size_t) (y - patch->y) * patch->width + x - patch->x);
        size_t       at   = (size_t) y * photo->image->width + x;

        sum += rgba[3] * fabsf (0.299f * (rgba[0] - photo->image->data[at]) + 0.587f * (rgba[1] - photo->image->data[n + at]) +
                                0.114f * (rgba[2] - photo->image->data[2 * n + at]));
      }
  return sum / ((right - left) * (bottom - top));
}

/* Each wish changes what it names more than what it does not: a mouth's opening the mouth, glasses the eyes. */
static void
test_places (void)
{
  DfiEditReport report;
  GError       *error = NULL;
  DfiPatch     *mouth = edit (photo->image, eyes, "mouth-closed=2", 40, &report, &error);
  DfiPatch     *glasses;

  g_assert_no_error (error);
  g_assert_cmpfloat (report.minimum.last, <, 0.75 * report.minimum.first);
  g_assert_cmpint (report.notes[0].neighbours, ==, 100);
  g_assert_cmpint (report.crop->width, ==, report.result->width);
  dfi_edit_report_clear (&report);

  glasses = edit (photo->image, eyes, "eyeglasses=2.5", 40, NULL, &error);
  g_assert_no_error (error);

  g_test_message ("mouth-closed: %.4f at the mouth, %.4f at the eyes; eyeglasses: %.4f, %.4f",
                  change_in (mouth, 205, 135, 245, 160), change_in (mouth, 185, 85, 260, 120),
                  change_in (glasses, 205, 135, 245, 160), change_in (glasses, 185, 85, 260, 120));
  g_assert_cmpfloat (change_in (mouth, 205, 135, 245, 160), >, 2.0 * change_in (mouth, 185, 85, 260, 120));
  g_assert_cmpfloat (change_in (glasses, 185, 85, 260, 120), >, 1.2 * change_in (glasses, 205, 135, 245, 160));
  dfi_patch_free (glasses);
  dfi_patch_free (mouth);
}

/* Hardly anything moves when nothing is asked for: alpha 0 starts at the optimum but for the smoothness term, which takes a
 * little of the grain: 2 of 255 in the mean. */
static void
test_nothing (void)
{
  DfiPatch *patch = edit (photo->image, eyes, "smiling=0", 20, NULL, NULL);

  g_assert_cmpfloat (change_in (patch, 160, 60, 280, 180), <, 0.012);
  dfi_patch_free (patch);
}

/* Before a plain wall a face's change ends where the face does, and does not fade out over the wall. */
static void
test_wall (void)
{
  const double middle[2] = { 0.5 * (eyes[0] + eyes[2]), 0.5 * (eyes[1] + eyes[3]) }, unit = eyes[2] - eyes[0];
  const size_t plane  = (size_t) photo->image->width * photo->image->height;
  DfiImage    *before = dfi_image_new (photo->image->width, photo->image->height, NULL);
  DfiPatch    *patch;
  int          on_wall = 0, in_face = 0;

  for (size_t i = 0; i < plane; i++)
    {
      double   x = i % before->width - middle[0], y = i / before->width - middle[1] - 0.4 * unit;
      gboolean wall = hypot (x / 1.2, y / 1.8) > unit;

      for (int c = 0; c < 3; c++)
        before->data[c * plane + i] = wall ? 0.7f : photo->image->data[c * plane + i];
    }
  patch = edit (before, eyes, "smiling=2", 5, NULL, NULL);
  for (int i = 0; i < patch->width * patch->height; i++)
    {
      double x = patch->x + i % patch->width - middle[0], y = patch->y + i / patch->width - middle[1] - 0.4 * unit;
      double from_middle = hypot (x / 1.2, y / 1.8) / unit;

      on_wall += from_middle > 1.1 && patch->rgba[4 * i + 3] > 0.0f;
      in_face += from_middle < 0.9 && patch->rgba[4 * i + 3] > 0.0f;
    }
  g_test_message ("%d pixels of the wall change, and %d of the face", on_wall, in_face);
  g_assert_cmpint (in_face, >, 5000);
  g_assert_cmpint (on_wall, <, 100); /* what is certainly face may reach a little beyond this oval */
  dfi_patch_free (patch);
  dfi_image_free (before);
}

/* The same bytes each time. */
static void
test_same_bytes (void)
{
  DfiPatch *first  = edit (photo->image, eyes, "senior=2,smiling=-1", 5, NULL, NULL);
  DfiPatch *second = edit (photo->image, eyes, "smiling = -1, senior=2.0", 5, NULL, NULL);

  g_assert_cmpmem (first->rgba, 16 * (size_t) first->width * first->height, second->rgba,
                   16 * (size_t) second->width * second->height);

  dfi_patch_free (second);
  dfi_patch_free (first);
}

/* The same from the part of a photograph that dfi_editor_bounds() names, also where that is reduced. */
static void
test_part (void)
{
  const double scales[] = { 1.0, 2.3, 5.1 };

  for (size_t k = 0; k < G_N_ELEMENTS (scales); k++)
    {
      DfiSimilarity map   = { .a = 1.0 / scales[k] };
      int           side  = 512 * scales[k];
      DfiImage     *large = dfi_align_warp (photo->image, &map, side, side, NULL);
      double        at[4], shifted[4], worst = 0.0, sum = 0.0;
      int           x, y, width, height;
      DfiFace       face;
      DfiImage     *part;
      DfiPatch     *of_all, *of_part;
      DfiEditReport all_report, part_report;
      size_t        n;

      for (int i = 0; i < 4; i++)
        at[i] = eyes[i] * scales[k];
      g_assert_true (dfi_face_from_eyes (at, side, side, &face, NULL));
      g_assert_true (dfi_editor_bounds (editor, &face, NULL, 0, side, side, &x, &y, &width, &height, NULL));
      part = test_image_part (large, x, y, width, height);
      for (int i = 0; i < 4; i++)
        shifted[i] = at[i] - (i % 2 ? y : x);

      of_all  = edit (large, at, "senior=2,smiling=-1", 5, &all_report, NULL);
      of_part = edit (part, shifted, "senior=2,smiling=-1", 5, &part_report, NULL);
      n       = (size_t) 4 * of_all->width * of_all->height;
      for (int i = 0; i < 3 * 320 * 320; i++)
        worst = MAX (worst, fabs (all_report.crop->data[i] - part_report.crop->data[i]));
      g_test_message ("%d pixels from (%d, %d) of %d: crops differ by %.1e at most", width, x, y, side, worst);
      g_assert_cmpfloat (worst, <, 1e-5);
      g_assert_cmpint (of_part->x + x, ==, of_all->x);
      g_assert_cmpint (of_part->y + y, ==, of_all->y);
      for (size_t i = 0; i < n; i++)
        {
          sum += fabs (of_part->rgba[i] - of_all->rgba[i]);
          g_assert_cmpfloat_with_epsilon (of_part->rgba[i], of_all->rgba[i], 0.01);
        }
      g_assert_cmpfloat (sum / n, <, 5e-5); /* not 0: the search makes what compilers round otherwise in the crop larger */

      dfi_edit_report_clear (&part_report);
      dfi_edit_report_clear (&all_report);
      dfi_patch_free (of_part);
      dfi_patch_free (of_all);
      dfi_image_free (part);
      dfi_image_free (large);
    }
}

/* The patch that an editor makes, as a preview. */
static DfiPatch *
quick_patch (DfiEditor *by, const double at[4], const char *wishes, gboolean focus)
{
  DfiEditOptions options;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (by), wishes, &n, NULL);
  DfiFace        face;
  DfiPatch      *patch;

  dfi_edit_options_init (&options);
  options.quality = DFI_QUALITY_PREVIEW;
  options.focus   = focus;
  g_assert_true (dfi_face_from_eyes (at, photo->image->width, photo->image->height, &face, NULL));
  patch = dfi_edit (by, photo->image, &face, requests, n, &options, NULL, NULL, NULL, NULL);
  g_assert_nonnull (patch);
  g_free (requests);
  return patch;
}

/* What an editor knows of the face that it edited last changes no result: neither that of other strengths and attributes, nor
 * that of other options or another face. */
static void
test_known_face (void)
{
  static const double elsewhere[4] = { 200.0, 100.0, 244.0, 103.0 };
  static const struct
  {
    const double *at;
    const char   *wishes;
    gboolean      focus;
  } edits[] = { { eyes, "smiling=1", TRUE },     { eyes, "smiling=-1.5,senior=2", TRUE },
                { eyes, "senior=1", TRUE },      { eyes, "senior=1", FALSE },
                { eyes, "bald=1", TRUE },        { eyes, "bald=-0.5", TRUE },
                { elsewhere, "senior=1", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      DfiEditor *fresh    = dfi_editor_new (NULL, NULL, NULL);
      DfiPatch  *patch    = quick_patch (editor, edits[i].at, edits[i].wishes, edits[i].focus);
      DfiPatch  *expected = quick_patch (fresh, edits[i].at, edits[i].wishes, edits[i].focus);

      g_assert_cmpmem (patch->rgba, 16 * (size_t) patch->width * patch->height, expected->rgba,
                       16 * (size_t) expected->width * expected->height);
      dfi_patch_free (expected);
      dfi_patch_free (patch);
      dfi_editor_free (fresh);
    }
}

/* What is found out before the first edit changes its result as little; bad options are refused. */
static void
test_prepare (void)
{
  DfiEditor     *prepared = dfi_editor_new (NULL, NULL, NULL);
  DfiEditOptions options;
  DfiFace        face;
  GError        *error = NULL;
  DfiPatch      *patch, *expected;

  dfi_edit_options_init (&options);
  g_assert_true (dfi_face_from_eyes (eyes, photo->image->width, photo->image->height, &face, NULL));
  g_assert_true (dfi_edit_prepare (prepared, photo->image, &face, &options, &error));
  g_assert_no_error (error);
  patch    = quick_patch (prepared, eyes, "smiling=1", TRUE);
  expected = quick_patch (editor, eyes, "smiling=1", TRUE);
  g_assert_cmpmem (patch->rgba, 16 * (size_t) patch->width * patch->height, expected->rgba,
                   16 * (size_t) expected->width * expected->height);
  dfi_patch_free (expected);
  dfi_patch_free (patch);

  options.feather = -1.0;
  g_assert_false (dfi_edit_prepare (prepared, photo->image, &face, &options, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  dfi_editor_free (prepared);
}

/* A search that starts from what the decoder makes of the target comes as near to it as one from the face, and a preview needs
 * no step. */
static void
test_decoder (void)
{
  DfiEditOptions options;
  DfiEditReport  from_face, from_decoder, preview;
  DfiFace        face;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "smiling=-1", &n, NULL);

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  dfi_edit_options_init (&options);
  options.iterations = 15;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &from_decoder, NULL));
  options.origin = DFI_ORIGIN_FACE;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &from_face, NULL));
  g_test_message ("from the face %g, from the decoder %g", from_face.minimum.last, from_decoder.minimum.last);
  g_assert_cmpfloat (from_decoder.minimum.last, <, 0.85 * from_face.minimum.first);
  g_assert_cmpfloat (from_decoder.minimum.last, <, 1.2 * from_face.minimum.last);

  dfi_edit_options_init (&options);
  options.quality = DFI_QUALITY_PREVIEW;
  g_assert_cmpint (dfi_edit_steps (editor, &options), ==, 0);
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &preview, NULL));
  g_assert_cmpint (preview.minimum.evaluations, ==, 0);
  options.colour = TRUE; /* all three channels are sought from the face */
  g_assert_cmpint (dfi_edit_steps (editor, &options), ==, 12);

  dfi_edit_report_clear (&preview);
  dfi_edit_report_clear (&from_face);
  dfi_edit_report_clear (&from_decoder);
  g_free (requests);
}

/* From the result for a strength near by the search is farther after a few steps than from the face, and ends no worse. */
static void
test_start (void)
{
  DfiEditOptions options;
  DfiEditReport  near_by, cold, warm;
  DfiFace        face;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "bald=4", &n, NULL);

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  dfi_edit_options_init (&options);
  options.origin     = DFI_ORIGIN_FACE;
  options.iterations = 8;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &cold, NULL));
  requests->alpha = 3.4;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &near_by, NULL));
  requests->alpha    = 4.0;
  options.iterations = 4;
  options.start      = near_by.result;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &warm, NULL));

  g_assert_cmpfloat (warm.minimum.first, <, 0.7 * cold.minimum.first);
  g_assert_cmpfloat (warm.minimum.last, <, cold.minimum.last);
  dfi_edit_report_clear (&warm);
  dfi_edit_report_clear (&near_by);
  dfi_edit_report_clear (&cold);
  g_free (requests);
}

static gboolean
count_and_stop (double fraction, gpointer data)
{
  int *left = data;

  g_assert_true (fraction >= 0.0 && fraction <= 1.0);
  return --*left > 0;
}

static void
test_cancel (void)
{
  DfiEditOptions options;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "smiling", &n, NULL);
  DfiFace        face;

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  dfi_edit_options_init (&options);
  for (int after = 1; after < 4; after++)
    {
      GError *error = NULL;
      int     left  = after;

      g_assert_null (dfi_edit (editor, photo->image, &face, requests, n, &options, count_and_stop, &left, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
      g_assert_cmpint (left, ==, 0); /* not asked again: it stopped at once */
      g_error_free (error);
    }
  g_free (requests);
}

/* Asked before each attribute's direction is found, in the search, and along the rows of what is blended; it stops even at the
 * last moment. */
typedef struct
{
  double last;
  int    calls, calls_max; /* the last of which says no */
  int    before, after;    /* of them, the search */
} Asked;

static gboolean
count_asked (double fraction, gpointer data)
{
  Asked *asked = data;

  g_assert_cmpfloat (fraction, >=, asked->last);
  asked->last = fraction;
  asked->before += fraction < 0.03;
  asked->after += fraction >= 0.97 && fraction < 1.0;
  return ++asked->calls != asked->calls_max;
}

static void
test_asked (void)
{
  static const char *const texts[]  = { "smiling", "smiling=1,senior=1,eyeglasses=1" };
  const DfiDatabase       *database = dfi_editor_database (editor);
  DfiFace                  face;
  DfiEditOptions           options;

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  dfi_edit_options_init (&options);
  options.iterations = 2;
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      int         n;
      DfiRequest *requests = dfi_requests_parse (database, texts[i], &n, NULL);
      Asked       all      = { 0.0 };
      DfiPatch   *patch    = dfi_edit (editor, photo->image, &face, requests, n, &options, count_asked, &all, NULL, NULL);
      const int   stops[]  = { n, all.calls - 1 };

      g_assert_nonnull (patch);
      g_assert_cmpint (all.before, ==, n);
      g_assert_cmpint (all.after, >=, patch->height / 16);
      dfi_patch_free (patch);
      for (size_t k = 0; k < G_N_ELEMENTS (stops); k++)
        {
          Asked   asked = { .calls_max = stops[k] };
          GError *error = NULL;

          g_assert_null (dfi_edit (editor, photo->image, &face, requests, n, &options, count_asked, &asked, NULL, &error));
          g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
          g_assert_cmpint (asked.calls, ==, stops[k]);
          g_error_free (error);
        }
      g_free (requests);
    }
}

static void
expect_refusal (const DfiImage *image, const double at[4], const char *word)
{
  GError *error = NULL;

  g_assert_null (edit (image, at, "smiling=1", 2, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, word));
  g_error_free (error);
}

static void
test_bad_pictures (void)
{
  const double tiny_eyes[4] = { 0.2, 0.5, 0.8, 0.5 };
  const double outside[4]   = { 202.0, 101.0, 600.0, 103.0 };
  DfiImage    *tiny         = dfi_image_new (1, 1, NULL);
  DfiImage    *spoilt       = dfi_image_copy (photo->image, NULL);

  memset (tiny->data, 0, 3 * sizeof (float));
  spoilt->data[512 * 101 + 210] = NAN;
  expect_refusal (tiny, tiny_eyes, "eyes");
  expect_refusal (photo->image, outside, "outside");
  expect_refusal (spoilt, eyes, "finite");
  dfi_image_free (spoilt);
  dfi_image_free (tiny);
}

/* Fewer layers make a shorter target, the part of the longer one that is theirs, which the result comes nearer to. */
static void
test_taps (void)
{
  DfiEditOptions options;
  DfiEditReport  all, same, deep, again;
  DfiFace        face;
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "bald=4", &n, NULL);

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  dfi_edit_options_init (&options);
  options.iterations = 6;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &all, NULL));
  options.taps = DFI_TAPS_PAPER;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &same, NULL));
  options.taps = DFI_TAP (4, 1) | DFI_TAP (5, 1);
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &deep, NULL));
  options.taps = 0;
  dfi_patch_free (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, &again, NULL));

  /* but for the chroma, which is no layer */
  g_assert_cmpuint (all.n_features, ==, dfi_database_n_features (dfi_editor_database (editor)) - 2 * 40 * 40);
  g_assert_cmpmem (all.result->data, 3 * 320 * 320 * sizeof (float), same.result->data, 3 * 320 * 320 * sizeof (float));
  g_assert_cmpmem (all.result->data, 3 * 320 * 320 * sizeof (float), again.result->data, 3 * 320 * 320 * sizeof (float));
  g_assert_cmpuint (deep.n_features, <, all.n_features);
  g_assert_cmpmem (deep.target, deep.n_features * sizeof (float), all.target + all.n_features - deep.n_features,
                   deep.n_features * sizeof (float));
  g_assert_cmpfloat (deep.minimum.last, <, 0.8 * deep.minimum.first);
  g_assert_cmpint (memcmp (deep.result->data, all.result->data, 320 * 320 * sizeof (float)), !=, 0);

  dfi_edit_report_clear (&again);
  dfi_edit_report_clear (&deep);
  dfi_edit_report_clear (&same);
  dfi_edit_report_clear (&all);
  g_free (requests);
}

static void
test_bad_options (void)
{
  DfiEditOptions bad[10];
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "smiling", &n, NULL);
  DfiFace        face;

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    dfi_edit_options_init (&bad[i]);
  bad[0].iterations = -1;
  bad[1].neighbours = 9;
  bad[2].lambda     = -1.0;
  bad[3].lambda     = NAN;
  bad[4].beta       = 0.0;
  bad[5].beta       = NAN;
  bad[6].iterations = 1 << 30;
  bad[7].feather    = 0.0;
  bad[8].feather    = NAN;
  bad[9].taps       = DFI_TAP (1, 1) | DFI_TAP (5, 1);
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GError *error = NULL;

      g_assert_null (dfi_edit (editor, photo->image, &face, requests, n, &bad[i], NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_error_free (error);
    }
  g_free (requests);
}

/* Where smoothness outweighs all else, the face would come back as it is; that is said instead. */
static void
test_no_step (void)
{
  const double   settings[][2] = { { 1e6, 0.01 }, { 1e6, 10.0 } }; /* lambda, beta */
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), "smiling=2", &n, NULL);
  DfiFace        face;
  DfiEditOptions options;

  g_assert_true (dfi_face_from_eyes (eyes, 512, 512, &face, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      GError *error = NULL;

      dfi_edit_options_init (&options);
      options.origin = DFI_ORIGIN_FACE;
      options.lambda = settings[i][0];
      options.beta   = settings[i][1];
      g_assert_null (dfi_edit (editor, photo->image, &face, requests, n, &options, NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_assert_nonnull (strstr (error->message, "lambda"));
      g_error_free (error);
    }
  g_free (requests);
}

/* A database that was built with other weights is refused, with both files named. */
static void
test_other_weights (void)
{
  char   *folder   = test_folder_new ();
  char   *weights  = test_weights_new (folder, 16);
  char   *database = test_source_file ("resources/faces.safetensors");
  GError *error    = NULL;

  g_assert_null (dfi_editor_new (weights, database, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, weights));
  g_assert_nonnull (strstr (error->message, database));
  g_error_free (error);
  g_free (database);
  g_free (weights);
  test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  char   *picture;
  GError *error = NULL;
  int     status;

  g_test_init (&argc, &argv, NULL);
  picture = test_source_file ("resources/astronaut.png");
  photo   = dfi_photo_load (picture, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  editor = dfi_editor_new (NULL, NULL, &error);
  g_assert_no_error (error);

  g_test_add_func ("/edit/places", test_places);
  g_test_add_func ("/edit/nothing", test_nothing);
  g_test_add_func ("/edit/wall", test_wall);
  g_test_add_func ("/edit/same-bytes", test_same_bytes);
  g_test_add_func ("/edit/part", test_part);
  g_test_add_func ("/edit/known-face", test_known_face);
  g_test_add_func ("/edit/prepare", test_prepare);
  g_test_add_func ("/edit/decoder", test_decoder);
  g_test_add_func ("/edit/start", test_start);
  g_test_add_func ("/edit/taps", test_taps);
  g_test_add_func ("/edit/cancel", test_cancel);
  g_test_add_func ("/edit/asked", test_asked);
  g_test_add_func ("/edit/bad-pictures", test_bad_pictures);
  g_test_add_func ("/edit/bad-options", test_bad_options);
  g_test_add_func ("/edit/no-step", test_no_step);
  g_test_add_func ("/edit/other-weights", test_other_weights);
  status = g_test_run ();

  dfi_editor_free (editor);
  dfi_photo_free (photo);
  g_free (picture);
  return status;
}
