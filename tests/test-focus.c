/* A direction is kept where it is sure, and left out where it is chance. */

#include <math.h>
#include <string.h>

#include "common.h"
#include "database/face-features.h"
#include "database/focus.h"

#define SIDE 160 /* of the frame; relu5_1 has 10 x 10 cells */

static DfiLayout
layout_of (void)
{
  DfiLayout layout = {
    .taps   = DFI_TAPS_PAPER,
    .chroma = TRUE,
    .shape  = { { 8, SIDE / 4, SIDE / 4 }, { 16, SIDE / 8, SIDE / 8 }, { 16, SIDE / 16, SIDE / 16 }, { 2, SIDE / 8, SIDE / 8 } }
  };

  g_assert_true (dfi_layout_complete (&layout));
  return layout;
}

/* (D) of chance: uniform, around 0 */
static float *
noise (const DfiLayout *layout, int seed, float size)
{
  float *w = g_new (float, layout->n_features);

  test_uniform (seed, w, layout->n_features);
  for (size_t i = 0; i < layout->n_features; i++)
    w[i] = size * (2.0f * w[i] - 1.0f);
  return w;
}

/* Adds @size to each feature whose place is left of @share of the frame. */
static void
add_left (const DfiLayout *layout, float *w, double share, float size)
{
  for (int p = 0; p < dfi_layout_parts (layout); p++)
    for (size_t c = 0; c < layout->shape[p][0]; c++)
      for (size_t y = 0; y < layout->shape[p][1]; y++)
        for (size_t x = 0; x < layout->shape[p][2]; x++, w++)
          if (x < share * layout->shape[p][2])
            *w += size;
}

/* Length of the features between @from and @to of the width, over all parts. */
static double
length_between (const DfiLayout *layout, const float *w, double from, double to)
{
  double sum = 0.0;

  for (int p = 0; p < dfi_layout_parts (layout); p++)
    for (size_t c = 0; c < layout->shape[p][0]; c++)
      for (size_t y = 0; y < layout->shape[p][1]; y++)
        for (size_t x = 0; x < layout->shape[p][2]; x++, w++)
          if (x >= from * layout->shape[p][2] && x < to * layout->shape[p][2])
            sum += (double) *w * *w;
  return sqrt (sum);
}

static void
test_sides (void)
{
  const DfiLayout layout = layout_of ();
  float          *w = noise (&layout, 1, 0.3f), *chance = noise (&layout, 2, 0.3f);
  double          left, right;
  GError         *error = NULL;

  add_left (&layout, w, 0.5, 1.0f);
  left  = length_between (&layout, w, 0.0, 0.4);
  right = length_between (&layout, w, 0.7, 1.0);
  g_assert_true (dfi_focus (&layout, w, chance, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (length_between (&layout, w, 0.0, 0.4), >, 0.9 * left);
  g_assert_cmpfloat (length_between (&layout, w, 0.0, 0.4), <=, left);
  g_assert_cmpfloat (length_between (&layout, w, 0.7, 1.0), <, 0.02 * right);
  g_free (chance);
  g_free (w);
}

/* Of a face's own nothing is left where the direction has far more energy than faces vary, half where it has as much, and all
 * where it says nothing. */
static void
test_yielding (void)
{
  const DfiLayout layout    = layout_of ();
  const double    variety[] = { 1e-3, 1.0, 1e3 }, most[] = { 1.0, 0.55, 0.02 }, least[] = { 0.9, 0.4, 0.0 };

  for (size_t k = 0; k < G_N_ELEMENTS (variety); k++)
    {
      float      *w = g_new0 (float, layout.n_features), *chance = noise (&layout, 2, 1.0f);
      float      *own      = g_new (float, layout.n_features);
      DfiYielding yielding = { own, 1.0 };
      double      all, energy = 0.0;

      for (size_t i = 0; i < layout.n_features; i++)
        own[i] = 1.0f;
      for (size_t i = 0; i < layout.n_features; i++)
        energy += (double) chance[i] * chance[i] / layout.n_features;
      add_left (&layout, w, 0.5, 3.0f);
      yielding.variety = variety[k] * (9.0 - energy) / energy; /* of what the direction has beyond chance */
      all              = length_between (&layout, own, 0.0, 0.4);
      g_assert_true (dfi_focus (&layout, w, chance, &yielding, NULL));
      g_assert_cmpfloat (length_between (&layout, own, 0.0, 0.4), >, least[k] * all);
      g_assert_cmpfloat (length_between (&layout, own, 0.0, 0.4), <=, most[k] * all);
      g_assert_cmpfloat (length_between (&layout, own, 0.7, 1.0), ==, 0.0);
      g_free (own);
      g_free (chance);
      g_free (w);
    }
}

/* A direction that is all chance has nothing to say. */
static void
test_chance (void)
{
  const DfiLayout layout = layout_of ();
  float          *w = noise (&layout, 3, 1.0f), *chance = noise (&layout, 4, 1.0f);
  double          all = length_between (&layout, w, 0.0, 1.0);

  g_assert_true (dfi_focus (&layout, w, chance, NULL, NULL));
  g_assert_cmpfloat (length_between (&layout, w, 0.0, 1.0), <, 0.1 * all);
  g_free (chance);
  g_free (w);
}

/* Where no chance is known, nothing is taken away. */
static void
test_sure (void)
{
  const DfiLayout layout = layout_of ();
  float          *w = g_new0 (float, layout.n_features), *chance = g_new0 (float, layout.n_features);

  add_left (&layout, w, 1.0, 2.0f);
  g_assert_true (dfi_focus (&layout, w, chance, NULL, NULL));
  for (size_t i = 0; i < layout.n_features; i++)
    g_assert_cmpfloat (w[i], ==, 2.0f);
  g_free (chance);
  g_free (w);
}

/* Within a mask a direction stays as it is, outside it is 0, and on the edge a feature keeps the share that the mask has of its
 * place. */
static void
test_confine (void)
{
  const DfiLayout layout = layout_of ();
  const int       edge   = SIDE / 2 + 4; /* the middle of a place of relu4_1 and the chroma, a border of relu3_1's */
  float          *mask   = g_new0 (float, SIDE *SIDE);
  float          *w      = noise (&layout, 3, 1.0f);
  float          *before = g_memdup2 (w, layout.n_features * sizeof *w);

  for (int i = 0; i < SIDE * SIDE; i++)
    mask[i] = i % SIDE < edge;
  dfi_features_confine (&layout, w, mask, SIDE);
  for (int p = 0, at = 0; p < dfi_layout_parts (&layout); p++)
    for (size_t c = 0; c < layout.shape[p][0]; c++)
      for (size_t y = 0; y < layout.shape[p][1]; y++)
        for (size_t x = 0; x < layout.shape[p][2]; x++, at++)
          {
            const int cell  = SIDE / (int) layout.shape[p][2];
            double    share = CLAMP ((edge - (int) x * cell) / (double) cell, 0.0, 1.0);

            g_assert_cmpfloat_with_epsilon (w[at], share * before[at], 1e-6);
          }
  g_free (before);
  g_free (w);
  g_free (mask);
}

/* The chroma is what lies behind the taps; a layout without it has nothing to scale. */
static void
test_scale_chroma (void)
{
  DfiLayout    layout = layout_of ();
  const size_t n      = dfi_layout_part_size (&layout, dfi_layout_parts (&layout) - 1);
  float       *w      = noise (&layout, 3, 1.0f);
  float       *before = g_memdup2 (w, layout.n_features * sizeof *w);

  g_assert_true (layout.chroma);
  dfi_features_scale_chroma (&layout, w, 0.5);
  for (size_t i = 0; i < layout.n_features; i++)
    g_assert_cmpfloat (w[i], ==, before[i] * (i < layout.n_features - n ? 1.0f : 0.5f));
  layout.chroma = FALSE;
  dfi_features_scale_chroma (&layout, w, 0.0);
  g_assert_cmpfloat (w[layout.n_features - 1], ==, 0.5f * before[layout.n_features - 1]);
  g_free (before);
  g_free (w);
}

/* Lips get the colour that is strongest where lips may lie, also between them, and nothing else gets any. */
static void
test_level_chroma (void)
{
  DfiLayout layout = layout_of ();
  const int side = SIDE / 8, lips = 10 * side + 8, between = 11 * side + 9;
  float    *w         = g_new0 (float, layout.n_features);
  float    *blue      = w + layout.n_features - dfi_layout_part_size (&layout, dfi_layout_parts (&layout) - 1);
  float    *red       = blue + side * side;
  float    *mask      = g_new0 (float, SIDE *SIDE);
  float     strong[2] = { 3.0f, -4.0f }, weak[2] = { 0.3f, 0.4f };

  for (int i = 0; i < SIDE * SIDE; i++)
    {
      int y = i / SIDE / 8, x = i % SIDE / 8;

      mask[i] = (y == 10 || y == 12) && x >= 8 && x < 12;
    }
  blue[between] = strong[0];
  red[between]  = strong[1];
  blue[lips]    = weak[0];
  red[lips]     = weak[1];
  blue[0] = red[0] = 100.0f;
  dfi_features_level_chroma (&layout, w, mask, SIDE);
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      {
        gboolean inside = (y == 10 || y == 12) && x >= 8 && x < 12;

        g_assert_cmpfloat_with_epsilon (blue[y * side + x], inside ? (25.0 * strong[0] + 0.25 * weak[0]) / 25.25 : 0.0, 1e-5);
        g_assert_cmpfloat_with_epsilon (red[y * side + x], inside ? (25.0 * strong[1] + 0.25 * weak[1]) / 25.25 : 0.0, 1e-5);
      }
  g_assert_cmpfloat (w[0], ==, 0.0f);

  layout.chroma = FALSE;
  blue[0]       = 1.0f;
  dfi_features_level_chroma (&layout, w, mask, SIDE);
  g_assert_cmpfloat (blue[0], ==, 1.0f);
  g_free (mask);
  g_free (w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/focus/sides", test_sides);
  g_test_add_func ("/focus/yielding", test_yielding);
  g_test_add_func ("/focus/chance", test_chance);
  g_test_add_func ("/focus/sure", test_sure);
  g_test_add_func ("/focus/confine", test_confine);
  g_test_add_func ("/focus/scale-chroma", test_scale_chroma);
  g_test_add_func ("/focus/level-chroma", test_level_chroma);
  return g_test_run ();
}
