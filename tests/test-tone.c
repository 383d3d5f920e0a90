/* Tones of hair in a database: read, refused where they make no sense, and the way from one to another. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "database/codes.h"
#include "database/tone-direction.h"
#include "drawn-faces.h"

#define NEIGHBOURS 12

/* Of every seventh face no hair was seen, and every third is in a grey picture. Exact as halves. */
static DfiTone
tone_of (size_t face)
{
  const double  at   = (test_random (31, face) >> 54) / 1024.0;
  const DfiTone tone = { at, 0.25 * ((face * 5) % 16) / 16.0, (face % 8) / 32.0 - 0.125, (face % 5) / 64.0 };

  return face % 7 == 0   ? (DfiTone){ NAN, NAN, NAN, NAN }
         : face % 3 == 0 ? (DfiTone){ tone.luma, tone.deviation, NAN, NAN }
                         : tone;
}

static DfiDatabase *
open_toned (DfiTone (*tone) (size_t))
{
  char        *path     = drawn_copy_with_tones ("toned.safetensors", tone);
  GError      *error    = NULL;
  DfiDatabase *database = dfi_database_open (path, drawn.encoder, &error);

  g_assert_no_error (error);
  g_free (path);
  return database;
}

static void
assert_same (const DfiTone *a, const DfiTone *b)
{
  g_assert_cmpfloat_with_epsilon (a->luma, b->luma, 1e-6);
  g_assert_cmpfloat_with_epsilon (a->deviation, b->deviation, 1e-6);
  g_assert_cmpfloat_with_epsilon (a->cb, b->cb, 1e-6);
  g_assert_cmpfloat_with_epsilon (a->cr, b->cr, 1e-6);
}

static void
test_read (void)
{
  DfiDatabase   *database = open_toned (tone_of);
  const DfiTone *tones    = dfi_database_tones (database);
  size_t         known    = 0;

  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      const DfiTone tone = tone_of (face);

      g_assert_cmpint (isnan (tones[face].luma), ==, isnan (tone.luma));
      g_assert_cmpint (isnan (tones[face].cr), ==, isnan (tone.cr));
      if (! isnan (tone.cb))
        assert_same (&tones[face], &tone);
      known += face % 7 != 0;
    }
  g_assert_cmpuint (dfi_database_n_tones (database), ==, known);
  dfi_database_free (database);

  g_assert_null (dfi_database_tones (drawn.database));
  g_assert_cmpuint (dfi_database_n_tones (drawn.database), ==, 0);
}

/* ---------- refusals ---------- */

static void
assert_refused (const DfiTensor *tensor)
{
  char   *path  = drawn_copy_with ("bad.safetensors", tensor);
  GError *error = NULL;

  g_assert_null (dfi_database_peek (path, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "tones"));
  g_error_free (error);
  g_free (path);
}

static void
test_wrong_shapes (void)
{
  static const guint8 zeros[4 * 4 * (DRAWN_FACES + 1)] = { 0 };
  const DfiTensor     wrong[]                          = {
                                 { "tones", DFI_DTYPE_F16, 2, { DRAWN_FACES, 3 }, 3 * DRAWN_FACES, zeros, 0 },
                                 { "tones", DFI_DTYPE_F16, 2, { DRAWN_FACES + 1, 4 }, 4 * (DRAWN_FACES + 1), zeros, 0 },
                                 { "tones", DFI_DTYPE_F16, 1, { 4 * DRAWN_FACES }, 4 * DRAWN_FACES, zeros, 0 },
                                 { "tones", DFI_DTYPE_F32, 2, { DRAWN_FACES, 4 }, 4 * DRAWN_FACES, zeros, 0 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_refused (&wrong[i]);
}

/* The last face's halves: luma, deviation, Cb, Cr. */
static void
test_wrong_numbers (void)
{
  const guint16 nan = 0x7e00, infinite = 0x7c00, half = 0x3800, one = 0x3c00, two = 0x4000;
  const guint16 wrong[][4] = {
    { two, 0, 0, 0 },         { half | 0x8000, 0, 0, 0 },   { half, one, 0, 0 },   { half, half | 0x8000, 0, 0 },
    { half, 0, one, 0 },      { half, 0, 0, one | 0x8000 }, { infinite, 0, 0, 0 }, { half, 0, 0, infinite | 0x8000 },
    { nan, 0, nan, nan },     { half, nan, nan, nan },      { half, 0, nan, 0 },   { half, 0, 0, nan },
    { nan, nan, half, half },
  };
  guint8    halves[DRAWN_FACES][4][2] = { 0 };
  DfiTensor tensor                    = { "tones", DFI_DTYPE_F16, 2, { DRAWN_FACES, 4 }, 4 * DRAWN_FACES, halves, 0 };

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      for (int k = 0; k < 4; k++)
        {
          halves[DRAWN_FACES - 1][k][0] = wrong[i][k] & 255;
          halves[DRAWN_FACES - 1][k][1] = wrong[i][k] >> 8;
        }
      assert_refused (&tensor);
    }
}

/* ---------- directions ---------- */

/* By the definition, with nothing sorted: a face is among the nearest when fewer than so many that know the number are nearer. */
static double
plain_distance (const DfiTone *tone, size_t face, const double variances[4])
{
  const DfiTone other          = tone_of (face);
  const double  differences[4] = { tone->luma - other.luma, tone->deviation - other.deviation, tone->cb - other.cb,
                                   tone->cr - other.cr };
  double        sum            = 0.0;
  int           known          = 0;

  for (int i = 0; i < 4; i++)
    if (! isnan (differences[i]))
      {
        sum += differences[i] * differences[i] / variances[i];
        known++;
      }
  return sum / known;
}

static double
part (const DfiTone *tone, int i)
{
  return i == 0 ? tone->luma : i == 1 ? tone->deviation : i == 2 ? tone->cb : tone->cr;
}

static double
plain_mean (const DfiTone *tone, int side, int most, int i, const double variances[4])
{
  double sum = 0.0;
  int    n   = 0;

  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      const DfiTone own  = tone_of (face);
      int           rank = 0;

      if (isnan (part (&own, i)) || dfi_database_side (drawn.database, face, SMILING) != side)
        continue;
      for (size_t other = 0; other < DRAWN_FACES; other++)
        {
          const DfiTone its = tone_of (other);
          const double  d   = plain_distance (tone, other, variances) - plain_distance (tone, face, variances);

          rank += dfi_database_side (drawn.database, other, SMILING) == side && ! isnan (part (&its, i)) &&
                  (d < 0.0 || (d == 0.0 && other < face));
        }
      if (rank >= most)
        continue;
      sum += part (&own, i);
      n++;
    }
  return sum / n;
}

static void
find_variances (double variances[4])
{
  for (int i = 0; i < 4; i++)
    {
      double sum = 0.0, squares = 0.0;
      int    n = 0;

      for (size_t face = 0; face < DRAWN_FACES; face++)
        {
          const DfiTone tone = tone_of (face);

          if (isnan (part (&tone, i)))
            continue;
          sum += part (&tone, i);
          squares += part (&tone, i) * part (&tone, i);
          n++;
        }
      variances[i] = squares / n - sum / n * (sum / n);
    }
}

/* The mean of the side that is gone to less that of the nearest on the other, each number over faces that know it. What the hair
 * has of its own is chroma, and luma, too, for an attribute of the hair. */
static void
check_direction (DfiRegion region)
{
  const DfiTone tones[]  = { { 0.25, 0.125, -0.0625, 0.03125 }, { 0.9, 0.01, 0.1, 0.0 }, { 0.4, 0.1, NAN, NAN } };
  DfiDatabase  *database = open_toned (tone_of);
  double        variances[4];

  ((DfiAttribute *) dfi_database_attribute (database, SMILING))->region = region;
  find_variances (variances);
  for (size_t t = 0; t < G_N_ELEMENTS (tones); t++)
    {
      DfiTone more, less, own, back;

      g_assert_cmpint (dfi_database_tone_direction (database, SMILING, 2.0, &tones[t], NEIGHBOURS, &more, &own), ==, NEIGHBOURS);
      g_assert_cmpint (dfi_database_tone_direction (database, SMILING, -0.1, &tones[t], NEIGHBOURS, &less, &back), ==,
                       NEIGHBOURS);
      for (int i = 0; i < 4; i++)
        {
          const gboolean known = ! isnan (part (&tones[t], i));
          const gboolean gives = known && (i >= 2 || (i == 0 && region == DFI_REGION_HAIR));
          const double   lack  = plain_mean (&tones[t], -1, NEIGHBOURS, i, variances);
          const double   have  = plain_mean (&tones[t], 1, NEIGHBOURS, i, variances);
          const double   up    = plain_mean (&tones[t], 1, DRAWN_FACES, i, variances) - lack;
          const double   down  = plain_mean (&tones[t], -1, DRAWN_FACES, i, variances) - have;

          g_assert_cmpfloat_with_epsilon (part (&own, i), gives ? part (&tones[t], i) - lack : 0.0, 1e-6);
          g_assert_cmpfloat_with_epsilon (part (&back, i), gives ? part (&tones[t], i) - have : 0.0, 1e-6);
          g_assert_cmpfloat_with_epsilon (part (&more, i), known ? up : 0.0, 1e-6);
          g_assert_cmpfloat_with_epsilon (part (&less, i), known ? down : 0.0, 1e-6);
        }
      g_assert_cmpfloat (fabs (more.luma), >, 1e-3);
    }
  dfi_database_free (database);
}

static void
test_direction (void)
{
  check_direction (DFI_REGION_FACE);
  check_direction (DFI_REGION_HAIR);
}

/* All pictures are grey. */
static DfiTone
grey_tone (size_t face)
{
  return (DfiTone){ face / 128.0, 0.1, NAN, NAN };
}

/* Of the faces that smile, which are 2 of 6, one too few have hair that was seen: 0, 1, 6, 7, ... 24. */
static DfiTone
rare_tone (size_t face)
{
  return drawn_has (face, SMILING) && face > 6 * (DFI_NEIGHBOURS_MIN - 2) / 2 ? (DfiTone){ NAN, NAN, NAN, NAN } : tone_of (1);
}

static void
assert_too_few (const DfiDatabase *database)
{
  GError *error = NULL;

  g_assert_false (dfi_database_check_tones (database, SMILING, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "“Smiling”"));
  g_assert_nonnull (strstr (error->message, dfi_database_path (database)));
  g_error_free (error);
}

static void
test_too_little_known (void)
{
  const DfiTone tone = { 0.5, 0.1, 0.0, 0.0 };
  DfiDatabase  *grey = open_toned (grey_tone), *rare = open_toned (rare_tone);
  DfiTone       w, own;

  g_assert_cmpint (dfi_database_tone_direction (grey, SMILING, 1.0, &tone, NEIGHBOURS, &w, &own), ==, NEIGHBOURS);
  g_assert_cmpfloat (fabs (w.luma), >, 0.0);
  g_assert_cmpfloat (w.cb, ==, 0.0);
  g_assert_cmpfloat (w.cr, ==, 0.0);

  g_assert_cmpint (dfi_database_tone_direction (rare, SMILING, 1.0, &tone, NEIGHBOURS, &w, &own), ==, 0);
  g_assert_cmpint (dfi_database_tone_direction (rare, SMILING, -1.0, &tone, NEIGHBOURS, &w, &own), ==, 0);
  g_assert_cmpint (dfi_database_tone_direction (rare, MALE, 1.0, &tone, NEIGHBOURS, &w, &own), >, 0); /* all look the same */
  g_assert_cmpfloat (w.luma, ==, 0.0);
  g_assert_cmpint (dfi_database_tone_direction (drawn.database, SMILING, 1.0, &tone, NEIGHBOURS, &w, &own), ==, 0);

  g_assert_true (dfi_database_check_tones (rare, MALE, NULL));
  assert_too_few (rare);
  assert_too_few (drawn.database);

  dfi_database_free (rare);
  dfi_database_free (grey);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/tone/read", test_read);
  g_test_add_func ("/tone/wrong-shapes", test_wrong_shapes);
  g_test_add_func ("/tone/wrong-numbers", test_wrong_numbers);
  g_test_add_func ("/tone/direction", test_direction);
  g_test_add_func ("/tone/too-little-known", test_too_little_known);
  return drawn_end (g_test_run ());
}
