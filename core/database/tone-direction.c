/* tone-direction.c: the way from the hair of faces that lack an attribute to the hair of those that have it, near a given hair.
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, section 3, steps 2 and 3; the
 * features are this project's own.
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/codes.h"
#include "database/tone-direction.h"

#define CHROMA 2 /* the first of a tone's numbers that is of chroma */

typedef struct
{
  double distance;
  size_t face;
} Neighbour;

static double
number_of (const DfiTone *tone, int i)
{
  return (const float[DFI_TONE_NUMBERS]){ tone->luma, tone->deviation, tone->cb, tone->cr }[i];
}

/* The mean of number @i to the power of 1 or 2 over the first @most of @n faces that know it; NaN when none does. */
static double
mean_power (const DfiTone *tones, const Neighbour *faces, size_t n, size_t most, int i, int power)
{
  double sum   = 0.0;
  size_t known = 0;

  for (size_t f = 0; f < n && known < most; f++)
    {
      double number = number_of (&tones[faces[f].face], i);

      if (isnan (number))
        continue;
      sum += power == 1 ? number : number * number;
      known++;
    }
  return sum / known;
}

/* @weights: 1 / variance of each number over the database; 0 of one that is the same everywhere, or unknown. */
static void
find_weights (const DfiDatabase *database, Neighbour *room, double weights[DFI_TONE_NUMBERS])
{
  const DfiTone *tones = dfi_database_tones (database);
  const size_t   n     = dfi_database_n_faces (database);

  for (size_t face = 0; face < n; face++)
    room[face].face = face;
  for (int i = 0; i < DFI_TONE_NUMBERS; i++)
    {
      double mean     = mean_power (tones, room, n, n, i, 1);
      double variance = mean_power (tones, room, n, n, i, 2) - mean * mean;

      weights[i] = variance > 0.0 ? 1.0 / variance : 0.0;
    }
}

/* The mean over what both know. */
static double
tone_distance (const DfiTone *a, const DfiTone *b, const double weights[DFI_TONE_NUMBERS])
{
  double sum   = 0.0;
  int    known = 0;

  for (int i = 0; i < DFI_TONE_NUMBERS; i++)
    {
      double difference = number_of (a, i) - number_of (b, i);

      if (isnan (difference))
        continue;
      sum += weights[i] * difference * difference;
      known++;
    }
  return sum / known;
}

static int
compare_faces (const void *a, const void *b)
{
  const Neighbour *p = a, *q = b;

  if (p->distance != q->distance)
    return p->distance < q->distance ? -1 : 1;
  return (p->face > q->face) - (p->face < q->face);
}

/* The mean tone of the at most @most nearest faces on @side. Returns how many these are; 0 when there are too few. */
static int
side_mean (const DfiDatabase *database,
           int                attribute,
           int                side,
           const DfiTone     *tone,
           const double       weights[DFI_TONE_NUMBERS],
           size_t             most,
           Neighbour         *faces,
           double             mean[DFI_TONE_NUMBERS])
{
  const DfiTone *tones = dfi_database_tones (database);
  size_t         n     = 0;

  for (size_t face = 0; face < dfi_database_n_faces (database); face++)
    if (! isnan (tones[face].luma) && dfi_database_side (database, face, attribute) == side)
      faces[n++] = (Neighbour){ tone_distance (tone, &tones[face], weights), face };
  qsort (faces, n, sizeof *faces, compare_faces);
  for (int i = 0; i < DFI_TONE_NUMBERS; i++)
    mean[i] = mean_power (tones, faces, n, most, i, 1);
  return n >= DFI_NEIGHBOURS_MIN ? MIN (n, most) : 0;
}

/* Whether number @i of a tone is to become that of other hair, rather than to change by as much as other hair does. */
static gboolean
gives_way (const DfiAttribute *attribute, int i)
{
  return i >= CHROMA || (i == 0 && attribute->region == DFI_REGION_HAIR);
}

int
dfi_database_tone_direction (const DfiDatabase *database,
                             int                attribute,
                             double             sign,
                             const DfiTone     *tone,
                             int                neighbours,
                             DfiTone           *w,
                             DfiTone           *own)
{
  const size_t n_faces = dfi_database_n_faces (database);
  Neighbour   *room    = g_new (Neighbour, n_faces);
  const int    side    = sign > 0.0 ? 1 : -1;
  int          found   = 0;
  double       weights[DFI_TONE_NUMBERS], from[DFI_TONE_NUMBERS], to[DFI_TONE_NUMBERS], change[DFI_TONE_NUMBERS],
      apart[DFI_TONE_NUMBERS];

  if (dfi_database_tones (database))
    {
      find_weights (database, room, weights);
      if (side_mean (database, attribute, side, tone, weights, n_faces, room, to))
        found = side_mean (database, attribute, -side, tone, weights, neighbours, room, from);
    }
  g_free (room);
  if (found == 0)
    return 0;

  for (int i = 0; i < DFI_TONE_NUMBERS; i++)
    {
      const gboolean known = ! isnan (to[i] - from[i]) && ! isnan (number_of (tone, i));

      change[i] = known ? to[i] - from[i] : 0.0;
      apart[i]  = known && gives_way (dfi_database_attribute (database, attribute), i) ? number_of (tone, i) - from[i] : 0.0;
    }
  *w   = (DfiTone){ change[0], change[1], change[2], change[3] };
  *own = (DfiTone){ apart[0], apart[1], apart[2], apart[3] };
  return found;
}

gboolean
dfi_database_check_tones (const DfiDatabase *database, int attribute, GError **error)
{
  const DfiTone *tones    = dfi_database_tones (database);
  size_t         counts[] = { 0, 0, 0 }; /* of faces that lack it, that do not say, and that have it */

  for (size_t face = 0; tones && face < dfi_database_n_faces (database); face++)
    counts[1 + dfi_database_side (database, face, attribute)] += ! isnan (tones[face].luma);
  if (MIN (counts[0], counts[2]) >= DFI_NEIGHBOURS_MIN)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("“%s” is a change of the hair, and the database “%s” knows the hair of too few faces; at least %d that have it "
                  "and %d that lack it are needed. Choose another database, or build this one again."),
               dfi_database_attribute (database, attribute)->label, dfi_database_path (database), DFI_NEIGHBOURS_MIN,
               DFI_NEIGHBOURS_MIN);
  return FALSE;
}
