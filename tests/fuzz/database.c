/* Databases, a request for each of their attributes, and the directions that they give. */

#include "config.h"

#include <math.h>

#include "common.h"
#include "database/codes.h"
#include "database/direction.h"
#include "fuzz.h"

static void
ask (const DfiDatabase *database)
{
  size_t   n        = dfi_database_n_features (database);
  size_t   plane    = (size_t) dfi_database_frame (database)->size * dfi_database_frame (database)->size;
  float   *features = g_new (float, 2 * n), *direction = features + n;
  float   *where = g_new (float, plane);
  double  *code  = g_new (double, dfi_database_code_length (database));
  GError  *error = NULL;
  gboolean done;

  test_uniform (2, features, n);
  test_uniform (3, where, plane);
  for (int a = 0; a < MIN (dfi_database_n_attributes (database), 4); a++)
    for (int focus = 0; focus < 2; focus++)
      {
        DfiDirectionOptions options = { .neighbours = 12,
                                        .nearness   = a % 2,
                                        .delta      = focus * 0.4,
                                        .focus      = focus,
                                        .alike      = a % 3 > 0,
                                        .where      = a % 2 == focus ? where : NULL };
        DfiRequest          request = { a, 1.5 };
        DfiDirectionNote    note;

        done = dfi_database_project (database, code, features, &error) &&
               dfi_database_direction (database, code, &request, 1, &options, direction, NULL, &note, &error);
        fuzz_told (done, &error);
        for (size_t i = 0; done && i < n; i++)
          g_assert_true (isfinite (direction[i]));
      }
  g_free (where);
  g_free (code);
  g_free (features);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char  *path     = fuzz_file ("in.safetensors", data, size);
  GError      *error    = NULL;
  DfiDatabase *database = dfi_database_open (path, fuzz_encoder (), &error);

  fuzz_told (database != NULL, &error);
  if (database)
    ask (database);
  dfi_database_free (database);

  database = dfi_database_peek (path, &error);
  fuzz_told (database != NULL, &error);
  for (int a = 0; database && a < dfi_database_n_attributes (database); a++)
    dfi_database_lacking (database, a);
  dfi_database_free (database);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  fuzz_seed_file (folder, "database", fuzz_database (), -1);
  fuzz_seed_file (folder, "detailed", fuzz_detailed_database (), -1);
}
