/* What an interrupted build, a shard and a merge go on from.  An input's first byte says which file it is, see kinds. */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "build/build.h"
#include "build/merge.h"
#include "fuzz.h"

enum
{
  SUMS  = 's', /* in the folder of a build, beside a good basis and good codes */
  BASIS = 'b', /* that a shard of the second stage begins with */
  PART  = 'p', /* the only one of a merge */
  PAIR  = 'q'  /* one of two of a merge in the last stage */
};

static char *
in_folder (const char *name)
{
  return g_build_filename (fuzz_folder (), name, NULL);
}

/* ---------- good files ---------- */

static void
build_part (int stage, int shard, int n_shards)
{
  char   *basis = g_strdup_printf ("%s/basis-%d-%d", fuzz_folder (), stage - 1, n_shards);
  char   *path  = g_strdup_printf ("%s/part-%d-%d-%d", fuzz_folder (), stage, shard, n_shards);
  GError *error = NULL;

  dfi_build_shard (fuzz_detailed_plan (), fuzz_encoder (), shard, n_shards, stage > 1 ? basis : NULL, path, NULL, NULL, NULL,
                   &error);
  g_assert_no_error (error);
  g_free (path);
  g_free (basis);
}

static void
merge_parts (int stage, int n_shards)
{
  char       *first    = g_strdup_printf ("%s/part-%d-1-%d", fuzz_folder (), stage, n_shards);
  char       *second   = g_strdup_printf ("%s/part-%d-2-%d", fuzz_folder (), stage, n_shards);
  char       *path     = g_strdup_printf ("%s/basis-%d-%d", fuzz_folder (), stage, n_shards);
  const char *parts[2] = { first, second };
  GError     *error    = NULL;
  int         merged, n_stages;

  dfi_build_merge (parts, n_shards, path, &merged, &n_stages, &error);
  g_assert_no_error (error);
  g_free (path);
  g_free (second);
  g_free (first);
}

/* Parts of all stages, of one shard and of two; part-4-1-1 for instance, and what they merge to, basis-2-1. */
static void
start (void)
{
  static gboolean ready;

  for (int n_shards = 1; ! ready && n_shards <= 2; n_shards++)
    for (int stage = 1; stage <= dfi_plan_stages (fuzz_detailed_plan ()); stage++)
      {
        for (int shard = 1; shard <= n_shards; shard++)
          build_part (stage, shard, n_shards);
        merge_parts (stage, n_shards);
      }
  ready = TRUE;
}

/* ---------- what is done with an input ---------- */

static void
go_on (const uint8_t *data, size_t size)
{
  static const guint8 codes[FUZZ_FACES * 8 * 2];
  char               *path    = in_folder ("resumed");
  char               *partial = in_folder ("resumed.partial");
  char               *basis   = in_folder ("basis-1-1");
  GError             *error   = NULL;

  g_mkdir (partial, 0777);
  fuzz_file ("resumed.partial/sums", data, size);
  fuzz_file ("resumed.partial/codes", codes, sizeof codes);
  fuzz_file_over ("resumed.partial/basis", NULL, 0, basis);
  fuzz_told (dfi_build (fuzz_detailed_plan (), fuzz_encoder (), path, NULL, NULL, NULL, &error), &error);
  g_free (basis);
  g_free (partial);
  g_free (path);
}

static void
begin_with (const uint8_t *data, size_t size)
{
  const char *basis = fuzz_file ("basis", data, size);
  char       *path  = in_folder ("part");
  GError     *error = NULL;

  fuzz_told (dfi_build_shard (fuzz_detailed_plan (), fuzz_encoder (), 1, 1, basis, path, NULL, NULL, NULL, &error), &error);
  g_free (path);
}

static void
merge (const uint8_t *data, size_t size, int n)
{
  char       *second   = in_folder ("part-4-2-2");
  const char *parts[2] = { fuzz_file ("fuzzed", data, size), second };
  char       *path     = in_folder ("merged");
  GError     *error    = NULL;
  int         stage, n_stages;

  fuzz_told (dfi_build_merge (parts, n, path, &stage, &n_stages, &error), &error);
  g_free (path);
  g_free (second);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  start ();
  if (size == 0)
    return 0;
  switch (data[0])
    {
    case SUMS: go_on (data + 1, size - 1); break;
    case BASIS: begin_with (data + 1, size - 1); break;
    case PART: merge (data + 1, size - 1, 1); break;
    case PAIR: merge (data + 1, size - 1, 2); break;
    default: break;
    }
  return 0;
}

/* The good file @name behind the byte @kind, with @lie (nullable) in the place of what is as long and true. */
static void
seed (const char *folder, char kind, const char *name, const char *truth, const char *lie)
{
  char *path = in_folder (name), *seed_name = g_strdup_printf ("%c-%s%s", kind, name, lie ? "-lie" : "");
  char *content, *bytes, *place;
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  bytes    = g_malloc (size + 1);
  bytes[0] = kind;
  memcpy (bytes + 1, content, size);
  if (lie)
    {
      place = g_strstr_len (bytes + 9, size - 8, truth); /* behind the length of the header, which has zeros */
      g_assert_nonnull (place);
      memcpy (place, lie, strlen (lie));
    }
  fuzz_seed (folder, seed_name, bytes, size + 1);
  g_free (bytes);
  g_free (content);
  g_free (seed_name);
  g_free (path);
}

void
fuzz_seeds (const char *folder)
{
  static const char *const parts[] = { "part-1-1-1", "part-2-1-1", "part-3-1-1", "part-4-1-1" };

  start ();
  for (size_t i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      seed (folder, SUMS, parts[i], NULL, NULL);
      seed (folder, PART, parts[i], NULL, NULL);
    }
  seed (folder, PAIR, "part-4-1-2", NULL, NULL);
  seed (folder, BASIS, "basis-1-1", NULL, NULL);
  seed (folder, BASIS, "basis-2-1", NULL, NULL);
  seed (folder, BASIS, "basis-3-1", NULL, NULL);
  seed (folder, SUMS, "part-4-1-1", "\"dfi.coded\":\"24\"", "\"dfi.coded\":\"22\"");
}
