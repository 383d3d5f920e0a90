/* Directions between the neighbours with an attribute and those without, against plain sums over the whole database. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "database/codes.h"
#include "database/direction.h"
#include "drawn-faces.h"
#include "files/safetensors-reader.h"
#include "network/pass.h"

static double
dot (const float *a, const float *b, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

static double
cosine (const float *a, const float *b, size_t n)
{
  return dot (a, b, n) / sqrt (dot (a, a, n) * dot (b, b, n));
}

/* dfi_database_direction() at a face with these @features (D). */
static gboolean
direction_at (const DfiDatabase         *database,
              const float               *features,
              const DfiRequest          *requests,
              int                        n_requests,
              const DfiDirectionOptions *options,
              float                     *result,
              DfiDirectionNote          *notes,
              GError                   **error)
{
  double  *code = g_new (double, dfi_database_code_length (database));
  gboolean done = dfi_database_project (database, code, features, error) &&
                  dfi_database_direction (database, code, requests, n_requests, options, result, NULL, notes, error);

  g_free (code);
  return done;
}

static float *
direction_by (size_t                     face,
              const DfiRequest          *requests,
              int                        n_requests,
              const DfiDirectionOptions *options,
              DfiDirectionNote          *notes)
{
  float  *features = drawn_features (face);
  float  *result   = g_new (float, dfi_database_n_features (drawn.database));
  GError *error    = NULL;

  direction_at (drawn.database, features, requests, n_requests, options, result, notes, &error);
  g_assert_no_error (error);
  g_free (features);
  return result;
}

static float *
direction (size_t face, const DfiRequest *requests, int n_requests, int neighbours, DfiDirectionNote *notes)
{
  return direction_by (face, requests, n_requests, &(DfiDirectionOptions){ .neighbours = neighbours }, notes);
}

/* With all faces as neighbours the direction is the mean difference, whatever the face. */
static void
test_mean_direction (void)
{
  size_t           n;
  float           *plain, *found;
  DfiDirectionNote note;

  drawn_init ();
  n     = dfi_database_n_features (drawn.database);
  plain = g_new0 (float, n);
  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      int    side     = drawn_has (face, SMILING) - drawn_has (face, FROWNING);
      float *features = drawn_features (face);

      for (size_t i = 0; i < n; i++)
        plain[i] += side * features[i] / (DRAWN_FACES / 3);
      g_free (features);
    }

  found = direction (0, &(DfiRequest){ SMILING, 1.0 }, 1, 10000, &note);
  g_test_message ("cosine %.4f, length %.4f of the plain one", cosine (plain, found, n),
                  sqrt (dot (found, found, n) / dot (plain, plain, n)));
  g_assert_cmpint (note.neighbours, ==, DRAWN_FACES / 3);
  g_assert_cmpint (note.agreeing, ==, DRAWN_FACES / 3);
  g_assert_cmpfloat (cosine (plain, found, n), >, 0.97);
  g_assert_cmpfloat (dot (found, plain, n), >, 0.9 * dot (plain, plain, n));
  g_assert_cmpfloat (dot (found, plain, n), <, 1.05 * dot (plain, plain, n));
  g_free (found);
  g_free (plain);
}

/* The quantised basis (r, D) and the codes (N, r) of the fixture, as plain numbers. */
static void
unpack_database (float **basis, float **mean, float **codes)
{
  GError          *error = NULL;
  DfiSafetensors  *file  = dfi_safetensors_open (drawn.path, "database", DFI_DATABASE_VERSION, &error);
  size_t           rank = dfi_database_rank (drawn.database), n = dfi_database_n_features (drawn.database);
  DfiLayout        layout;
  const DfiTensor *packed, *scale, *code, *middle;
  float           *scales;
  guint8          *rows;

  g_assert_no_error (error);
  layout.taps   = dfi_database_taps (drawn.database);
  layout.chroma = TRUE;
  g_assert_true (dfi_layout_shape (&layout, drawn.encoder, dfi_database_frame (drawn.database)->size, &error));
  packed = dfi_safetensors_tensor (file, "basis", 2, (size_t[]){ rank, layout.row_bytes }, &error);
  scale  = dfi_safetensors_tensor (file, "scale", 2, (size_t[]){ rank, layout.n_stretches }, &error);
  code   = dfi_safetensors_tensor (file, "codes", 2, (size_t[]){ DRAWN_FACES, rank }, &error);
  middle = dfi_safetensors_tensor (file, "mean", 1, (size_t[]){ n }, &error);
  g_assert_no_error (error);

  *basis = g_new (float, rank *n);
  *codes = g_new (float, DRAWN_FACES *rank);
  *mean  = g_new (float, n);
  scales = g_new (float, rank *layout.n_stretches);
  g_assert_true (dfi_safetensors_floats (file, scale, scales, &error));
  g_assert_true (dfi_safetensors_floats (file, code, *codes, &error));
  g_assert_true (dfi_safetensors_floats (file, middle, *mean, &error));
  rows = dfi_safetensors_load (file, packed, &error);
  for (size_t r = 0; r < rank; r++)
    dfi_basis_unpack (&layout, *basis + r * n, rows + r * layout.row_bytes, scales + r * layout.n_stretches);
  g_free (rows);
  g_free (scales);
  dfi_safetensors_free (file);
}

/* Adds @factor / @k to the weights of the @k faces nearest to @query whose side of smiling is @side. */
static void
weigh_nearest (double *weights, const float *codes, const float *query, size_t rank, gboolean smiling, int k, double factor)
{
  for (int found = 0; found < k; found++)
    {
      size_t best  = 0;
      double least = INFINITY;

      for (size_t face = 0; face < DRAWN_FACES; face++)
        {
          double distance = 0.0;

          if (weights[face] != 0.0 || ! drawn_has (face, smiling ? SMILING : FROWNING))
            continue;
          for (size_t r = 0; r < rank; r++)
            distance += (codes[face * rank + r] - query[r]) * (codes[face * rank + r] - query[r]);
          if (distance < least)
            {
              least = distance;
              best  = face;
            }
        }
      weights[best] = factor / k;
    }
}

/* The predictor's rules without their constants (A, r): what they make of a code is where nearness by attributes is measured. */
static float *
attribute_places (const float *codes, size_t n_codes, size_t rank)
{
  GError          *error     = NULL;
  DfiSafetensors  *file      = dfi_safetensors_open (drawn.path, "database", DFI_DATABASE_VERSION, &error);
  const DfiTensor *predictor = dfi_safetensors_tensor (file, "predictor", 2, (size_t[]){ N_ATTRIBUTES, rank + 1 }, &error);
  float           *rules     = g_new (float, N_ATTRIBUTES *(rank + 1));
  float           *places    = g_new (float, n_codes *N_ATTRIBUTES);

  g_assert_no_error (error);
  g_assert_true (dfi_safetensors_floats (file, predictor, rules, &error));
  for (size_t face = 0; face < n_codes; face++)
    for (size_t a = 0; a < N_ATTRIBUTES; a++)
      places[face * N_ATTRIBUTES + a] = dot (rules + a * (rank + 1), codes + face * rank, rank);
  g_free (rules);
  dfi_safetensors_free (file);
  return places;
}

/* Against the same sums written out over the unpacked file. */
static void
test_near_direction (gconstpointer nearness)
{
  enum
  {
    K = 12
  };
  const DfiDirectionOptions options = { .neighbours = K, .nearness = GPOINTER_TO_INT (nearness) };
  size_t                    n, rank;
  float                    *basis, *mean, *codes, *features, *query, *plain, *found;
  double           weights[DRAWN_FACES] = { 0.0, }, worst = 0.0;
  DfiDirectionNote note;

  drawn_init ();
  n        = dfi_database_n_features (drawn.database);
  rank     = dfi_database_rank (drawn.database);
  features = drawn_features (33);
  query    = g_new0 (float, rank);
  plain    = g_new0 (float, n);
  unpack_database (&basis, &mean, &codes);

  for (size_t i = 0; i < n; i++)
    features[i] -= mean[i];
  for (size_t r = 0; r < rank; r++)
    query[r] = dot (basis + r * n, features, n);
  for (size_t r = 0; r < rank; r++) /* the stored code is the same, in half precision */
    g_assert_cmpfloat (fabsf (query[r] - codes[33 * rank + r]), <=, 1e-3f * fabsf (query[r]) + 1e-3f);

  if (options.nearness == DFI_NEAR_ATTRIBUTES)
    {
      float *places = attribute_places (codes, DRAWN_FACES, rank);
      float *own    = attribute_places (query, 1, rank);

      weigh_nearest (weights, places, own, N_ATTRIBUTES, TRUE, K, 1.5);
      weigh_nearest (weights, places, own, N_ATTRIBUTES, FALSE, K, -1.5);
      g_free (own);
      g_free (places);
    }
  else
    {
      weigh_nearest (weights, codes, query, rank, TRUE, K, 1.5);
      weigh_nearest (weights, codes, query, rank, FALSE, K, -1.5);
    }
  for (size_t face = 0; face < DRAWN_FACES; face++)
    for (size_t r = 0; r < rank; r++)
      for (size_t i = 0; i < n; i++)
        plain[i] += weights[face] * codes[face * rank + r] * basis[r * n + i];

  found = direction_by (33, &(DfiRequest){ SMILING, 1.5 }, 1, &options, &note);
  for (size_t i = 0; i < n; i++)
    worst = MAX (worst, fabs (found[i] - plain[i]));
  g_assert_cmpint (note.neighbours, ==, K);
  g_assert_cmpfloat (worst, <, 1e-4 * sqrt (dot (plain, plain, n)));

  g_free (found);
  g_free (codes);
  g_free (mean);
  g_free (basis);
  g_free (plain);
  g_free (query);
  g_free (features);
}

/* By what the second choice compares @codes (n, r): features of relu5_1 in the left @columns of its three, or, where these are 0,
 * all rows but the main ones. (n, @width) */
static float *
places_of (const float *codes, size_t n_codes, const float *basis, size_t rank, size_t columns, size_t *width)
{
  size_t shape[3], first, n = dfi_database_n_features (drawn.database);
  float *places;

  dfi_pass_tap_shape (drawn.pass, 2, shape);
  *width = columns > 0 ? shape[0] * shape[1] * shape[2] : rank;
  first  = dfi_pass_n_features (drawn.pass) - *width;
  places = g_new0 (float, n_codes **width);
  for (size_t c = 0; c < n_codes; c++)
    for (size_t i = 0; i < *width; i++)
      if (columns == 0)
        places[c * rank + i] = i < MIN (22, rank / 5) ? 0.0f : codes[c * rank + i];
      else if (i % shape[2] < columns)
        for (size_t r = 0; r < rank; r++)
          places[c * *width + i] += codes[c * rank + r] * basis[r * n + first + i];
  return places;
}

/* Adds @factor times the mean code of the @k faces on one side of smiling that are nearest to @from by @places (N, @width). */
static void
add_nearest (double      *change,
             const float *codes,
             size_t       rank,
             const float *places,
             const float *from,
             size_t       width,
             gboolean     smiling,
             int          k,
             double       factor)
{
  double weights[DRAWN_FACES] = { 0.0 };

  weigh_nearest (weights, places, from, width, smiling, k, factor);
  for (size_t face = 0; face < DRAWN_FACES; face++)
    for (size_t r = 0; r < rank; r++)
      change[r] += weights[face] * codes[face * rank + r];
}

typedef struct
{
  double alpha;
  size_t columns; /* where faces must look alike; 0: everywhere */
} Again;

/* The second choice, written out over the unpacked file. */
static void
test_alike (gconstpointer data)
{
  enum
  {
    FACE = 33,
    K    = 30,
    FEW  = DRAWN_ALIKE
  };
  const Again        *again   = data;
  const gboolean      smiling = again->alpha > 0.0;
  const size_t        columns = again->columns;
  float               mask[DRAWN_SIDE * DRAWN_SIDE];
  DfiDirectionOptions options = { .neighbours = K, .alike = TRUE, .where = columns > 0 ? mask : NULL };
  size_t              n, rank, main, width;
  float              *basis, *mean, *codes, *query, *from, *places, *found;
  double             *first, *change, worst = 0.0, length = 0.0, strength;
  DfiDirectionNote    note;

  drawn_init ();
  strength = dfi_database_attribute (drawn.database, SMILING)->strength;
  n        = dfi_database_n_features (drawn.database);
  rank     = dfi_database_rank (drawn.database);
  main     = MIN (22, rank / 5);
  unpack_database (&basis, &mean, &codes);
  query  = codes + FACE * rank;
  from   = g_new (float, rank);
  first  = g_new0 (double, rank);
  change = g_new0 (double, rank);
  places = places_of (codes, DRAWN_FACES, basis, rank, columns, &width);
  for (int i = 0; i < DRAWN_SIDE * DRAWN_SIDE; i++)
    mask[i] = i % DRAWN_SIDE < (int) columns * DRAWN_SIDE / 3;

  add_nearest (first, codes, rank, codes, query, rank, TRUE, K, 1.0);
  add_nearest (first, codes, rank, codes, query, rank, FALSE, K, -1.0);
  memcpy (change, first, rank * sizeof *change);
  for (int round = 0; round < 3; round++)
    {
      float *goal;

      for (size_t r = 0; r < rank; r++)
        from[r] = query[r] + again->alpha * strength * change[r];
      goal = places_of (from, 1, basis, rank, columns, &width);
      memset (change, 0, rank * sizeof *change);
      add_nearest (change, codes, rank, smiling ? places : codes, smiling ? goal : query, smiling ? width : rank, TRUE,
                   smiling ? FEW : K, 1.0);
      add_nearest (change, codes, rank, smiling ? codes : places, smiling ? query : goal, smiling ? rank : width, FALSE,
                   smiling ? K : FEW, -1.0);
      for (size_t r = 0; r < main; r++)
        change[r] = DRAWN_LIGHT * first[r];
      g_free (goal);
    }

  found = direction_by (FACE, &(DfiRequest){ SMILING, again->alpha }, 1, &options, &note);
  for (size_t i = 0; i < n; i++)
    {
      double plain = 0.0;

      for (size_t r = 0; r < rank; r++)
        plain += again->alpha * change[r] * basis[r * n + i];
      worst = MAX (worst, fabs (found[i] - plain));
      length += plain * plain;
    }
  g_assert_cmpint (note.neighbours, ==, K);
  g_assert_cmpfloat (worst, <, 1e-3 * sqrt (length));

  g_free (found);
  g_free (places);
  g_free (change);
  g_free (first);
  g_free (from);
  g_free (codes);
  g_free (mean);
  g_free (basis);
}

/* What of a face gives way is a share, place by place, of what it differs in from the faces that the change leaves, but for light
 * and pose; of an attribute that says nothing of it, and without weighing, nothing is. */
static void
test_own (gconstpointer data)
{
  enum
  {
    FACE = 33,
    K    = 30
  };
  const DfiRequest    request = { SMILING, GPOINTER_TO_INT (data) };
  DfiDirectionOptions options = { .neighbours = K, .focus = TRUE };
  const gboolean      left    = request.alpha < 0.0; /* those that smile are */
  size_t              n, rank;
  float              *basis, *mean, *codes, *features = drawn_features (FACE), *own, *w;
  double             *from, *code, most = 0.0;
  DfiDirectionNote    note;

  drawn_init ();
  n    = dfi_database_n_features (drawn.database);
  rank = dfi_database_rank (drawn.database);
  unpack_database (&basis, &mean, &codes);
  own  = g_memdup2 (features, n * sizeof *own);
  w    = g_new (float, n);
  code = g_new (double, rank);
  from = g_new0 (double, rank);
  g_assert_true (dfi_database_project (drawn.database, code, features, NULL));
  g_assert_true (dfi_database_direction (drawn.database, code, &request, 1, &options, w, own, &note, NULL));
  add_nearest (from, codes, rank, codes, codes + FACE * rank, rank, left, K, 1.0);
  for (size_t r = 0; r < MIN (22, rank / 5); r++)
    from[r] = code[r];
  for (size_t i = 0; i < n; i++)
    {
      double plain = features[i] - mean[i];

      for (size_t r = 0; r < rank; r++)
        plain -= from[r] * basis[r * n + i];
      g_assert_cmpfloat (own[i] * (plain < 0.0 ? -1.0 : 1.0), >=, -1e-4);
      g_assert_cmpfloat (fabs (own[i]), <=, fabs (plain) + 1e-3);
      most = MAX (most, own[i] / plain);
    }
  g_assert_cmpfloat (most, >, 0.3);

  memcpy (own, features, n * sizeof *own);
  options.focus = FALSE;
  g_assert_true (dfi_database_direction (drawn.database, code, &request, 1, &options, w, own, &note, NULL));
  g_assert_cmpfloat (dot (own, own, n), ==, 0.0);
  memcpy (own, features, n * sizeof *own);
  options.focus = TRUE;
  g_assert_true (dfi_database_direction (drawn.database, code, &(DfiRequest){ MALE, 1.0 }, 1, &options, w, own, &note, NULL));
  g_assert_cmpfloat (dot (own, own, n), ==, 0.0);

  g_free (from);
  g_free (code);
  g_free (w);
  g_free (own);
  g_free (features);
  g_free (codes);
  g_free (mean);
  g_free (basis);
}

/* With delta a strength of 1 is delta / mean (w^2), so that mean (alpha w . w) is delta, up to the few percent by which the
 * rounded basis is not orthonormal. */
static void
test_delta (void)
{
  const DfiDirectionOptions options = { .neighbours = 20, .delta = 0.4 };
  size_t                    n;
  float                    *plain, *scaled;
  DfiDirectionNote          plain_note, note;

  drawn_init ();
  n      = dfi_pass_n_features (drawn.pass); /* without the chroma */
  plain  = direction (33, &(DfiRequest){ SMILING, 1.0 }, 1, 20, &plain_note);
  scaled = direction_by (33, &(DfiRequest){ SMILING, -2.0 }, 1, &options, &note);

  g_assert_cmpfloat (plain_note.alpha, ==, 1.0);
  g_assert_cmpfloat_with_epsilon (dot (plain, scaled, n) / n, -2.0 * 0.4, 0.05);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat (fabs (scaled[i] - note.alpha * plain[i]), <, 1e-5 * fabs (note.alpha));
  g_free (scaled);
  g_free (plain);
}

/* With some layers alone the mean is over these: as if no others were there, and exact, since it is taken of w itself. */
static void
test_delta_of_taps (void)
{
  const DfiDirectionOptions options = { .neighbours = 20, .delta = 0.4, .taps = DFI_TAP (5, 1) };
  size_t                    shape[3], n, deep;
  float                    *scaled;
  DfiPass                  *pass;
  DfiDirectionNote          note;

  drawn_init ();
  pass = dfi_pass_new (drawn.encoder, DFI_TAPS_PAPER, DRAWN_SIDE, DRAWN_SIDE, NULL);
  dfi_pass_tap_shape (pass, 2, shape);
  n      = dfi_pass_n_features (pass);
  deep   = shape[0] * shape[1] * shape[2];
  scaled = direction_by (33, &(DfiRequest){ SMILING, 1.0 }, 1, &options, &note);

  g_assert_cmpfloat_with_epsilon (note.alpha * 0.4, dot (scaled + n - deep, scaled + n - deep, deep) / deep, 1e-4 * note.alpha);
  g_free (scaled);
  dfi_pass_free (pass);
}

/* A direction points from faces without to faces with, turns round with alpha, and several add up. */
static void
test_sum_of_directions (void)
{
  const DfiRequest requests[] = { { OPEN_MOUTH, 1.0 }, { FROWNING, -0.5 }, { MALE, 1.0 } };
  DfiDirectionNote notes[3];
  size_t           n;
  float           *sum, *with, *without;

  drawn_init ();
  n       = dfi_database_n_features (drawn.database);
  sum     = direction (6, requests, 3, 10, notes);
  with    = drawn_features (0);
  without = drawn_features (8); /* as face 0, but mouth closed */

  for (int c = 0; c < 3; c++)
    {
      float *one = direction (6, &requests[c], 1, 10, notes);

      if (c == 0)
        g_assert_cmpfloat (dot (one, with, n), >, dot (one, without, n));
      for (size_t i = 0; i < n; i++)
        sum[i] -= one[i];
      g_free (one);
    }
  g_assert_cmpfloat (sqrt (dot (sum, sum, n)), <, 1e-4 * sqrt (dot (with, with, n)));

  g_free (without);
  g_free (with);
  g_free (sum);
}

/* Neighbours by sex: 30 men with a beard and 30 without, no woman with one; of the women 32 open the mouth and 28 do not. */
static void
test_within (void)
{
  static const struct
  {
    size_t face;
    int    attribute;
    int    k;
    int    neighbours;
    int    agreeing;
  } cases[] = {
    { 0, BEARD, 10000, 30, 30 }, /* men, also those whose labels do not say so */
    { 1, BEARD, 10000, 30, 0 },  /* a woman's beard is the one that men have, against men without */
    { 1, OPEN_MOUTH, 10, 10, 10 },    { 1, OPEN_MOUTH, 28, 28, 28 },
    { 1, OPEN_MOUTH, 40, 40, 28 }, /* filled up with 12 men on either side */
    { 1, OPEN_MOUTH, 10000, 56, 28 },
  };

  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      DfiDirectionNote note;

      g_free (direction (cases[i].face, &(DfiRequest){ cases[i].attribute, 1.0 }, 1, cases[i].k, &note));
      g_assert_cmpint (note.attribute, ==, cases[i].attribute);
      g_assert_cmpint (note.neighbours, ==, cases[i].neighbours);
      g_assert_cmpint (note.agreeing, ==, cases[i].agreeing);
    }
}

static void
test_no_direction (void)
{
  const DfiDirectionOptions hundred = { .neighbours = 100 };
  float                    *features, *result;
  DfiDirectionNote          note;
  GError                   *error = NULL;

  drawn_init ();
  features = drawn_features (0);
  result   = g_new (float, dfi_database_n_features (drawn.database));

  g_assert_false (direction_at (drawn.database, features, &(DfiRequest){ RARE, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "Rare"));
  g_assert_nonnull (strstr (error->message, "5 of its faces"));
  g_clear_error (&error);

  g_assert_false (direction_at (drawn.database, features, &(DfiRequest){ EVERYONE, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  features[17] = NAN;
  g_assert_false (direction_at (drawn.database, features, &(DfiRequest){ SMILING, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  g_free (result);
  g_free (features);
}

/* The basis is read from the file for every direction: whoever cuts that short is told. */
static void
test_cut_short (void)
{
  const DfiDirectionOptions few     = { .neighbours = DFI_NEIGHBOURS_MIN };
  const DfiRequest          smiling = { SMILING, 1.0 };
  char                     *path    = drawn_path ("cut-later.safetensors");
  GError                   *error   = NULL;
  DfiDatabase              *database;
  DfiDirectionNote          note;
  float                    *features, *before, *after;
  char                     *bytes;
  gsize                     length;
  size_t                    n;

  drawn_init ();
  n        = dfi_database_n_features (drawn.database);
  features = drawn_features (0);
  before   = g_new (float, n);
  after    = g_new (float, n);
  g_assert_true (g_file_get_contents (drawn.path, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  database = dfi_database_open (path, drawn.encoder, &error);
  g_assert_no_error (error);

  g_assert_true (direction_at (database, features, &smiling, 1, &few, before, &note, &error));
  g_assert_true (direction_at (database, features, &smiling, 1, &few, after, &note, &error));
  g_assert_cmpmem (after, n * sizeof (float), before, n * sizeof (float));

  g_assert_cmpint (truncate (path, 100), ==, 0);
  g_assert_false (direction_at (database, features, &smiling, 1, &few, after, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "shorter"));
  g_error_free (error);

  dfi_database_free (database);
  g_free (bytes);
  g_free (after);
  g_free (before);
  g_free (features);
  g_free (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/direction/mean", test_mean_direction);
  g_test_add_data_func ("/direction/near", GINT_TO_POINTER (DFI_NEAR_FEATURES), test_near_direction);
  g_test_add_data_func ("/direction/near-by-attributes", GINT_TO_POINTER (DFI_NEAR_ATTRIBUTES), test_near_direction);
  g_test_add_data_func ("/direction/own", GINT_TO_POINTER (1), test_own);
  g_test_add_data_func ("/direction/own-the-other-way", GINT_TO_POINTER (-1), test_own);
  g_test_add_data_func ("/direction/alike", &(Again){ 1.0, 0 }, test_alike);
  g_test_add_data_func ("/direction/alike-on-the-left", &(Again){ 1.0, 1 }, test_alike);
  g_test_add_data_func ("/direction/alike-the-other-way", &(Again){ -1.0, 2 }, test_alike);
  g_test_add_func ("/direction/delta", test_delta);
  g_test_add_func ("/direction/delta-of-taps", test_delta_of_taps);
  g_test_add_func ("/direction/sum", test_sum_of_directions);
  g_test_add_func ("/direction/within", test_within);
  g_test_add_func ("/direction/none", test_no_direction);
  g_test_add_func ("/direction/cut-short", test_cut_short);
  return drawn_end (g_test_run ());
}
