/* Colours without brightness: the small maps of Cb and Cr that a database knows of a face. */

#include <math.h>

#include "common.h"
#include "picture/chroma.h"

#define SIZE 64
#define SIDE (SIZE / DFI_CHROMA_CELL)

static DfiImage *
filled (float r, float g, float b)
{
  GError   *error = NULL;
  DfiImage *image = dfi_image_new (SIZE, SIZE, &error);

  g_assert_no_error (error);
  for (int i = 0; i < SIZE * SIZE; i++)
    {
      image->data[i]                   = r;
      image->data[SIZE * SIZE + i]     = g;
      image->data[2 * SIZE * SIZE + i] = b;
    }
  return image;
}

/* Pure red, green and blue have the values of ITU-T T.871; grey has none. */
static void
test_reduce (void)
{
  static const float colours[][5] = {
    { 1, 0, 0, -0.168736f, 0.5f },
    { 0, 1, 0, -0.331264f, -0.418688f },
    { 0, 0, 1, 0.5f, -0.081312f },
    { 0.3f, 0.3f, 0.3f, 0, 0 },
  };
  float map[2 * SIDE * SIDE];

  for (size_t c = 0; c < G_N_ELEMENTS (colours); c++)
    {
      DfiImage *image = filled (colours[c][0], colours[c][1], colours[c][2]);

      dfi_chroma_reduce (map, image, SIDE);
      for (int i = 0; i < SIDE * SIDE; i++)
        {
          g_assert_cmpfloat_with_epsilon (map[i], colours[c][3], 1e-5f);
          g_assert_cmpfloat_with_epsilon (map[SIDE * SIDE + i], colours[c][4], 1e-5f);
        }
      dfi_image_free (image);
    }
}

/* A cell is the mean of its own pixels. */
static void
test_cells (void)
{
  DfiImage *image = filled (0, 0, 0);
  float     map[2 * SIDE * SIDE];

  image->data[(3 * DFI_CHROMA_CELL + 1) * SIZE + 5 * DFI_CHROMA_CELL + 2] = 1.0f; /* one red pixel in cell (3, 5) */
  dfi_chroma_reduce (map, image, SIDE);
  for (int i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpfloat_with_epsilon (map[SIDE * SIDE + i], i == 3 * SIDE + 5 ? 0.5f / 64.0f : 0.0f, 1e-6f);
  dfi_image_free (image);
}

/* What is added is found again, smoothly, and luma stays. */
static void
test_add (void)
{
  DfiImage *image = filled (0.5f, 0.4f, 0.3f);
  float     map[2 * SIDE * SIDE], before[2 * SIDE * SIDE], after[2 * SIDE * SIDE];

  for (int i = 0; i < SIDE * SIDE; i++)
    {
      map[i]               = 0.002f * (i % SIDE); /* Cb rises to the right, */
      map[SIDE * SIDE + i] = 0.003f * (i / SIDE); /* Cr downwards */
    }
  dfi_chroma_reduce (before, image, SIDE);
  dfi_chroma_add (image, map, SIDE);
  dfi_chroma_reduce (after, image, SIDE);

  for (int y = 1; y < SIDE - 1; y++)
    for (int x = 1; x < SIDE - 1; x++)
      for (int c = 0; c < 2; c++)
        {
          int i = (c * SIDE + y) * SIDE + x;

          g_assert_cmpfloat_with_epsilon (after[i] - before[i], map[i], 1e-5f);
        }
  for (int i = 0; i < SIZE * SIZE; i++)
    {
      float luma = 0.299f * image->data[i] + 0.587f * image->data[SIZE * SIZE + i] + 0.114f * image->data[2 * SIZE * SIZE + i];

      g_assert_cmpfloat_with_epsilon (luma, 0.299f * 0.5f + 0.587f * 0.4f + 0.114f * 0.3f, 1e-5f);
    }
  dfi_image_free (image);
}

/* What would turn green or blue comes out grey, what becomes redder stays, and luma is what it would have been. */
static void
test_keep_warm (void)
{
  static const struct
  {
    float from[3], change[3], to[3];
  } cases[] = {
    { { 0.6f, 0.4f, 0.3f }, { 0.1f, -0.03f, -0.02f }, { 0.7f, 0.37f, 0.28f } }, /* redder */
    { { 0.5f, 0.5f, 0.5f }, { -0.1f, 0.0f, 0.1f }, { 0.4815f, 0.4815f, 0.4815f } },
    { { 0.2f, 0.5f, 0.2f }, { 0.1f, 0.1f, 0.1f }, { 0.3f, 0.6f, 0.3f } }, /* green before */
  };

  for (size_t n = 0; n < G_N_ELEMENTS (cases); n++)
    {
      DfiImage *image  = filled (cases[n].from[0], cases[n].from[1], cases[n].from[2]);
      DfiImage *change = filled (cases[n].change[0], cases[n].change[1], cases[n].change[2]);

      dfi_chroma_keep_warm (change, image);
      for (int c = 0; c < 3; c++)
        for (int i = 0; i < SIZE * SIZE; i++)
          g_assert_cmpfloat_with_epsilon (image->data[c * SIZE * SIZE + i] + change->data[c * SIZE * SIZE + i], cases[n].to[c],
                                          1e-5f);
      dfi_image_free (change);
      dfi_image_free (image);
    }
}

static void
test_grey (void)
{
  DfiImage *image = filled (0.25f, 0.25f, 0.25f);

  g_assert_true (dfi_chroma_is_grey (image));
  image->data[2 * SIZE * SIZE + 77] += 1e-6f;
  g_assert_false (dfi_chroma_is_grey (image));
  dfi_image_free (image);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chroma/reduce", test_reduce);
  g_test_add_func ("/chroma/cells", test_cells);
  g_test_add_func ("/chroma/add", test_add);
  g_test_add_func ("/chroma/keep-warm", test_keep_warm);
  g_test_add_func ("/chroma/grey", test_grey);
  return g_test_run ();
}
