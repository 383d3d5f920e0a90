/* replay.c: a fuzz target without a fuzzer.
 *
 *   replay [FILE | FOLDER]...     the target's own seeds, and then these
 *   replay --seeds FOLDER         the seeds to that folder, for a fuzzer to start from */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "fuzz.h"

static guint n_inputs;

/* From a copy of exactly its size, so that a sanitizer sees a byte too far. */
static void
replay_file (const char *path)
{
  GError  *error = NULL;
  char    *content;
  gsize    size;
  uint8_t *copy;

  g_file_get_contents (path, &content, &size, &error);
  g_assert_no_error (error);
  copy = g_memdup2 (content, size);
  g_test_message ("%s", path);
  LLVMFuzzerTestOneInput (copy, size);
  n_inputs++;
  g_free (copy);
  g_free (content);
}

static void
replay (const char *path)
{
  GDir       *dir = g_file_test (path, G_FILE_TEST_IS_DIR) ? g_dir_open (path, 0, NULL) : NULL;
  const char *name;

  if (! dir)
    {
      replay_file (path);
      return;
    }
  while ((name = g_dir_read_name (dir)))
    {
      char *child = g_build_filename (path, name, NULL);

      replay (child);
      g_free (child);
    }
  g_dir_close (dir);
}

int
main (int argc, char **argv)
{
  char *seeds;

  if (argc == 3 && strcmp (argv[1], "--seeds") == 0)
    {
      g_mkdir_with_parents (argv[2], 0777);
      fuzz_seeds (argv[2]);
      return 0;
    }

  seeds = g_build_filename (fuzz_folder (), "seeds", NULL);
  g_mkdir (seeds, 0777);
  fuzz_seeds (seeds);
  replay (seeds);
  for (int i = 1; i < argc; i++)
    if (g_file_test (argv[i], G_FILE_TEST_EXISTS)) /* no folder: nothing has been found yet */
      replay (argv[i]);
  g_print ("%u inputs\n", n_inputs);
  g_free (seeds);
  return n_inputs > 0 ? 0 : 1;
}
