/* Details: rectangles of the frame with rows of their own, in a copy of the drawn faces' database that was given one. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "database/codes.h"
#include "database/direction.h"
#include "database/likeness.h"
#include "database/metadata.h"
#include "drawn-faces.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"
#include "network/pass.h"

#define ROWS 3 /* of the detail */
#define CELLS  \
  {            \
    1, 0, 3, 2 \
  } /* of the 3 x 3 places of the deepest tap */

/* What is said of the detail in place of the truth. */
typedef struct
{
  const char *cells;  /* "dfi.details" */
  const char *name;   /* of a tensor that is left out, */
  size_t      more;   /* or has a row more than it should, when this is 1 */
  float       scale;  /* the first step */
  guint16     number; /* the first code, a half */
} Lie;

static const Lie truth = { .cells = "[[1,0,3,2]]", .scale = 0.5f };

static DfiDetail
the_detail (const DfiLayout *whole)
{
  DfiDetail detail = { .cells = CELLS };

  g_assert_true (dfi_detail_layout (whole, detail.cells, &detail.basis.layout));
  return detail;
}

/* ---------- the places ---------- */

/* What is taken of a vector and added to nothing is the vector within the rectangle, and nothing outside. */
static void
test_places (void)
{
  const DfiLayout *whole;
  DfiDetail        detail;
  float           *features, *part, *back;
  size_t           at = 0;

  drawn_init ();
  whole    = &dfi_database_basis (drawn.database)->layout;
  detail   = the_detail (whole);
  features = drawn_features (3);
  part     = g_new (float, detail.basis.layout.n_features);
  back     = g_new0 (float, whole->n_features);
  dfi_detail_take (whole, &detail, features, part);
  dfi_detail_add (whole, &detail, part, back);

  for (int p = 0; p < dfi_layout_parts (whole); p++)
    for (size_t c = 0; c < whole->shape[p][0]; c++)
      for (size_t y = 0; y < whole->shape[p][1]; y++)
        for (size_t x = 0; x < whole->shape[p][2]; x++, at++)
          {
            gboolean tap  = p < dfi_taps_count (whole->taps);
            size_t   left = whole->shape[p][2] / 3, bottom = whole->shape[p][1] / 3 * 2;
            gboolean inside = tap && x >= left && y < bottom;

            g_assert_cmpfloat (back[at], ==, inside ? features[at] : 0.0f);
          }
  g_free (back);
  g_free (part);
  g_free (features);
}

static void
test_no_rectangle (void)
{
  static const size_t wrong[][4] = { { 1, 0, 1, 2 }, { 2, 0, 1, 2 }, { 0, 2, 1, 2 }, { 0, 0, 4, 1 }, { 0, 0, 1, 4 } };
  DfiLayout           odd        = { .taps = DFI_TAPS_PAPER, .shape = { { 8, 12, 12 }, { 16, 6, 5 }, { 16, 3, 3 } } };
  DfiLayout           layout;

  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (dfi_detail_layout (&dfi_database_basis (drawn.database)->layout, wrong[i], &layout));
  g_assert_false (dfi_detail_layout (&odd, (size_t[]) CELLS, &layout));
  g_assert_true (dfi_details_meet ((size_t[]){ 0, 0, 2, 2 }, (size_t[]){ 1, 1, 3, 3 }));
  g_assert_false (dfi_details_meet ((size_t[]){ 0, 0, 2, 2 }, (size_t[]){ 2, 0, 3, 2 }));
  g_assert_false (dfi_details_meet ((size_t[]){ 0, 0, 2, 2 }, (size_t[]){ 0, 2, 2, 3 }));
}

/* ---------- a database with a detail ---------- */

/* A row's packed codes, and a face's coordinate, some numbers that differ. */
static guint8
packed_at (size_t i)
{
  return i * 73 + i / 16 * 29;
}

/* A half: 1.0, 1.5, -1.0, ... */
static guint16
code_at (size_t face, size_t row)
{
  return 0x3c00 | (face * (row + 3)) % 7 << 7 | (face + row) % 2 << 15;
}

static double
code_value (size_t face, size_t row)
{
  return (1.0 + (face * (row + 3)) % 7 / 8.0) * ((face + row) % 2 ? -1.0 : 1.0);
}

static void
append_copy (const DfiSafetensors *file, const DfiTensor *tensor, DfiSafetensorsWriter *writer)
{
  static const size_t sizes[] = { 1, 2, 4 };
  GError             *error   = NULL;
  void               *bytes   = dfi_safetensors_load (file, tensor, &error);

  g_assert_true (dfi_safetensors_append (writer, bytes, tensor->count * sizes[tensor->dtype], &error));
  g_free (bytes);
}

static void
append_detail (DfiSafetensorsWriter *writer, const Lie *lie, const DfiTensor *tensor)
{
  GError *error = NULL;

  for (size_t i = 0; i < tensor->shape[0] * tensor->shape[1]; i++)
    {
      size_t  row = i / tensor->shape[1], column = i % tensor->shape[1];
      guint8  packed = packed_at (i);
      float   step   = i == 0 ? lie->scale : 0.5f;
      guint16 code   = i == 0 && lie->number ? lie->number : code_at (row, column);

      g_assert_true (dfi_safetensors_append_numbers (writer,
                                                     tensor->dtype == DFI_DTYPE_U8    ? (void *) &packed
                                                     : tensor->dtype == DFI_DTYPE_F32 ? (void *) &step
                                                                                      : (void *) &code,
                                                     1,
                                                     tensor->dtype == DFI_DTYPE_U8    ? 1
                                                     : tensor->dtype == DFI_DTYPE_F32 ? 4
                                                                                      : 2,
                                                     &error));
    }
}

/* The drawn faces' database with a detail of which is said what @lie says. */
static char *
write_database (const Lie *lie)
{
  static const char *const keys[]  = { "dfi.kind", "dfi.version", "dfi.encoder", "dfi.taps", "dfi.frame", "dfi.attributes" };
  GError                  *error   = NULL;
  DfiSafetensors          *file    = dfi_safetensors_open (drawn.path, NULL, 0, &error);
  char                    *path    = drawn_path ("detail.safetensors");
  const DfiLayout         *layout  = &dfi_database_basis (drawn.database)->layout;
  const DfiDetail          detail  = the_detail (layout);
  const DfiTensor          added[] = {
             { .name = "detail-0-basis", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { ROWS, detail.basis.layout.row_bytes } },
             { .name = "detail-0-scale", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { ROWS, detail.basis.layout.n_stretches } },
             { .name = "detail-0-codes", .dtype = DFI_DTYPE_F16, .rank = 2, .shape = { DRAWN_FACES, ROWS } },
  };
  const char           *metadata[2 * G_N_ELEMENTS (keys) + 3] = { "dfi.details", lie->cells };
  DfiTensor             tensors[16];
  int                   n = 0, copied;
  DfiSafetensorsWriter *writer;

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      metadata[2 * i + 2] = keys[i];
      metadata[2 * i + 3] = dfi_safetensors_metadata (file, keys[i]);
    }
  for (const DfiTensor *tensor; (tensor = dfi_safetensors_nth (file, n)); n++)
    tensors[n] = *tensor;
  copied = n;
  for (size_t i = 0; i < G_N_ELEMENTS (added); i++)
    {
      gboolean meant = g_strcmp0 (lie->name, added[i].name) == 0;

      if (meant && ! lie->more)
        continue;
      tensors[n] = added[i];
      tensors[n++].shape[0] += meant ? lie->more : 0;
    }

  writer = dfi_safetensors_create (path, metadata, tensors, n, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n; i++)
    if (i < copied)
      append_copy (file, &tensors[i], writer);
    else
      append_detail (writer, lie, &tensors[i]);
  g_assert_true (dfi_safetensors_commit (writer, &error));
  dfi_safetensors_free (file);
  return path;
}

/* With all faces as neighbours: the mean of a coordinate over those that smile less that over those that frown. */
static double
mean_difference (size_t row)
{
  double sums[2] = { 0.0, 0.0 };
  int    n[2]    = { 0, 0 };

  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      int side = dfi_database_side (drawn.database, face, SMILING);

      if (side == 0)
        continue;
      sums[side < 0] += code_value (face, row);
      n[side < 0]++;
    }
  return sums[0] / n[0] - sums[1] / n[1];
}

static DfiDatabase *
open_database (void)
{
  GError      *error    = NULL;
  char        *path     = write_database (&truth);
  DfiDatabase *database = dfi_database_open (path, drawn.encoder, &error);

  g_assert_no_error (error);
  g_assert_cmpint (dfi_database_code_length (database), ==, dfi_database_rank (database) + ROWS);
  g_free (path);
  return database;
}

/* (ROWS, n of its layout): the detail's rows, as write_database() means them. */
static float *
detail_rows (const DfiLayout *layout)
{
  float  *rows   = g_new (float, ROWS * layout->n_features);
  guint8 *packed = g_new (guint8, layout->row_bytes);
  float  *steps  = g_new (float, layout->n_stretches);

  for (size_t i = 0; i < layout->n_stretches; i++)
    steps[i] = 0.5f;
  for (size_t r = 0; r < ROWS; r++)
    {
      for (size_t i = 0; i < layout->row_bytes; i++)
        packed[i] = packed_at (r * layout->row_bytes + i);
      dfi_basis_unpack (layout, rows + r * layout->n_features, packed, steps);
    }
  g_free (steps);
  g_free (packed);
  return rows;
}

/* The direction is that of the database without the detail, and in the detail its rows times their mean differences. */
static void
test_direction (void)
{
  const DfiDirectionOptions options = { .neighbours = DRAWN_FACES };
  const DfiRequest          request = { SMILING, 2.0 };
  const DfiLayout          *whole;
  GError                   *error = NULL;
  DfiDatabase              *database;
  DfiDirectionNote          note;
  DfiDetail                 detail;
  double                   *code;
  float                    *features, *expected, *found, *part, *rows;
  double                    length = 0.0, worst = 0.0;
  size_t                    n;

  drawn_init ();
  database = open_database ();
  whole    = &dfi_database_basis (database)->layout;
  detail   = the_detail (whole);
  n        = detail.basis.layout.n_features;
  features = drawn_features (33);
  code     = g_new (double, dfi_database_code_length (database));
  expected = g_new (float, whole->n_features);
  found    = g_new (float, whole->n_features);
  part     = g_new0 (float, n);
  rows     = detail_rows (&detail.basis.layout);
  g_assert_true (dfi_database_project (database, code, features, &error));
  g_assert_true (dfi_database_direction (drawn.database, code, &request, 1, &options, expected, NULL, &note, &error));
  g_assert_true (dfi_database_direction (database, code, &request, 1, &options, found, NULL, &note, &error));

  for (size_t i = 0; i < ROWS * n; i++)
    part[i % n] += 2.0 * mean_difference (i / n) * rows[i];
  dfi_detail_add (whole, &detail, part, expected);
  for (size_t i = 0; i < whole->n_features; i++)
    {
      worst = MAX (worst, fabs (found[i] - expected[i]));
      length += expected[i] * expected[i];
    }
  g_assert_cmpfloat (worst, <, 1e-4 * sqrt (length));

  g_free (rows);
  g_free (part);
  g_free (found);
  g_free (expected);
  g_free (code);
  g_free (features);
  dfi_database_free (database);
}

/* The detail's numbers of a face are its rows' products with what the basis leaves over. */
static void
test_project (void)
{
  GError          *error = NULL;
  DfiSafetensors  *file;
  DfiDatabase     *database;
  const DfiLayout *whole;
  DfiDetail        detail;
  double          *code;
  const double    *first;
  float           *features, *mean, *known, *part, *rows;
  size_t           rank, n;

  drawn_init ();
  database = open_database ();
  whole    = &dfi_database_basis (database)->layout;
  detail   = the_detail (whole);
  rank     = dfi_database_rank (database);
  n        = detail.basis.layout.n_features;
  features = drawn_features (7);
  mean     = g_new (float, whole->n_features);
  known    = g_new (float, whole->n_features);
  part     = g_new (float, n);
  rows     = detail_rows (&detail.basis.layout);
  code     = g_new (double, rank + ROWS);
  first    = code;
  file     = dfi_safetensors_open (drawn.path, NULL, 0, &error);
  g_assert_true (dfi_safetensors_floats (file, dfi_safetensors_tensor (file, "mean", 1, (size_t[]){ whole->n_features }, &error),
                                         mean, &error));
  g_assert_true (dfi_database_project (database, code, features, &error));
  g_assert_true (dfi_basis_combine (dfi_database_basis (database), &known, &first, 1, &error));
  for (size_t i = 0; i < whole->n_features; i++)
    known[i] = features[i] - mean[i] - known[i];
  dfi_detail_take (whole, &detail, known, part);

  for (size_t r = 0; r < ROWS; r++)
    {
      double sum = 0.0, size = 0.0;

      for (size_t i = 0; i < n; i++)
        {
          sum += rows[r * n + i] * part[i];
          size += fabs (rows[r * n + i] * part[i]);
        }
      g_assert_cmpfloat (fabs (code[rank + r] - sum), <, 1e-4 * size);
    }

  dfi_safetensors_free (file);
  g_free (code);
  g_free (rows);
  g_free (part);
  g_free (known);
  g_free (mean);
  g_free (features);
  dfi_database_free (database);
}

/* Codes are the file's halves to the bit, the smallest one, too. */
static void
test_codes (void)
{
  Lie          tiny  = truth;
  GError      *error = NULL;
  DfiDatabase *database;
  char        *path;
  float       *code;
  int          rank;

  drawn_init ();
  tiny.number = 0x8003; /* -3 x 2^-24, which is not normal */
  path        = write_database (&tiny);
  database    = dfi_database_open (path, drawn.encoder, &error);
  g_assert_no_error (error);
  rank = dfi_database_rank (database);
  code = g_new (float, dfi_database_code_length (database));
  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      dfi_database_code (database, face, code);
      for (size_t r = 0; r < ROWS; r++)
        g_assert_cmpfloat (code[rank + r], ==, face == 0 && r == 0 ? -0x3p-24 : code_value (face, r));
    }
  g_free (code);
  dfi_database_free (database);
  g_free (path);
}

/* Two codes that differ in the detail alone are as far from each other as its rows are long in the deepest tap. */
static void
test_likeness (void)
{
  GError          *error = NULL;
  DfiDatabase     *database;
  const DfiLayout *layout;
  DfiDetail        detail;
  size_t           length, n, at;
  float           *mask, *rows, *from, *codes;
  DfiLikeness      likeness;
  float            distances[ROWS];

  drawn_init ();
  database = open_database ();
  detail   = the_detail (&dfi_database_basis (database)->layout);
  layout   = &detail.basis.layout;
  length   = dfi_database_code_length (database);
  n        = layout->n_features;
  at       = n - dfi_layout_part_size (layout, dfi_layout_parts (layout) - 1);
  mask     = g_new (float, DRAWN_SIDE *DRAWN_SIDE);
  for (int i = 0; i < DRAWN_SIDE * DRAWN_SIDE; i++)
    mask[i] = 1.0f;
  rows  = detail_rows (layout);
  from  = g_new0 (float, length);
  codes = g_new0 (float, ROWS *length);
  g_assert_true (dfi_likeness_init (&likeness, database, mask, &error));
  g_assert_cmpint (likeness.n, ==, length);
  for (size_t r = 0; r < ROWS; r++)
    codes[r * length + length - ROWS + r] = 2.0f;
  dfi_likeness_distances (&likeness, length, codes, ROWS, from, distances);

  for (size_t r = 0; r < ROWS; r++)
    {
      double square = 0.0;

      for (size_t i = at; i < n; i++)
        square += 4.0 * rows[r * n + i] * rows[r * n + i];
      g_assert_cmpfloat_with_epsilon (distances[r], square, 1e-4 * square);
    }

  dfi_likeness_clear (&likeness);
  for (int i = 0; i < DRAWN_SIDE * DRAWN_SIDE; i++)
    mask[i] = i < DRAWN_SIDE * DRAWN_SIDE * 2 / 3 ? 0.0f : 1.0f; /* below the detail */
  g_assert_true (dfi_likeness_init (&likeness, database, mask, &error));
  g_assert_cmpint (likeness.n, ==, length - ROWS);
  dfi_likeness_distances (&likeness, length, codes, ROWS, from, distances);
  for (size_t r = 0; r < ROWS; r++)
    g_assert_cmpfloat (distances[r], ==, 0.0f);

  dfi_likeness_clear (&likeness);
  g_free (codes);
  g_free (from);
  g_free (rows);
  g_free (mask);
  dfi_database_free (database);
}

/* ---------- what is refused ---------- */

static const Lie lies[] = {
  { .cells = "", .scale = 0.5f },
  { .cells = "{}", .scale = 0.5f },
  { .cells = "[1,0,3,2]", .scale = 0.5f },
  { .cells = "[[1,0,3]]", .scale = 0.5f },
  { .cells = "[[1,0,4,2]]", .scale = 0.5f },
  { .cells = "[[1,0,3,-2]]", .scale = 0.5f },
  { .cells = "[[1,0,1,2]]", .scale = 0.5f },
  { .cells = "[[1,0,3,2],[2,1,3,3]]", .scale = 0.5f },
  { .cells = "[[1,0,3,2],[0,0,1,1]]", .scale = 0.5f }, /* there is no detail-1 */
  { .cells = "[[0,0,1,1],[1,0,2,1],[2,0,3,1],[0,1,1,2],[1,1,2,2],[2,1,3,2],[0,2,1,3],[1,2,2,3],[2,2,3,3]]", .scale = 0.5f },
  { .cells = "[[1,0,3,3]]", .scale = 0.5f }, /* its rows are too short */
  { .cells = "[[1,0,3,2]]", .name = "detail-0-basis", .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .name = "detail-0-scale", .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .name = "detail-0-codes", .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .name = "detail-0-basis", .more = 1, .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .name = "detail-0-scale", .more = 1, .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .name = "detail-0-codes", .more = 1, .scale = 0.5f },
  { .cells = "[[1,0,3,2]]", .scale = -0.5f },
  { .cells = "[[1,0,3,2]]", .scale = 1e30f },
  { .cells = "[[1,0,3,2]]", .scale = NAN },
  { .cells = "[[1,0,3,2]]", .scale = 0.5f, .number = 0x7c00 }, /* infinity */
};

static void
test_lies (void)
{
  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      GError      *error    = NULL;
      char        *path     = write_database (&lies[i]);
      DfiDatabase *database = dfi_database_peek (path, &error);

      if (database)
        g_error ("lie %d (%s, %s) is believed", (int) i, lies[i].cells, lies[i].name);
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, path));
      g_test_message ("%s", error->message);
      g_clear_error (&error);
      g_free (path);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/details/places", test_places);
  g_test_add_func ("/details/no-rectangle", test_no_rectangle);
  g_test_add_func ("/details/direction", test_direction);
  g_test_add_func ("/details/project", test_project);
  g_test_add_func ("/details/codes", test_codes);
  g_test_add_func ("/details/likeness", test_likeness);
  g_test_add_func ("/details/lies", test_lies);
  return drawn_end (g_test_run ());
}
