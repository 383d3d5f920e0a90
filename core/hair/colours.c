/* colours.c: Bayes' rule with histograms of colours, by which Jones and Rehg, "Statistical color models with application to skin
 * detection", 2002, tell skin from all else.  Here they are histograms of the one photograph, and hair's share of each pixel is
 * found together with them. */

#include "config.h"

#include <string.h>

#include "base/error.h"
#include "hair/colours.h"
#include "picture/chroma.h"

#define LUMAS       16    /* cells from 0 to 1 */
#define CHROMAS     16    /* cells from -CHROMA_MOST to CHROMA_MOST, of Cb and of Cr; beyond, the outermost are meant */
#define CHROMA_MOST 0.25f /* skin and hair are within 0.15 */
#define CELLS       (LUMAS * CHROMAS * CHROMAS)
#define CORNERS     8     /* of the cells' middles around a colour */
#define ROUNDS      4     /* from shares to histograms to shares */
#define DOUBT       60.0f /* pixels of hair for certain that it takes to half believe their colours */
#define NEVER       0.02f /* share of all colours that even one that was not seen has, if all were as frequent */
#define TRUST       8.0f  /* colours change the odds of hair by no more than this factor */

/* A colour's place between the middles of the cells. */
typedef struct
{
  int   cells[CORNERS];
  float weights[CORNERS]; /* 1 together */
} Place;

static Place
find_place (const float *colours, size_t n, size_t i)
{
  const int   counts[3] = { LUMAS, CHROMAS, CHROMAS };
  const float rgb[3] = { colours[i], colours[n + i], colours[2 * n + i] }, luma = dfi_luma (rgb);
  const float along[3] = { luma, 0.5f + 0.5f / CHROMA_MOST * DFI_CB_SCALE * (rgb[2] - luma),
                           0.5f + 0.5f / CHROMA_MOST * DFI_CR_SCALE * (rgb[0] - luma) };
  Place       place    = { .weights = { 1.0f } };

  for (int axis = 0, n_corners = 1; axis < 3; axis++, n_corners *= 2)
    {
      float x     = CLAMP (along[axis] * counts[axis] - 0.5f, 0.0f, counts[axis] - 1.0f);
      int   lower = MIN ((int) x, counts[axis] - 2);

      for (int k = 0; k < n_corners; k++)
        {
          place.cells[n_corners + k]   = place.cells[k] * counts[axis] + lower + 1;
          place.cells[k]               = place.cells[k] * counts[axis] + lower;
          place.weights[n_corners + k] = place.weights[k] * (x - lower);
          place.weights[k] *= lower + 1 - x;
        }
    }
  return place;
}

static void
divide (float *histogram, float by)
{
  for (int i = 0; i < CELLS; i++)
    histogram[i] /= by;
}

/* The colours of what is hair for certain, and of what is not: each adds up to 1.  The less hair there is, the more its colours
 * are taken to be those of all else, which say nothing. */
static void
count_colours (float *hair, float *rest, const float *shares, const float *weights, const Place *places, size_t n)
{
  float all_hair = 0.0f, all_rest = 0.0f;

  memset (hair, 0, CELLS * sizeof *hair);
  memset (rest, 0, CELLS * sizeof *rest);
  for (size_t i = 0; i < n; i++)
    {
      float is     = weights[i] * shares[i] * shares[i] * shares[i] * shares[i];
      float is_not = weights[i] * (1.0f - shares[i]) * (1.0f - shares[i]);

      all_hair += is;
      all_rest += is_not;
      for (int k = 0; k < CORNERS; k++)
        {
          hair[places[i].cells[k]] += is * places[i].weights[k];
          rest[places[i].cells[k]] += is_not * places[i].weights[k];
        }
    }
  divide (rest, MAX (all_rest, 1.0f));
  for (int i = 0; i < CELLS; i++)
    hair[i] += DOUBT * rest[i];
  divide (hair, all_hair + DOUBT);
}

static float
frequency (const float *histogram, const Place *place)
{
  float sum = NEVER / CELLS;

  for (int k = 0; k < CORNERS; k++)
    sum += place->weights[k] * histogram[place->cells[k]];
  return sum;
}

gboolean
dfi_hair_colours_weigh (float *shares, const float *colours, const float *weights, size_t n, GError **error)
{
  float *first = dfi_try_alloc (n + 2 * CELLS, sizeof *first, error);
  float *hair = first ? first + n : NULL, *rest = first ? hair + CELLS : NULL;
  Place *places = first ? dfi_try_alloc (n, sizeof *places, error) : NULL;

  for (size_t i = 0; places && i < n; i++)
    {
      places[i] = find_place (colours, n, i);
      first[i]  = shares[i];
    }
  for (int round = 0; places && round < ROUNDS; round++)
    {
      count_colours (hair, rest, shares, weights, places, n);
      for (size_t i = 0; i < n; i++)
        {
          float odds = CLAMP (frequency (hair, &places[i]) / frequency (rest, &places[i]), 1.0f / TRUST, TRUST);

          shares[i] = first[i] * odds / (first[i] * odds + 1.0f - first[i]);
        }
    }
  g_free (places);
  g_free (first);
  return places != NULL;
}
