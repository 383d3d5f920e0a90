/* Fringes: strands on their own, and heads whose hair is known, drawn large and small, upright and turned. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "database/request.h"
#include "drawn-faces.h"
#include "edit.h"
#include "hair/fringe.h"
#include "hair/look.h"
#include "hair/strands.h"
#include "picture/chroma.h"

/* ---------- strands ---------- */

#define SIDE 40

static DfiPatch *
new_patch (void)
{
  DfiPatch *patch = g_new0 (DfiPatch, 1);

  *patch = (DfiPatch){ 100, 200, SIDE, SIDE, g_new0 (float, 4 * SIDE * SIDE) };
  return patch;
}

static void
add_point (DfiStrands *strands, double x, double y, double width, double alpha, double red)
{
  const DfiStrandPoint point = { x, y, width, alpha, { red, 0.5f, 0.0f } };

  dfi_strands_add (strands, &point);
}

static const float *
pixel_of (const DfiPatch *patch, int x, int y)
{
  return patch->rgba + 4 * ((size_t) (y - patch->y) * patch->width + x - patch->x);
}

/* A strand is as wide and as opaque as it says: half of it is left where its width ends. What is between its points is between
 * their values. */
static void
test_strand (void)
{
  DfiStrands  strands = { NULL };
  DfiThreads *threads = dfi_threads_new (1);
  DfiPatch   *patch   = new_patch ();
  GError     *error   = NULL;

  dfi_strands_begin (&strands);
  add_point (&strands, 105.0, 210.5, 4.0, 0.2, 0.0);
  add_point (&strands, 125.0, 210.5, 4.0, 0.6, 1.0);
  dfi_strands_begin (&strands); /* thinner than a pixel: fainter */
  add_point (&strands, 105.5, 220.0, 0.5, 0.8, 1.0);
  add_point (&strands, 105.5, 230.0, 0.5, 0.8, 1.0);
  g_assert_true (dfi_strands_draw (&strands, 1, patch, threads, NULL, NULL, &error));
  g_assert_no_error (error);
  for (int x = 105; x < 125; x++)
    for (int y = 206; y <= 215; y++)
      {
        const float share = (x + 0.5f - 105.0f) / 20.0f, alpha = (0.2f + 0.4f * share) * MAX (1.0f - abs (y - 210) / 4.0f, 0.0f);

        g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, y)[3], alpha, 1e-5);
        g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, y)[0], alpha * share, 1e-5);
        g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, y)[1], alpha * 0.5f, 1e-5);
      }
  g_assert_cmpfloat (pixel_of (patch, 104, 210)[3], ==, 0.0f);
  g_assert_cmpfloat (pixel_of (patch, 125, 210)[3], ==, 0.0f);
  g_assert_cmpfloat_with_epsilon (pixel_of (patch, 105, 225)[3], 0.4f, 1e-5);

  dfi_strands_clear (&strands);
  dfi_patch_free (patch);
  dfi_threads_free (threads);
}

/* A wide strand that bends has neither gaps nor overlaps where its stretches meet. */
static void
test_bend (void)
{
  DfiStrands  strands = { NULL };
  DfiThreads *threads = dfi_threads_new (1);
  DfiPatch   *patch   = new_patch ();
  GError     *error   = NULL;

  dfi_strands_begin (&strands);
  for (int i = 0; i <= 6; i++) /* a quarter of a circle around (100, 200) */
    add_point (&strands, 100.0 + 26.0 * cos (i * G_PI / 12.0), 200.0 + 26.0 * sin (i * G_PI / 12.0), 10.0, 1.0, 1.0);
  g_assert_true (dfi_strands_draw (&strands, 1, patch, threads, NULL, NULL, &error));
  g_assert_no_error (error);
  for (int y = 201; y < 200 + SIDE; y++)
    for (int x = 101; x < 100 + SIDE; x++)
      {
        const double from_ring = fabs (hypot (x + 0.5 - 100.0, y + 0.5 - 200.0) - 26.0);

        g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, y)[3], MAX (1.0 - from_ring / 10.0, 0.0), 0.12);
      }
  dfi_strands_clear (&strands);
  dfi_patch_free (patch);
  dfi_threads_free (threads);
}

static void
add_many (DfiStrands *strands)
{
  float numbers[6 * 300];

  test_uniform (3, numbers, G_N_ELEMENTS (numbers));
  for (int i = 0; i < 300; i++)
    {
      const float *n = numbers + 6 * i;

      if (i % 5 == 0)
        dfi_strands_begin (strands);
      add_point (strands, 90.0 + 60.0 * n[0], 190.0 + 60.0 * n[1], 4.0 * n[2], n[3], n[4]);
    }
}

/* What comes later lies above, whoever draws it; strands that leave the patch are drawn as far as they are in it. */
static void
test_strands_order (void)
{
  DfiStrands  strands = { NULL };
  DfiThreads *one = dfi_threads_new (1), *three = dfi_threads_new (3);
  DfiPatch   *patch = new_patch (), *again = new_patch ();
  GError     *error = NULL;

  g_assert_true (dfi_strands_draw (&strands, 1, patch, one, NULL, NULL, &error)); /* none */
  for (int i = 0; i < 4 * SIDE * SIDE; i++)
    g_assert_cmpfloat (patch->rgba[i], ==, 0.0f);
  add_many (&strands);
  dfi_strands_begin (&strands);
  add_point (&strands, 95.0, 220.5, 6.0, 1.0, 0.25);
  add_point (&strands, 150.0, 220.5, 6.0, 1.0, 0.25);
  g_assert_true (dfi_strands_draw (&strands, 1, patch, one, NULL, NULL, &error));
  g_assert_true (dfi_strands_draw (&strands, 1, again, three, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (patch->rgba, 16 * SIDE * SIDE, again->rgba, 16 * SIDE * SIDE);
  for (int x = 100; x < 100 + SIDE; x++)
    {
      g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, 220)[0], 0.25f, 1e-6);
      g_assert_cmpfloat_with_epsilon (pixel_of (patch, x, 220)[3], 1.0f, 1e-6);
    }
  dfi_strands_clear (&strands);
  dfi_patch_free (again);
  dfi_patch_free (patch);
  dfi_threads_free (three);
  dfi_threads_free (one);
}

/* ---------- a drawn head ---------- */

#define EYES    100.0 /* pixels between the eyes of a head of size 1 */
#define LINE    -1.0  /* y of the hairline, in that unit from the eyes up */
#define TOP     -1.7  /* of the head's */
#define HALF    1.15  /* of its width */
#define PICTURE 5.0   /* sides of its picture */

/* Its eyes are level and halfway down when it is not turned; everything is drawn in the face's own coordinates. */
typedef struct
{
  double   size;   /* 1: EYES pixels */
  double   turned; /* degrees */
  gboolean bald, coiled, grey, leaves, longer, shining;
} Head;

static const Head usual = { .size = 1.0 };

/* Positions in the photograph of a point of the head. */
static void
place (const Head *head, double x, double y, double position[2])
{
  const double unit = EYES * head->size, angle = head->turned * G_PI / 180.0, middle = 0.5 * PICTURE * unit;

  position[0] = middle + unit * (x * cos (angle) - y * sin (angle));
  position[1] = middle + unit * (x * sin (angle) + y * cos (angle));
}

static DfiFace
face_of (const Head *head)
{
  DfiFace face;
  double  eyes[4];

  place (head, -0.5, 0.0, eyes);
  place (head, 0.5, 0.0, eyes + 2);
  dfi_face_lay (eyes, &face);
  return face;
}

/* Luma of the hair at a point: strands side by side, or grains. */
static float
hair_at (const Head *head, double x, double y)
{
  if (! head->coiled)
    return 0.14f + 0.05f * (float) sin (90.0 * x);
  return 0.14f + 0.05f * (float) (sin (80.0 * x + 50.0 * y) * sin (60.0 * y - 70.0 * x) + 0.5 * sin (90.0 * y));
}

static void
colour_at (const Head *head, double x, double y, float rgb[3])
{
  const float    hair   = hair_at (head, x, y);
  const gboolean inside = fabs (x) < HALF && y > TOP && y < 1.4;
  const float    skin[] = { 0.8f, 0.6f, 0.5f }, wall[] = { 0.55f, 0.6f, 0.7f };

  for (int c = 0; c < 3; c++)
    rgb[c] = inside ? skin[c] : wall[c];
  if ((inside && y < LINE && ! head->bald) || (head->longer && fabs (x) > HALF && fabs (x) < 1.8 && y > TOP && y < 1.4))
    for (int c = 0; c < 3; c++)
      rgb[c] = (head->grey ? 1.0f : 1.3f - 0.3f * c) * hair;
  if (head->shining && fabs (x) < 0.9 && y > LINE && y < LINE + 0.3)
    {
      rgb[0] = 0.39f;
      rgb[1] = rgb[2] = 1.0f;
    }
  if (head->leaves && fabs (x) < 0.4 && y < LINE - 0.3 && y > LINE - 0.5)
    rgb[1] += 0.3f;
}

static DfiImage *
draw_head (const Head *head)
{
  const double unit = EYES * head->size, angle = head->turned * G_PI / 180.0;
  const int    side  = (int) (PICTURE * unit);
  DfiImage    *image = dfi_image_new (side, side, NULL);

  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++)
      {
        const double u = (j + 0.5) / unit - 0.5 * PICTURE, v = (i + 0.5) / unit - 0.5 * PICTURE;
        float        rgb[3];

        colour_at (head, u * cos (angle) + v * sin (angle), v * cos (angle) - u * sin (angle), rgb);
        for (int c = 0; c < 3; c++)
          image->data[((size_t) c * side + i) * side + j] = rgb[c];
      }
  return image;
}

/* All is hair whose red is less than four tenths. */
static DfiHair *
hair_of (const DfiImage *photo)
{
  DfiHair *hair  = g_new0 (DfiHair, 1);
  double   scale = (double) DFI_MATTE_SIDE / photo->width;

  hair->matte.to_view = (DfiSimilarity){ .a = scale };
  hair->matte.cells   = g_new (DfiMatteCell, DFI_MATTE_SIDE * DFI_MATTE_SIDE);
  for (int i = 0; i < DFI_MATTE_SIDE * DFI_MATTE_SIDE; i++)
    hair->matte.cells[i] = (DfiMatteCell){ { -10.0f, 0.0f, 0.0f }, 4.5f, 1.0f };
  hair->tone = (DfiTone){ 0.15f, 0.04f, -0.02f, 0.02f };
  return hair;
}

static DfiPatch *
draw_fringe (const Head *head, const DfiTone *change, double strength, int n_threads)
{
  DfiImage   *photo   = draw_head (head);
  DfiHair    *hair    = hair_of (photo);
  DfiFace     face    = face_of (head);
  DfiThreads *threads = dfi_threads_new (n_threads);
  GError     *error   = NULL;
  DfiPatch   *patch   = dfi_fringe_draw (hair, photo, &face, change, strength, "Fringe", threads, NULL, NULL, &error);

  g_assert_no_error (error);
  dfi_threads_free (threads);
  dfi_hair_free (hair);
  dfi_image_free (photo);
  return patch;
}

/* Mean R'G'B', multiplied by alpha, and alpha of a square of the head; 0 outside the patch. */
static void
mean_of (const DfiPatch *patch, const Head *head, double x, double y, double half, double mean[4])
{
  const int n = 21;

  memset (mean, 0, 4 * sizeof *mean);
  for (int k = 0; k < n * n; k++)
    {
      double       position[2];
      const float *rgba;

      place (head, x + half * (2.0 * (k % n) / (n - 1) - 1.0), y + half * (2.0 * (k / n) / (n - 1) - 1.0), position);
      if (position[0] < patch->x || position[1] < patch->y || position[0] >= patch->x + patch->width ||
          position[1] >= patch->y + patch->height)
        continue;
      rgba = pixel_of (patch, (int) position[0], (int) position[1]);
      for (int c = 0; c < 4; c++)
        mean[c] += (c < 3 ? rgba[3] : 1.0) * rgba[c] / (n * n);
    }
}

static double
covered (const DfiPatch *patch, const Head *head, double x, double y)
{
  double mean[4];

  mean_of (patch, head, x, y, 0.06, mean);
  return mean[3];
}

/* The forehead is covered down to above the brows, by hair; brows, eyes and what is below are not touched, nor is the wall. */
static void
check_fringe (const Head *head)
{
  DfiPatch *patch = draw_fringe (head, NULL, 1.0, 2);
  double    mean[4];

  for (double x = -0.6; x < 0.61; x += 0.3)
    {
      g_assert_cmpfloat (covered (patch, head, x, -0.8), >, 0.9);
      mean_of (patch, head, x, -0.75, 0.1, mean);
      g_assert_cmpfloat_with_epsilon (mean[0] / mean[3], (head->grey ? 1.0 : 1.3) * 0.14, 0.05);
      g_assert_cmpfloat_with_epsilon (mean[2] / mean[3], (head->grey ? 1.0 : 0.7) * 0.14, 0.05);
    }
  for (double x = -0.7; x < 0.71; x += 0.1)
    for (double y = -0.25; y < 1.4; y += 0.1)
      g_assert_cmpfloat (covered (patch, head, x, y), ==, 0.0);
  if (! head->longer)
    for (double y = -2.4; y < 2.4; y += 0.1)
      {
        g_assert_cmpfloat (covered (patch, head, HALF + 0.12, y), ==, 0.0);
        g_assert_cmpfloat (covered (patch, head, -HALF - 0.12, y), ==, 0.0);
        if (fabs (y) < 1.2)
          g_assert_cmpfloat (covered (patch, head, y, TOP - 0.12), ==, 0.0);
      }
  dfi_patch_free (patch);
}

static void
test_fringe (void)
{
  const Head heads[] = {
    usual,
    { .size = 0.4 },
    { .size = 3.0 },
    { .size = 1.0, .turned = 25.0 },
    { .size = 1.0, .turned = 180.0 },
    { .size = 1.0, .coiled = TRUE },
    { .size = 1.0, .grey = TRUE },
    { .size = 1.0, .leaves = TRUE },
    { .size = 1.0, .longer = TRUE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      g_test_message ("head %zu", i);
      check_fringe (&heads[i]);
    }
}

/* Strands are seen in it: from one pixel to the next it changes across them far more than along them. It ends in points: on the
 * way down there is less and less of it. Coils go all ways. */
static void
test_strands_seen (void)
{
  for (int coiled = 0; coiled < 2; coiled++)
    {
      const Head head   = { .size = 2.0, .coiled = coiled };
      DfiPatch  *patch  = draw_fringe (&head, NULL, 1.0, 1);
      double     across = 0.0, along = 0.0, last = 2.0, middle[2];

      place (&head, 0.0, -0.7, middle);
      for (int y = (int) middle[1] - 20; y < (int) middle[1] + 20; y++)
        for (int x = (int) middle[0] - 40; x < (int) middle[0] + 40; x++)
          {
            const float here = dfi_luma (pixel_of (patch, x, y));

            across += fabs (dfi_luma (pixel_of (patch, x + 1, y)) - here);
            along += fabs (dfi_luma (pixel_of (patch, x, y + 1)) - here);
          }
      g_test_message ("across %.2f, along %.2f", across, along);
      g_assert_cmpfloat (across, >, 5.0);
      if (coiled)
        g_assert_cmpfloat (across, <, 1.6 * along);
      else
        g_assert_cmpfloat (across, >, 4.0 * along);
      for (double y = -0.6; y < -0.25; y += 0.1)
        {
          double sum = 0.0;

          for (double x = -0.5; x < 0.51; x += 0.05)
            sum += covered (patch, &head, x, y) / 21.0;
          g_assert_cmpfloat (sum, <=, last);
          last = sum;
        }
      g_assert_cmpfloat (last, <, 0.5);
      dfi_patch_free (patch);
    }
}

/* Between the strands' tips the skin lies in their shadow, which is soft and black. */
static void
test_shadow (void)
{
  DfiPatch *patch = draw_fringe (&usual, NULL, 1.0, 1);
  int       bare  = 0;

  for (double x = -0.5; x < 0.5; x += 0.01)
    {
      double       position[2];
      const float *rgba;

      place (&usual, x, -0.52, position);
      rgba = pixel_of (patch, (int) position[0], (int) position[1]);
      g_assert_cmpfloat (rgba[3], >, 0.01);
      if (rgba[3] < 0.3)
        {
          g_assert_cmpfloat (dfi_luma (rgba), <, 0.2);
          bare++;
        }
    }
  g_test_message ("%d between strands", bare);
  g_assert_cmpint (bare, >, 3);
  dfi_patch_free (patch);
}

static void
test_strength (void)
{
  DfiPatch *none = draw_fringe (&usual, NULL, 0.0, 1), *half = draw_fringe (&usual, NULL, 0.5, 1);

  for (size_t i = 0; i < (size_t) none->width * none->height; i++)
    g_assert_cmpfloat (none->rgba[4 * i + 3], ==, 0.0f);
  g_assert_cmpfloat (covered (half, &usual, 0.0, LINE + 0.1), >, 0.8);
  g_assert_cmpfloat (covered (half, &usual, 0.0, -0.5), <, 0.05);
  dfi_patch_free (half);
  dfi_patch_free (none);
}

/* The same bytes in every run, with any number of threads. */
static void
test_same (void)
{
  DfiPatch *one = draw_fringe (&usual, NULL, 1.0, 1), *three = draw_fringe (&usual, NULL, 1.0, 3);

  g_assert_true (one->x == three->x && one->y == three->y);
  g_assert_cmpmem (one->rgba, 16 * (size_t) one->width * one->height, three->rgba, 16 * (size_t) three->width * three->height);
  dfi_patch_free (three);
  dfi_patch_free (one);
}

/* Of hair in another tone the fringe is in that tone. */
static void
test_recoloured (void)
{
  const DfiTone change = { .luma = 0.4f, .deviation = 0.03f, .cb = -0.08f, .cr = 0.03f };
  DfiPatch     *patch  = draw_fringe (&usual, &change, 1.0, 1);
  double        mean[4];

  mean_of (patch, &usual, 0.0, -0.75, 0.1, mean);
  g_assert_cmpfloat_with_epsilon ((0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2]) / mean[3], 0.55, 0.08);
  g_assert_cmpfloat ((mean[0] - mean[2]) / mean[3], >, 0.15);
  dfi_patch_free (patch);
}

static gboolean
stop_later (double fraction, gpointer data)
{
  int *calls = data;

  g_assert_true (fraction >= 0.0 && fraction <= 1.0);
  return ++*calls < 3;
}

static void
test_refused (void)
{
  const Head  bald    = { .size = 1.0, .bald = TRUE };
  DfiImage   *photo   = draw_head (&bald), *covered_head;
  DfiHair    *hair    = hair_of (photo);
  DfiFace     face    = face_of (&bald);
  DfiThreads *threads = dfi_threads_new (2);
  GError     *error   = NULL;
  int         calls   = 0;

  g_assert_null (dfi_fringe_draw (hair, photo, &face, NULL, 1.0, "Pony", threads, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "“Pony”"));
  g_assert_nonnull (strstr (error->message, "hair above the forehead"));
  g_clear_error (&error);

  covered_head = draw_head (&usual);
  g_assert_null (dfi_fringe_draw (hair, covered_head, &face, NULL, 1.0, "Pony", threads, stop_later, &calls, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_assert_cmpint (calls, ==, 3);
  g_clear_error (&error);

  /* The photograph ends at the forehead. */
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    face.landmarks[i][1] -= 0.5 * PICTURE * EYES - 0.5 * EYES;
  g_assert_null (dfi_fringe_draw (hair, covered_head, &face, NULL, 1.0, "Pony", threads, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  dfi_threads_free (threads);
  dfi_hair_free (hair);
  dfi_image_free (covered_head);
  dfi_image_free (photo);
}

/* ---------- what hair looks like ---------- */

static void
test_look (void)
{
  for (int k = 0; k < 4; k++)
    {
      const Head  head  = { .size = 1.0, .coiled = k == 1, .leaves = k == 2, .longer = k == 3 };
      DfiImage   *photo = draw_head (&head);
      DfiHair    *hair  = hair_of (photo);
      DfiFace     face  = face_of (&head);
      GError     *error = NULL;
      DfiForehead forehead;
      DfiLook     look;
      DfiPalette  palette;

      g_assert_true (dfi_forehead_find (&forehead, &hair->matte, photo, &face));
      for (int i = 12; i < DFI_FOREHEAD_COLUMNS - 12; i++) /* not in the hair beside it */
        {
          g_assert_cmpfloat_with_epsilon (forehead.line[i], LINE, 0.03);
          if (k != 2)
            g_assert_cmpfloat_with_epsilon (forehead.high[i], LINE - TOP, 0.05);
          g_assert_true (forehead.brow[i] > -0.7 && forehead.brow[i] < -0.1);
        }
      g_assert_true (dfi_look_init (&look, &forehead, hair, photo, NULL, &error));
      g_assert_no_error (error);
      g_test_message ("curl %.2f, contrast %.2f, width %.2f, beside %.2f", look.curl, look.contrast, look.width, look.beside);
      if (k == 1)
        g_assert_cmpfloat (look.curl, >, 0.5);
      else
        g_assert_cmpfloat (look.curl, ==, 0.0);
      g_assert_cmpfloat (look.contrast, >, 0.9); /* all of it is between neighbours */
      g_assert_true (look.width > 0.5 && look.width < 4.0);
      if (k == 3)
        g_assert_cmpfloat (look.beside, >, 0.8);
      else
        g_assert_cmpfloat (look.beside, ==, 0.0);
      dfi_look_near (&look, 0.0, &palette);
      for (int r = 0; r < DFI_PALETTE_RANKS; r++)
        {
          const float *rgb = palette.rgb[r], *last = palette.rgb[MAX (r - 1, 0)];

          g_assert_cmpfloat (dfi_luma (rgb), >=, dfi_luma (last) - 1e-6);
          g_assert_cmpfloat_with_epsilon (rgb[0] / rgb[1], 1.3, 0.02); /* no leaves */
          g_assert_cmpfloat_with_epsilon (rgb[2] / rgb[1], 0.7, 0.02);
        }
      dfi_look_clear (&look);
      dfi_hair_free (hair);
      dfi_image_free (photo);
    }
}

/* What shines on a forehead may be taken for hair by its colour, but is brighter than skin, and hair far darker. */
static void
test_shine (void)
{
  const Head  head  = { .size = 1.0, .shining = TRUE };
  DfiImage   *photo = draw_head (&head);
  DfiHair    *hair  = hair_of (photo);
  DfiFace     face  = face_of (&head);
  DfiForehead forehead;

  hair->matte.parted = TRUE;
  hair->matte.hair   = (DfiMatteColours){ { 0.14f, 0.0f, 0.0f }, { 1.0f, 1.0f, 1.0f } };
  hair->matte.skin   = (DfiMatteColours){ { 0.65f, 0.0f, 0.0f }, { 1e-4f, 1e-4f, 1e-4f } };
  g_assert_true (dfi_forehead_find (&forehead, &hair->matte, photo, &face));
  for (int i = 16; i < DFI_FOREHEAD_COLUMNS - 16; i++)
    g_assert_cmpfloat_with_epsilon (forehead.line[i], LINE, 0.03);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* ---------- a whole edit ---------- */

static DfiTone
drawn_tone (size_t face)
{
  const DfiTone blond = { 0.55f, 0.08f, -0.1f, 0.04f }, brown = { 0.15f, 0.05f, -0.02f, 0.02f };

  return drawn_has (face, SMILING) ? blond : brown;
}

/* An editor in whose database a beard is a fringe, and a smile blond hair. */
static DfiEditor *
open_editor (void)
{
  return drawn_editor (drawn_copy_with_tones ("toned.safetensors", drawn_tone),
                       "[beard]\nRegion=forehead\nLabel=Pony\n[smiling]\nRegion=hair\n");
}

static DfiPatch *
edit_head (DfiEditor *editor, const DfiImage *photo, const char *wishes, DfiEditReport *report, GError **error)
{
  DfiFace face = face_of (&usual);

  return drawn_edit (editor, photo, &face, wishes, report, error);
}

/* Nothing is searched for in the frame, but for the way back; a smile beside it is as it is without it. */
static void
test_edit (void)
{
  const Head    head   = { .size = 1.0, .longer = TRUE };
  DfiEditor    *editor = open_editor ();
  DfiImage     *photo = draw_head (&head), *smiling = dfi_image_copy (photo, NULL), *both = dfi_image_copy (photo, NULL);
  const size_t  n     = (size_t) photo->width * photo->height;
  GError       *error = NULL;
  DfiEditReport report;
  DfiPatch     *patch = edit_head (editor, photo, "beard=1", &report, &error), *again;

  g_assert_no_error (error);
  g_assert_cmpint (report.minimum.evaluations, ==, 0);
  g_assert_cmpfloat (report.notes[0].alpha, ==, 1.0);
  g_assert_cmpfloat (covered (patch, &head, 0.0, -0.75), >, 0.9);
  dfi_edit_report_clear (&report);
  again = edit_head (editor, photo, "beard=1", NULL, &error);
  g_assert_cmpmem (again->rgba, 16 * (size_t) again->width * again->height, patch->rgba,
                   16 * (size_t) patch->width * patch->height);
  dfi_patch_free (again);

  again = edit_head (editor, photo, "beard=1, open-mouth=1", NULL, &error);
  dfi_patch_composite (again, both);
  dfi_patch_free (again);
  again = edit_head (editor, photo, "open-mouth=1", NULL, &error);
  dfi_patch_composite (again, smiling);
  dfi_patch_free (again);
  dfi_patch_composite (patch, smiling);
  g_assert_no_error (error);
  for (size_t i = 0; i < 3 * n; i++)
    g_assert_cmpfloat_with_epsilon (both->data[i], smiling->data[i], 1e-4);
  dfi_patch_free (patch);

  patch = edit_head (editor, photo, "beard=0", NULL, &error);
  g_assert_no_error (error);
  memcpy (both->data, photo->data, 3 * n * sizeof (float));
  dfi_patch_composite (patch, both);
  g_assert_cmpmem (both->data, 3 * n * sizeof (float), photo->data, 3 * n * sizeof (float));
  dfi_patch_free (patch);

  dfi_patch_free (edit_head (editor, photo, "beard=-1", &report, &error));
  g_assert_no_error (error);
  g_assert_cmpint (report.minimum.evaluations, >, 0);
  dfi_edit_report_clear (&report);

  dfi_image_free (both);
  dfi_image_free (smiling);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* Blond hair has a blond fringe. */
static void
test_edit_tone (void)
{
  DfiEditor *editor = open_editor ();
  DfiImage  *photo  = draw_head (&usual);
  GError    *error  = NULL;
  DfiPatch  *patch  = edit_head (editor, photo, "beard=1, smiling=1", NULL, &error);
  double     mean[4];

  g_assert_no_error (error);
  mean_of (patch, &usual, 0.0, -0.75, 0.1, mean);
  g_assert_cmpfloat ((0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2]) / mean[3], >, 0.4);
  dfi_patch_free (patch);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

static void
test_edit_bald (void)
{
  const Head bald   = { .size = 1.0, .bald = TRUE };
  DfiEditor *editor = open_editor ();
  DfiImage  *photo  = draw_head (&bald);
  GError    *error  = NULL;

  g_assert_null (edit_head (editor, photo, "beard=1", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "“Pony”"));
  g_clear_error (&error);
  g_assert_null (edit_head (editor, photo, "beard=1, open-mouth=1", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* The part of a photograph that such an edit needs gives what the whole gives, but for positions that are rounded to another
 * pixel. */
static void
test_edit_part (void)
{
  DfiEditor       *editor = open_editor ();
  DfiImage        *head   = draw_head (&usual), *photo, *part;
  DfiFace          face   = face_of (&usual), moved;
  const DfiRequest fringe = { BEARD, 1.0 };
  DfiSimilarity    map    = { .a = 1.0, .tx = -400.0, .ty = -300.0 };
  GError          *error  = NULL;
  int              x, y, width, height;
  DfiEditOptions   options;
  DfiPatch        *whole, *of_part;
  double           apart = 0.0;
  size_t           n;

  photo = dfi_align_warp (head, &map, head->width + 800, head->height + 600, &error);
  face  = dfi_face_move (&face, -400.0, -300.0);
  g_assert_true (dfi_editor_bounds (editor, &face, &fringe, 1, photo->width, photo->height, &x, &y, &width, &height, &error));
  g_assert_true (width < photo->width && height < photo->height);
  moved = dfi_face_move (&face, x, y);
  part  = test_image_part (photo, x, y, width, height);
  dfi_edit_options_init (&options);
  whole   = dfi_edit (editor, photo, &face, &fringe, 1, &options, NULL, NULL, NULL, &error);
  of_part = dfi_edit (editor, part, &moved, &fringe, 1, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (whole->x == of_part->x + x && whole->y == of_part->y + y);
  g_assert_true (whole->width == of_part->width && whole->height == of_part->height);
  n = (size_t) 4 * whole->width * whole->height;
  for (size_t i = 0; i < n; i++)
    {
      g_assert_cmpfloat_with_epsilon (whole->rgba[i], of_part->rgba[i], 0.1);
      apart += fabs (whole->rgba[i] - of_part->rgba[i]) / n;
    }
  g_assert_cmpfloat (apart, <, 1e-3);
  dfi_patch_free (of_part);
  dfi_patch_free (whole);
  dfi_image_free (part);
  dfi_image_free (photo);
  dfi_image_free (head);
  dfi_editor_free (editor);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_setenv ("DFI_DATA_DIR", drawn.folder, TRUE);
  g_test_add_func ("/fringe/strand", test_strand);
  g_test_add_func ("/fringe/bend", test_bend);
  g_test_add_func ("/fringe/strands-order", test_strands_order);
  g_test_add_func ("/fringe/look", test_look);
  g_test_add_func ("/fringe/shine", test_shine);
  g_test_add_func ("/fringe/heads", test_fringe);
  g_test_add_func ("/fringe/strands-seen", test_strands_seen);
  g_test_add_func ("/fringe/shadow", test_shadow);
  g_test_add_func ("/fringe/strength", test_strength);
  g_test_add_func ("/fringe/same", test_same);
  g_test_add_func ("/fringe/recoloured", test_recoloured);
  g_test_add_func ("/fringe/refused", test_refused);
  g_test_add_func ("/fringe/edit", test_edit);
  g_test_add_func ("/fringe/edit/tone", test_edit_tone);
  g_test_add_func ("/fringe/edit/bald", test_edit_bald);
  g_test_add_func ("/fringe/edit/part", test_edit_part);
  return drawn_end (g_test_run ());
}
