/* What an edit of a photograph of 12 megapixels takes of memory at most, on the command line: test-peak DFI */

#include "config.h"

#include <math.h>
#include <sys/resource.h>

#include "common.h"
#include "picture/align.h"
#include "picture/photo.h"

#define PIXELS   12e6
#define PEAK_MAX 300.0 /* MiB, of which the samples are 34 and the weights, the database and what computes with them about 100 */

static char       *folder;
static const char *program;

#ifndef DFI_SANITIZED

/* Enlarges the astronaut; the file has the colours' full resolution, which costs its writer the most. */
static void
make_photo (const char *path)
{
  char         *small = test_source_file ("resources/astronaut.png");
  GError       *error = NULL;
  DfiPhoto     *photo = dfi_photo_load (small, NULL, NULL, NULL, &error);
  DfiPhoto     *large;
  DfiSimilarity map;
  int           side = sqrt (PIXELS);

  g_assert_no_error (error);
  map   = (DfiSimilarity){ .a = (double) photo->width / side };
  large = dfi_photo_new (dfi_align_warp (photo->image, &map, side, side, &error));
  g_assert_no_error (error);
  dfi_photo_save (large, path, NULL, NULL, &error);
  g_assert_no_error (error);
  dfi_photo_free (large);
  dfi_photo_free (photo);
  g_free (small);
}

/* MiB that the program, with two threads, takes at most for an edit. */
static double
peak_of_edit (const char *in, const char *out)
{
  const char   *argv[] = { program, "edit", in, out, "--set", "smiling=1,eyeglasses=1", NULL };
  char        **envp   = g_environ_setenv (g_environ_unsetenv (g_get_environ (), "MALLOC_PERTURB_"), "DFI_THREADS", "2", TRUE);
  GError       *error  = NULL;
  int           status;
  struct rusage usage;

  g_spawn_sync (NULL, (char **) argv, envp, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (getrusage (RUSAGE_CHILDREN, &usage), ==, 0);
  g_strfreev (envp);
  return usage.ru_maxrss / 1024.0;
}

#endif

static void
test_peak (void)
{
#ifdef DFI_SANITIZED
  g_test_skip ("a sanitizer needs memory of its own");
#else
  char  *in  = g_build_filename (folder, "in.jpg", NULL);
  char  *out = g_build_filename (folder, "out.jpg", NULL);
  double peak;

  make_photo (in);
  peak = peak_of_edit (in, out);
  g_test_message ("%.0f MiB at most", peak);
  g_assert_cmpfloat (peak, <=, PEAK_MAX);
  g_free (out);
  g_free (in);
#endif
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  program = argv[1];
  folder  = test_folder_new ();
  g_test_add_func ("/peak/edit", test_peak);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
