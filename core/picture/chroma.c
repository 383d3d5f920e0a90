#include "config.h"

#include <math.h>

#include "picture/chroma.h"

void
dfi_chroma_reduce (float *map, const DfiImage *image, int side)
{
  const size_t plane = (size_t) image->width * image->height;
  const float *r = image->data, *g = r + plane, *b = g + plane;

  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++)
      {
        int   top = i * image->height / side, bottom = (i + 1) * image->height / side;
        int   left = j * image->width / side, right = (j + 1) * image->width / side;
        float cb = 0.0f, cr = 0.0f;

        for (int y = top; y < bottom; y++)
          for (int x = left; x < right; x++)
            {
              size_t at   = (size_t) y * image->width + x;
              float  luma = DFI_LUMA_RED * r[at] + DFI_LUMA_GREEN * g[at] + DFI_LUMA_BLUE * b[at];

              cb += b[at] - luma;
              cr += r[at] - luma;
            }
        map[i * side + j]          = DFI_CB_SCALE * cb / ((bottom - top) * (right - left));
        map[(side + i) * side + j] = DFI_CR_SCALE * cr / ((bottom - top) * (right - left));
      }
}

gboolean
dfi_chroma_is_grey (const DfiImage *image)
{
  const size_t plane = (size_t) image->width * image->height;

  for (size_t i = 0; i < plane; i++)
    if (image->data[i] != image->data[plane + i] || image->data[i] != image->data[2 * plane + i])
      return FALSE;
  return TRUE;
}

/* A yellow with less red over luma than this share of what its blue lacks looks green. */
#define GREENISH 0.4f

/* Adds what changes the two differences from luma by so much, and luma not at all. */
static inline void
add_differences (float *r, float *g, float *b, float red, float blue)
{
  *r += red;
  *g -= (DFI_LUMA_RED * red + DFI_LUMA_BLUE * blue) / DFI_LUMA_GREEN;
  *b += blue;
}

/* Of the cells' centres, the two that a pixel lies between, and the second one's share. */
static void
cells_around (int pixel, int size, int side, int *first, int *second, float *share)
{
  float place = (pixel + 0.5f) * side / size - 0.5f;
  float below = floorf (place);

  *share  = place - below;
  *first  = CLAMP ((int) below, 0, side - 1);
  *second = CLAMP ((int) below + 1, 0, side - 1);
}

static float
between (const float *map, int side, const int rows[2], const int columns[2], float down, float right)
{
  const float *upper = map + rows[0] * side, *lower = map + rows[1] * side;
  float        above = upper[columns[0]] + right * (upper[columns[1]] - upper[columns[0]]);
  float        below = lower[columns[0]] + right * (lower[columns[1]] - lower[columns[0]]);

  return above + down * (below - above);
}

void
dfi_chroma_add (DfiImage *image, const float *map, int side)
{
  const size_t plane = (size_t) image->width * image->height;
  float       *r = image->data, *g = r + plane, *b = g + plane;

  for (int y = 0; y < image->height; y++)
    {
      int   rows[2];
      float down;

      cells_around (y, image->height, side, &rows[0], &rows[1], &down);
      for (int x = 0; x < image->width; x++)
        {
          size_t at = (size_t) y * image->width + x;
          int    columns[2];
          float  right, blue, red;

          cells_around (x, image->width, side, &columns[0], &columns[1], &right);
          blue = between (map, side, rows, columns, down, right) / DFI_CB_SCALE;
          red  = between (map + side * side, side, rows, columns, down, right) / DFI_CR_SCALE;
          add_differences (&r[at], &g[at], &b[at], red, blue);
        }
    }
}

void
dfi_chroma_keep_warm (DfiImage *change, const DfiImage *image)
{
  const size_t plane = (size_t) image->width * image->height;
  const float *r = image->data, *g = r + plane, *b = g + plane;
  float       *dr = change->data, *dg = dr + plane, *db = dg + plane;

  for (size_t i = 0; i < plane; i++)
    {
      float luma  = DFI_LUMA_RED * r[i] + DFI_LUMA_GREEN * g[i] + DFI_LUMA_BLUE * b[i];
      float after = luma + DFI_LUMA_RED * dr[i] + DFI_LUMA_GREEN * dg[i] + DFI_LUMA_BLUE * db[i];
      float red   = MAX (r[i] + dr[i] - after, MIN (r[i] - luma, 0.0f)); /* as far as they may go */
      float blue  = MIN (b[i] + db[i] - after, MAX (b[i] - luma, 0.0f));

      if (r[i] - luma >= -GREENISH * (b[i] - luma))
        blue = MAX (blue, -MAX (red, 0.0f) / GREENISH);
      add_differences (&dr[i], &dg[i], &db[i], red - (r[i] + dr[i] - after), blue - (b[i] + db[i] - after));
    }
}
