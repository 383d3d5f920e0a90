/* Alignment, resampling, colours and blending, on pictures whose right answer is known. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "picture/align.h"
#include "picture/blend.h"
#include "picture/colour.h"
#include "common.h"
#include "base/error.h"
#include "picture/fresh.h"
#include "picture/ground.h"
#include "picture/mask.h"

static const DfiFrame frame = { 192, { 69.8, 81.4, 121.8, 81.1 }, { 96.1, 138.6 }, FALSE };

/* ---------- similarity transforms ---------- */

static DfiFace
face_at (const double eyes[4], int width, int height)
{
  DfiFace face;

  g_assert_true (dfi_face_from_eyes (eyes, width, height, &face, NULL));
  return face;
}

static void
test_align (void)
{
  const double cases[][4] = {
    { 202.0, 101.0, 244.0, 103.0 },
    { 244.0, 103.0, 202.0, 101.0 }, /* the other order */
    { 300.0, 400.0, 310.0, 350.0 }, /* turned far */
    { 69.8, 81.4, 121.8, 81.1 },    /* the frame itself */
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const double *left  = cases[i][0] < cases[i][2] ? cases[i] : cases[i] + 2;
      const double *right = cases[i][0] < cases[i][2] ? cases[i] + 2 : cases[i];
      DfiFace       face  = face_at (cases[i], 512, 512);
      DfiSimilarity map, back;
      double        u, v, x, y;

      /* The mean face is not quite the frame's, so that the least squares leave half a pixel. */
      g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
      dfi_similarity_apply (&map, left[0], left[1], &u, &v);
      g_assert_cmpfloat_with_epsilon (u, frame.eyes[0], 0.5);
      g_assert_cmpfloat_with_epsilon (v, frame.eyes[1], 0.5);
      dfi_similarity_apply (&map, right[0], right[1], &u, &v);
      g_assert_cmpfloat_with_epsilon (u, frame.eyes[2], 0.5);
      g_assert_cmpfloat_with_epsilon (v, frame.eyes[3], 0.5);

      back = dfi_similarity_invert (&map);
      dfi_similarity_apply (&back, u, v, &x, &y);
      g_assert_cmpfloat_with_epsilon (x, right[0], 1e-9);
      g_assert_cmpfloat_with_epsilon (y, right[1], 1e-9);
    }
}

/* A face whose eyes and mouth are the frame's, moved by a similarity transform, is brought back exactly; where they are not,
 * no transform near the one found is better. */
static void
test_align_least_squares (void)
{
  const DfiSimilarity away   = { 1.7, -0.6, 30.0, 250.0 };
  const double        eyes[] = { 69.8, 81.4, 121.8, 81.1 };
  DfiFace             face   = face_at (eyes, 192, 192);
  DfiFacePoints       points = dfi_face_points (&face);
  double              shift  = frame.mouth[1] - points.mouth[1];
  DfiSimilarity       map, back;

  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      if (i >= 48 && i < 60)
        {
          face.landmarks[i][0] += frame.mouth[0] - points.mouth[0];
          face.landmarks[i][1] += shift;
        }
      dfi_similarity_apply (&away, face.landmarks[i][0], face.landmarks[i][1], &face.landmarks[i][0], &face.landmarks[i][1]);
    }
  back = dfi_similarity_invert (&away);
  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  g_assert_cmpfloat_with_epsilon (map.a, back.a, 1e-9);
  g_assert_cmpfloat_with_epsilon (map.b, back.b, 1e-9);
  g_assert_cmpfloat_with_epsilon (map.tx, back.tx, 1e-7);
  g_assert_cmpfloat_with_epsilon (map.ty, back.ty, 1e-7);
}

static void
test_bad_eyes (void)
{
  const double bad[][4] = {
    { -1.0, 50.0, 60.0, 50.0 }, { 20.0, 50.0, 101.0, 50.0 },    { 20.0, 50.0, 60.0, 120.0 }, /* outside */
    { 50.0, 50.0, 50.0, 50.0 }, { 50.0, 50.0, 52.0, 51.0 },                                  /* on top of each other */
    { NAN, 50.0, 60.0, 50.0 },  { 20.0, 50.0, INFINITY, 50.0 },
  };
  const double  good[4] = { 20.0, 50.0, 60.0, 50.0 };
  DfiFace       face;
  DfiSimilarity map;
  GError       *error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (dfi_face_from_eyes (bad[i], 100, 100, &face, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_clear_error (&error);
    }

  face                  = face_at (good, 100, 100);
  face.landmarks[50][1] = NAN;
  g_assert_false (dfi_align_face (&frame, &face, &map, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_error_free (error);
}

/* ---------- resampling ---------- */

/* A picture that is a plane in x and y, with other slopes in each channel. */
static float
ramp (double x, double y, int channel)
{
  return 0.2 + 0.001 * (channel + 1) * x + 0.0007 * y;
}

static DfiImage *
ramp_image (int width, int height)
{
  DfiImage *image = dfi_image_new (width, height, NULL);
  float    *out   = image->data;

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < height; i++)
      for (int j = 0; j < width; j++)
        *out++ = ramp (j + 0.5, i + 0.5, c);
  return image;
}

/* Interpolation and halving keep a plane a plane, away from the edges. */
static void
test_warp (void)
{
  const DfiSimilarity maps[] = {
    { 1.0, 0.0, 40.0, 30.0 },  { 0.6, 0.3, 50.0, 40.0 },   { 0.1, -0.05, 60.0, 60.0 },
    { 2.5, 1.0, 150.0, 60.0 }, { 5.0, -1.0, 40.0, 100.0 },
  };
  DfiImage *source = ramp_image (301, 299);

  for (size_t k = 0; k < G_N_ELEMENTS (maps); k++)
    {
      DfiImage *result = dfi_align_warp (source, &maps[k], 32, 32, NULL);

      for (int c = 0; c < 3; c++)
        for (int i = 0; i < 32; i++)
          for (int j = 0; j < 32; j++)
            {
              double x, y;

              dfi_similarity_apply (&maps[k], j + 0.5, i + 0.5, &x, &y);
              if (x > 16.0 && y > 16.0 && x < 285.0 && y < 283.0)
                g_assert_cmpfloat_with_epsilon (result->data[(c * 32 + i) * 32 + j], ramp (x, y, c), 1e-5);
            }
      dfi_image_free (result);
    }
  dfi_image_free (source);
}

/* Halving three times is halving once, three times; and a part is a part of the whole. */
static void
test_shrink (void)
{
  const int width = 67, height = 45;
  DfiImage *image = dfi_image_new (width, height, NULL);
  DfiImage *once, *twice, *thrice, *whole, *part;

  test_uniform (1, image->data, 3 * width * height);
  once   = dfi_image_shrink (image, 0, 0, width, height, 1, NULL);
  twice  = dfi_image_shrink (once, 0, 0, once->width, once->height, 1, NULL);
  thrice = dfi_image_shrink (twice, 0, 0, twice->width, twice->height, 1, NULL);
  whole  = dfi_image_shrink (image, 0, 0, width, height, 3, NULL);
  part   = dfi_image_shrink (image, 16, 24, 1000, 16, 3, NULL);

  g_assert_cmpint (once->width, ==, 34);
  g_assert_cmpfloat (once->data[33], ==, 0.5f * (image->data[66] + image->data[2 * 67 - 1]));
  g_assert_cmpfloat (once->data[1], ==,
                     0.25f * (image->data[2] + image->data[3] + image->data[width + 2] + image->data[width + 3]));
  g_assert_cmpint (whole->width, ==, 9);
  g_assert_cmpint (whole->height, ==, 6);
  g_assert_cmpmem (whole->data, 3 * 9 * 6 * sizeof (float), thrice->data, 3 * 9 * 6 * sizeof (float));
  g_assert_cmpint (part->width, ==, 7);
  g_assert_cmpint (part->height, ==, 2);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 2; i++)
      for (int j = 0; j < 7; j++)
        g_assert_cmpfloat (part->data[(c * 2 + i) * 7 + j], ==, whole->data[(c * 6 + i + 3) * 9 + j + 2]);

  dfi_image_free (part);
  dfi_image_free (whole);
  dfi_image_free (thrice);
  dfi_image_free (twice);
  dfi_image_free (once);
  dfi_image_free (image);
}

/* The identity gives every pixel back exactly; far outside, the edge repeats. */
static void
test_warp_edges (void)
{
  const DfiSimilarity identity = { 1.0, 0.0, 0.0, 0.0 };
  const DfiSimilarity away     = { 1.0, 0.0, 1e9, -1e9 };
  DfiImage           *source   = ramp_image (33, 35);
  DfiImage           *same     = dfi_align_warp (source, &identity, 33, 35, NULL);
  DfiImage           *corner   = dfi_align_warp (source, &away, 4, 4, NULL);

  g_assert_cmpmem (same->data, 3 * 33 * 35 * sizeof (float), source->data, 3 * 33 * 35 * sizeof (float));
  for (int i = 0; i < 16; i++)
    g_assert_cmpfloat_with_epsilon (corner->data[i], source->data[32], 1e-6);

  dfi_image_free (corner);
  dfi_image_free (same);
  dfi_image_free (source);
}

/* ---------- blending ---------- */

static DfiImage *
flat_image (int width, int height, float red, float green, float blue)
{
  DfiImage   *image = dfi_image_new (width, height, NULL);
  const float rgb[] = { red, green, blue };

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < width * height; i++)
      image->data[c * width * height + i] = rgb[c];
  return image;
}

/* Whole inside the face, nothing outside the frame, smooth between, whatever the face's size and turn; the head reaches
 * farther than the face, and a wider feather farther than a narrow one. */
static void
test_mask (void)
{
  const double  eyes[] = { 150.0, 220.0, 350.0, 260.0 };
  DfiFace       face   = face_at (eyes, 512, 400);
  DfiSimilarity map;
  float        *masks[3];
  double        sums[3] = {
           0.0,
  };

  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  masks[0] = dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.1, NULL);
  masks[1] = dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.4, NULL);
  masks[2] = dfi_mask_new (&face, &map, 192, DFI_REGION_HEAD, 0.4, NULL);
  for (int k = 0; k < 3; k++)
    {
      for (int i = 0; i < 192; i++)
        for (int j = 0; j < 192; j++)
          {
            float here = masks[k][i * 192 + j];

            g_assert_true (here >= 0.0f && here <= 1.0f);
            if (i == 0 || j == 0 || i == 191 || j == 191)
              g_assert_cmpfloat (here, ==, 0.0f);
            else if (k > 0)
              g_assert_cmpfloat (fabs (here - masks[k][i * 192 + j - 1]), <, 0.13f);
            if (k > 0)
              g_assert_cmpfloat (here, >=, masks[k - 1][i * 192 + j]);
            sums[k] += here;
          }
      for (int i = 0; i < DFI_N_LANDMARKS; i++)
        {
          double u, v;

          dfi_similarity_apply (&map, face.landmarks[i][0], face.landmarks[i][1], &u, &v);
          if (v < 170.0) /* the chin is near the frame's border */
            g_assert_cmpfloat (masks[k][(int) v * 192 + (int) u], >, 0.8f);
        }
    }
  for (int k = 0; k < 3; k++)
    g_free (masks[k]);
  g_assert_cmpfloat (sums[0], <, 0.95 * sums[1]);
  g_assert_cmpfloat (sums[1], <, 0.85 * sums[2]);
}

/* A small region is whole at its own landmarks, and leaves alone what is not its business. */
static void
test_mask_regions (void)
{
  enum
  {
    CHIN      = 8,
    BROW      = 19,
    NOSTRIL   = 33,
    EYE       = 37,
    LIP_ABOVE = 51,
    LIP_BELOW = 57
  };
  static const struct
  {
    DfiRegion region;
    int       inside[3], outside[3];
  } cases[] = {
    { DFI_REGION_EYES, { EYE, BROW, EYE }, { LIP_ABOVE, LIP_BELOW, CHIN } },
    { DFI_REGION_UPPER_LIP, { NOSTRIL, LIP_ABOVE, NOSTRIL }, { EYE, BROW, CHIN } },
    { DFI_REGION_MOUTH, { LIP_ABOVE, LIP_BELOW, LIP_ABOVE }, { EYE, NOSTRIL, CHIN } },
    { DFI_REGION_JAW, { NOSTRIL, LIP_BELOW, CHIN }, { EYE, BROW, EYE } },
  };
  const double  eyes[] = { 150.0, 180.0, 350.0, 220.0 };
  const DfiFace face   = face_at (eyes, 512, 512);
  DfiSimilarity map;

  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  for (size_t k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      float *mask = dfi_mask_new (&face, &map, 192, cases[k].region, 0.3, NULL);

      for (int i = 0; i < 3; i++)
        {
          const double *in = face.landmarks[cases[k].inside[i]], *out = face.landmarks[cases[k].outside[i]];
          double        u, v;

          dfi_similarity_apply (&map, in[0], in[1], &u, &v);
          g_assert_cmpfloat (mask[(int) v * 192 + (int) u], >, 0.95f);
          dfi_similarity_apply (&map, out[0], out[1], &u, &v);
          g_assert_cmpfloat (mask[(int) v * 192 + (int) u], ==, 0.0f);
        }
      g_free (mask);
    }
}

/* Skin's change is whole on the cheeks, small on what somebody is known by, and none above the forehead, where hair may be. */
static void
test_mask_skin (void)
{
  enum
  {
    N        = 192,
    EYE      = 37,
    NOSE     = 30,
    LIP      = 51,
    CHEEK_OF = 31, /* a wing of the nose, and the outline of the face at its height */
    CHEEK_TO = 3
  };
  static const struct
  {
    int   from, to; /* halfway between these landmarks */
    float share;
  } cases[]            = { { EYE, EYE, 0.5f }, { NOSE, NOSE, 0.3f }, { LIP, LIP, 0.7f }, { CHEEK_OF, CHEEK_TO, 1.0f } };
  const double  eyes[] = { 150.0, 180.0, 350.0, 220.0 };
  const DfiFace face   = face_at (eyes, 512, 512);
  DfiSimilarity map;
  float        *skin, *whole;

  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  skin  = dfi_mask_new (&face, &map, N, DFI_REGION_SKIN, 0.3, NULL);
  whole = dfi_mask_new (&face, &map, N, DFI_REGION_FACE, 0.3, NULL);
  for (size_t k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const double *from = face.landmarks[cases[k].from], *to = face.landmarks[cases[k].to];
      double        u, v;

      dfi_similarity_apply (&map, (from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0, &u, &v);
      g_assert_cmpfloat_with_epsilon (skin[(int) v * N + (int) u], cases[k].share, 0.1f);
    }
  for (size_t i = 0; i < N * N; i++)
    g_assert_cmpfloat (skin[i], <=, whole[i]);
  g_free (skin);
  g_free (whole);
}

/* Between lips that are open nothing of them changes; they themselves do. */
static void
test_mask_lips (void)
{
  const double  eyes[] = { 150.0, 180.0, 350.0, 220.0 };
  DfiFace       face   = face_at (eyes, 512, 512);
  const double *top = face.landmarks[62], *upper = face.landmarks[51];
  double        lower[2], u, v;
  DfiSimilarity map;
  float        *lips, *mouth;

  for (int i = 54; i < DFI_N_LANDMARKS; i++) /* the lower lip, on both its sides, falls by a quarter of the eyes' distance */
    if ((i > 54 && i < 60) || i > 64)
      {
        face.landmarks[i][0] -= 10.0;
        face.landmarks[i][1] += 50.0;
      }
  for (int c = 0; c < 2; c++)
    lower[c] = 0.5 * (face.landmarks[57][c] + face.landmarks[66][c]);
  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  lips  = dfi_mask_new (&face, &map, 192, DFI_REGION_LIPS, 0.3, NULL);
  mouth = dfi_mask_new (&face, &map, 192, DFI_REGION_MOUTH, 0.3, NULL);

  dfi_similarity_apply (&map, 0.5 * (top[0] + face.landmarks[66][0]), 0.5 * (top[1] + face.landmarks[66][1]), &u, &v);
  g_assert_cmpfloat (lips[(int) v * 192 + (int) u], ==, 0.0f);
  g_assert_cmpfloat (mouth[(int) v * 192 + (int) u], ==, 1.0f);
  dfi_similarity_apply (&map, upper[0], upper[1], &u, &v);
  g_assert_cmpfloat (lips[(int) v * 192 + (int) u], >, 0.9f);
  dfi_similarity_apply (&map, lower[0], lower[1], &u, &v);
  g_assert_cmpfloat (lips[(int) v * 192 + (int) u], >, 0.9f);
  for (int i = 0; i < 192 * 192; i++)
    g_assert_cmpfloat (lips[i], <=, mouth[i]);
  g_free (mouth);
  g_free (lips);
}

/* The frame has no place of its own for hair, which reaches beyond it, nor for a fringe. */
static void
test_mask_hair (void)
{
  const double  eyes[] = { 150.0, 180.0, 350.0, 220.0 };
  DfiFace       face   = face_at (eyes, 512, 512);
  DfiSimilarity map;
  float        *mask;

  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  for (int region = DFI_REGION_HAIR; region < DFI_N_REGIONS; region++)
    {
      mask = dfi_mask_new (&face, &map, 192, region, 0.3, NULL);
      for (int i = 0; i < 192 * 192; i++)
        g_assert_cmpfloat (mask[i], ==, 0.0f);
      g_free (mask);
    }
}

#define GROUND_SIDE 64

/* (3, 64, 64): a wall that is shaded from left to right, a dark head in its middle, and a chequered curtain on the right. */
static DfiImage *
before_wall (void)
{
  DfiImage *crop = dfi_image_new (GROUND_SIDE, GROUND_SIDE, NULL);

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < GROUND_SIDE; i++)
      for (int j = 0; j < GROUND_SIDE; j++)
        {
          float pixel = 0.6f + 0.2f * j / GROUND_SIDE;

          if (j >= 52)
            pixel = (i / 4 + j / 4) % 2 ? 0.2f : 0.8f;
          if (hypot (i - 36, j - 28) < 14)
            pixel = 0.2f;
          crop->data[(c * GROUND_SIDE + i) * GROUND_SIDE + j] = pixel;
        }
  return crop;
}

/* The wall is found to the bit, through its shade; the head and what is not plain keep their mask. */
static void
test_ground (void)
{
  DfiImage *crop = before_wall ();
  float    *mask = g_new (float, GROUND_SIDE *GROUND_SIDE);
  float    *keep = g_new0 (float, GROUND_SIDE *GROUND_SIDE);

  for (int i = 0; i < GROUND_SIDE * GROUND_SIDE; i++)
    mask[i] = 0.75f;
  g_assert_true (dfi_ground_leave_out (mask, keep, crop, 20, NULL));
  for (int i = 0; i < GROUND_SIDE; i++)
    for (int j = 0; j < GROUND_SIDE; j++)
      {
        double from_head = hypot (i - 36, j - 28) - 14.0;

        if (from_head > 4.0 && j < 48)
          g_assert_cmpfloat (mask[i * GROUND_SIDE + j], ==, 0.0f);
        if (from_head < -3.0)
          g_assert_cmpfloat (mask[i * GROUND_SIDE + j], ==, 0.75f);
      }
  g_assert_cmpfloat (mask[40 * GROUND_SIDE + 60], ==, 0.75f);
  g_free (keep);
  g_free (mask);
  dfi_image_free (crop);
}

/* A face that has the wall's own colour is no wall; nor is what only the face lies before. */
static void
test_ground_keep (void)
{
  DfiImage *crop = dfi_image_new (GROUND_SIDE, GROUND_SIDE, NULL);
  float    *mask = g_new (float, GROUND_SIDE *GROUND_SIDE);
  float    *keep = g_new0 (float, GROUND_SIDE *GROUND_SIDE);

  for (int i = 0; i < 3 * GROUND_SIDE * GROUND_SIDE; i++)
    crop->data[i] = 0.5f;
  for (int i = 0; i < GROUND_SIDE * GROUND_SIDE; i++)
    {
      mask[i] = 1.0f;
      keep[i] = i / GROUND_SIDE >= 20 && i % GROUND_SIDE >= 20;
    }
  g_assert_true (dfi_ground_leave_out (mask, keep, crop, 10, NULL));
  for (int i = 0; i < GROUND_SIDE * GROUND_SIDE; i++)
    g_assert_cmpfloat (mask[i], ==, keep[i]);
  g_free (keep);
  g_free (mask);
  dfi_image_free (crop);
}

/* A landmark that is not a number is refused, wherever it is; the outline would have no shape. */
static void
test_mask_not_finite (void)
{
  const double  eyes[] = { 150.0, 220.0, 350.0, 260.0 };
  const double  bad[]  = { NAN, INFINITY, -INFINITY };
  const DfiFace good   = face_at (eyes, 512, 400);
  DfiSimilarity map;

  g_assert_true (dfi_align_face (&frame, &good, &map, NULL));
  for (int i = 0; i < 2 * DFI_N_LANDMARKS; i++)
    {
      DfiFace face  = good;
      GError *error = NULL;

      face.landmarks[i / 2][i % 2] = bad[i % 3];
      g_assert_null (dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.3, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_clear_error (&error);
      g_assert_false (dfi_align_face (&frame, &face, &map, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_error_free (error);
    }
}

/* A mask that is 0 everywhere changes nothing. */
static void
test_blend_nowhere (void)
{
  const double  eyes[]        = { 202.0, 101.0, 244.0, 103.0 };
  DfiFace       face          = face_at (eyes, 512, 400);
  float         mask[32 * 32] = { 0.0f };
  DfiFrame      small         = { 32, { 11.0, 13.0, 21.0, 13.0 }, { 16.0, 23.0 }, FALSE };
  DfiImage     *photo         = flat_image (512, 400, 0.3f, 0.6f, 0.2f);
  DfiImage     *change        = flat_image (32, 32, 0.5f, 0.5f, 0.5f);
  DfiImage     *kept          = dfi_image_copy (photo, NULL);
  DfiSimilarity map;
  DfiPatch     *patch;

  g_assert_true (dfi_align_face (&small, &face, &map, NULL));
  patch = dfi_blend (photo, change, NULL, NULL, mask, &map, NULL, NULL, NULL);
  g_assert_nonnull (patch);
  dfi_patch_composite (patch, photo);
  g_assert_cmpmem (photo->data, 3 * 512 * 400 * sizeof (float), kept->data, 3 * 512 * 400 * sizeof (float));
  dfi_patch_free (patch);
  dfi_image_free (kept);
  dfi_image_free (change);
  dfi_image_free (photo);
}

/* Where a change is fresh the photograph's own detail goes: stripes finer than the frame shows, which stay beside it. */
static void
test_blend_fresh (void)
{
  const double  eyes[] = { 150.0, 150.0, 350.0, 150.0 };
  DfiFace       face   = face_at (eyes, 512, 400);
  DfiImage     *photo  = flat_image (512, 400, 0.4f, 0.4f, 0.4f);
  DfiImage     *change = flat_image (192, 192, 0.2f, 0.2f, 0.2f), *crop = flat_image (192, 192, 0.4f, 0.4f, 0.4f);
  float        *mask, *fresh                                            = g_new0 (float, 192 * 192);
  DfiSimilarity map;
  DfiPatch     *patch;

  for (int i = 0; i < 3 * 512 * 400; i++)
    photo->data[i] += i % 2 ? 0.05f : -0.05f;
  for (int i = 0; i < 192 * 192; i++)
    fresh[i] = i % 192 >= 96;
  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  mask  = dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.3, NULL);
  patch = dfi_blend (photo, change, crop, fresh, mask, &map, NULL, NULL, NULL);
  for (int j = 180; j < 320; j++)
    {
      const float *rgba     = patch->rgba + 4 * ((size_t) (200 - patch->y) * patch->width + j - patch->x);
      float        expected = j < 245 ? photo->data[200 * 512 + j] + 0.2f : 0.6f;

      for (int c = 0; c < 3 && (j < 245 || j > 255); c++)
        g_assert_cmpfloat_with_epsilon (rgba[c], expected, 1e-4);
    }
  dfi_patch_free (patch);
  g_free (fresh);
  g_free (mask);
  dfi_image_free (crop);
  dfi_image_free (change);
  dfi_image_free (photo);
}

/* Light and shade are nothing new, however strong; teeth are, and nothing far from them is. */
static void
test_fresh (void)
{
  enum
  {
    SIDE = 320
  };
  float *luma = g_new (float, SIDE *SIDE), *fresh;

  for (int i = 0; i < SIDE * SIDE; i++)
    luma[i] = 0.4f * sinf (i % SIDE * (float) G_PI / SIDE);
  fresh = dfi_fresh_find (luma, SIDE, NULL);
  for (int i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpfloat (fresh[i], ==, 0.0f);
  g_free (fresh);

  for (int i = 0; i < SIDE * SIDE; i++)
    luma[i] = abs (i / SIDE - 230) < 8 && abs (i % SIDE - 160) < 40 ? 0.3f : 0.0f;
  fresh = dfi_fresh_find (luma, SIDE, NULL);
  for (int j = 130; j < 190; j++)
    g_assert_cmpfloat (fresh[230 * SIDE + j], >, 0.99f);
  for (int i = 0; i < SIDE * SIDE; i++)
    if (abs (i / SIDE - 230) > 40)
      g_assert_cmpfloat (fresh[i], ==, 0.0f);
  g_free (fresh);
  g_free (luma);
}

/* The change comes out whole where the mask is, and every other pixel stays as it was to the last bit, whatever the face's
 * size and turn. */
static void
test_blend (void)
{
  const double eyes[][4] = { { 202.0, 101.0, 244.0, 103.0 }, { 150.0, 220.0, 350.0, 260.0 }, { 480.0, 250.0, 500.0, 250.0 } };
  DfiImage    *change    = flat_image (192, 192, 0.1f, 0.05f, -0.1f);

  for (size_t k = 0; k < G_N_ELEMENTS (eyes); k++)
    {
      DfiImage     *photo = flat_image (512, 400, 0.3f, 0.6f, 0.2f);
      DfiImage     *kept  = flat_image (512, 400, 0.3f, 0.6f, 0.2f);
      DfiFace       face  = face_at (eyes[k], 512, 400);
      DfiSimilarity map;
      DfiPatch     *patch;
      float        *mask;
      double        middle_x = (eyes[k][0] + eyes[k][2]) / 2, middle_y = (eyes[k][1] + eyes[k][3]) / 2;
      size_t        middle = (size_t) middle_y * 512 + (size_t) middle_x;

      g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
      mask  = dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.3, NULL);
      patch = dfi_blend (photo, change, NULL, NULL, mask, &map, NULL, NULL, NULL);
      g_assert_true (patch->x >= 0 && patch->y >= 0);
      g_assert_true (patch->x + patch->width <= 512 && patch->y + patch->height <= 400);

      dfi_patch_composite (patch, photo);
      g_assert_cmpfloat_with_epsilon (photo->data[middle], 0.4f, 1e-5);
      g_assert_cmpfloat_with_epsilon (photo->data[512 * 400 + middle], 0.65f, 1e-5);
      for (int i = 0; i < 400; i++)
        for (int j = 0; j < 512; j++)
          {
            double u, v;
            size_t at = (size_t) i * 512 + j;

            dfi_similarity_apply (&map, j + 0.5, i + 0.5, &u, &v);
            if (u < 0.5 || v < 0.5 || u > 191.5 || v > 191.5 || mask[(int) v * 192 + (int) u] == 0.0f)
              g_assert_cmpfloat (fabs (photo->data[at] - kept->data[at]), <, 2e-3f);
            if (u < 0.5 || v < 0.5 || u > 191.5 || v > 191.5)
              g_assert_cmpfloat (photo->data[at], ==, kept->data[at]);
            else if (j > 0 && map.a < 1.5)
              g_assert_cmpfloat (fabs (photo->data[at] - photo->data[at - 1]), <, 0.02f);
          }

      g_free (mask);
      dfi_patch_free (patch);
      dfi_image_free (kept);
      dfi_image_free (photo);
    }
  dfi_image_free (change);
}

/* A pixel that is outside 0..1 already, of a wide gamut, is not cut; none is pushed out. A speck comes out smaller. */
static void
test_blend_range (void)
{
  const double  eyes[4] = { 202.0, 101.0, 244.0, 103.0 };
  DfiImage     *change  = flat_image (192, 192, 0.0f, 0.3f, -0.5f);
  DfiImage     *photo   = flat_image (512, 400, 1.2f, 0.9f, 0.1f);
  size_t        at = 102 * 512 + 223, n = 512 * 400;
  DfiFace       face = face_at (eyes, 512, 400);
  DfiSimilarity map;
  DfiPatch     *patch;
  float        *mask;

  g_assert_true (dfi_align_face (&frame, &face, &map, NULL));
  mask  = dfi_mask_new (&face, &map, 192, DFI_REGION_FACE, 0.3, NULL);
  patch = dfi_blend (photo, change, NULL, NULL, mask, &map, NULL, NULL, NULL);
  dfi_patch_composite (patch, photo);
  g_assert_cmpfloat_with_epsilon (photo->data[at], 1.2f, 1e-6);
  g_assert_cmpfloat_with_epsilon (photo->data[n + at], 1.0f, 1e-6);
  g_assert_cmpfloat_with_epsilon (photo->data[2 * n + at], 0.0f, 1e-6);
  dfi_patch_free (patch);

  for (size_t i = 0; i < 192 * 192; i++)
    change->data[i] = (i + i / 192) % 2 ? 0.1f : -0.1f; /* a chessboard */
  patch = dfi_blend (photo, change, NULL, NULL, mask, &map, NULL, NULL, NULL);
  for (int i = 0; i < patch->width * patch->height; i++)
    g_assert_cmpfloat (fabs (patch->rgba[4 * i] - 1.2f), <, 0.03f);
  dfi_patch_free (patch);
  g_free (mask);
  dfi_image_free (photo);
  dfi_image_free (change);
}

/* ---------- colours ---------- */

/* Two overlapping patches laid one after the other give the same picture as the two joined, laid once. */
static void
test_blend_join (void)
{
  enum
  {
    SIZE = 12
  };
  float     lower_rgba[6 * 4 * 4], upper_rgba[5 * 7 * 4];
  DfiPatch  lower = { 1, 2, 6, 4, lower_rgba };
  DfiPatch  upper = { 4, 3, 5, 7, upper_rgba };
  DfiImage *twice = dfi_image_new (SIZE, SIZE, NULL);
  DfiImage *once  = dfi_image_new (SIZE, SIZE, NULL);
  DfiPatch *joined;

  for (int i = 0; i < 6 * 4 * 4; i++)
    lower_rgba[i] = (i * 7 % 13) / 12.0f;
  for (int i = 0; i < 5 * 7 * 4; i++)
    upper_rgba[i] = (i * 5 % 11) / 10.0f;
  for (int i = 0; i < 3 * SIZE * SIZE; i++)
    twice->data[i] = once->data[i] = (i * 3 % 17) / 16.0f;

  joined = dfi_patch_join (&lower, &upper, NULL);
  g_assert_cmpint (joined->x, ==, 1);
  g_assert_cmpint (joined->y, ==, 2);
  g_assert_cmpint (joined->width, ==, 8);
  g_assert_cmpint (joined->height, ==, 8);

  dfi_patch_composite (&lower, twice);
  dfi_patch_composite (&upper, twice);
  dfi_patch_composite (joined, once);
  for (int i = 0; i < 3 * SIZE * SIZE; i++)
    g_assert_cmpfloat (fabs (once->data[i] - twice->data[i]), <, 1e-6);

  dfi_patch_free (joined);
  dfi_image_free (once);
  dfi_image_free (twice);
}

/* Patch after patch, the first of which is all there is. */
static void
test_blend_add (void)
{
  DfiPatch *all = NULL;

  for (int i = 0; i < 3; i++)
    {
      DfiPatch *patch = g_new0 (DfiPatch, 1);

      *patch = (DfiPatch){ 10 - i, 5, 1, 1, g_new (float, 4) };
      for (int c = 0; c < 4; c++)
        patch->rgba[c] = c < 3 ? 0.25f * i : 1.0f;
      g_assert_true (dfi_patch_add (&all, patch, NULL));
      g_assert_true ((all == patch) == (i == 0));
    }
  g_assert_cmpint (all->x, ==, 8);
  g_assert_cmpint (all->y, ==, 5);
  g_assert_cmpint (all->width, ==, 3);
  g_assert_cmpint (all->height, ==, 1);
  for (int j = 0; j < 3; j++)
    g_assert_cmpfloat (all->rgba[4 * j], ==, 0.25f * (2 - j));
  dfi_patch_free (all);
}

static DfiImage *
follow (const DfiImage *face, const float *luma)
{
  float    *tints  = dfi_colour_tints (face, NULL);
  DfiImage *change = dfi_colour_follow (face, tints, luma, NULL);

  g_free (tints);
  return change;
}

/* The change that is spread over the channels has the luma that it was made from. */
static void
test_colour_luma (void)
{
  DfiImage *face = dfi_image_new (40, 50, NULL);
  float     luma[50 * 40];
  DfiImage *change;

  test_uniform (7, face->data, 3 * 50 * 40);
  test_uniform (8, luma, 50 * 40);
  change = follow (face, luma);
  for (int i = 0; i < 50 * 40; i++)
    g_assert_cmpfloat_with_epsilon (0.299f * change->data[i] + 0.587f * change->data[2000 + i] + 0.114f * change->data[4000 + i],
                                    luma[i], 1e-4);
  dfi_image_free (change);
  dfi_image_free (face);
}

/* Where the photograph is flat, saturation is kept; where it is grey, the change is; black stays without a colour. */
static void
test_colour_flat (void)
{
  const float faces[][3] = { { 0.8f, 0.5f, 0.4f }, { 0.5f, 0.5f, 0.5f }, { 0.0f, 0.0f, 0.0f } };
  float       luma[30 * 30];

  for (int i = 0; i < 900; i++)
    luma[i] = 0.1f;
  for (size_t k = 0; k < G_N_ELEMENTS (faces); k++)
    {
      DfiImage *face   = flat_image (30, 30, faces[k][0], faces[k][1], faces[k][2]);
      DfiImage *change = follow (face, luma);
      float     mean   = 0.299f * faces[k][0] + 0.587f * faces[k][1] + 0.114f * faces[k][2];

      for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (change->data[900 * c + 450], mean > 0.0f ? 0.1f * faces[k][c] / mean : 0.1f, 1e-4);
      dfi_image_free (change);
      dfi_image_free (face);
    }
}

static void
test_colour_match (void)
{
  float x[6]    = { 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f };
  float z[6]    = { 0.3f, 0.5f, 0.7f, 0.9f, 1.1f, 1.3f };
  float flat[6] = { 0.7f, 0.7f, 0.7f, 0.7f, 0.7f, 0.7f };

  dfi_colour_match (z, x, 6);
  dfi_colour_match (flat, x, 6);
  for (int i = 0; i < 6; i++)
    {
      g_assert_cmpfloat_with_epsilon (z[i], x[i], 1e-6);
      g_assert_cmpfloat_with_epsilon (flat[i], 0.35f, 1e-6);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/align/eyes", test_align);
  g_test_add_func ("/align/least-squares", test_align_least_squares);
  g_test_add_func ("/align/bad-eyes", test_bad_eyes);
  g_test_add_func ("/align/warp", test_warp);
  g_test_add_func ("/image/shrink", test_shrink);
  g_test_add_func ("/align/warp-edges", test_warp_edges);
  g_test_add_func ("/blend/mask", test_mask);
  g_test_add_func ("/blend/mask/regions", test_mask_regions);
  g_test_add_func ("/blend/mask/skin", test_mask_skin);
  g_test_add_func ("/blend/mask/lips", test_mask_lips);
  g_test_add_func ("/blend/mask/hair", test_mask_hair);
  g_test_add_func ("/blend/ground/wall", test_ground);
  g_test_add_func ("/blend/ground/keep", test_ground_keep);
  g_test_add_func ("/blend/mask/not-finite", test_mask_not_finite);
  g_test_add_func ("/blend/place", test_blend);
  g_test_add_func ("/blend/nowhere", test_blend_nowhere);
  g_test_add_func ("/blend/fresh", test_blend_fresh);
  g_test_add_func ("/fresh", test_fresh);
  g_test_add_func ("/blend/range", test_blend_range);
  g_test_add_func ("/blend/join", test_blend_join);
  g_test_add_func ("/blend/add", test_blend_add);
  g_test_add_func ("/colour/luma", test_colour_luma);
  g_test_add_func ("/colour/flat", test_colour_flat);
  g_test_add_func ("/colour/match", test_colour_match);
  return g_test_run ();
}
