/* objective.c: seconds that one value and gradient of the objective take: bench-objective WEIGHTS HEIGHT WIDTH [REPEATS]
 *
 * Prints the median, the quartiles, and the process's peak memory in MiB. Before it counts it runs for WARM_UP seconds, at
 * least twice: a processor that idled takes some milliseconds until it is at its full speed. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../common.h"
#include "solve/objective.h"

#define WARM_UP 0.1

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* What this program took at most, in KiB; getrusage() would count what started it, too. */
static double
peak_memory (void)
{
  char  *status = NULL, *line;
  double peak   = 0.0;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL) && (line = strstr (status, "VmHWM:")))
    peak = g_ascii_strtod (line + strlen ("VmHWM:"), NULL);
  g_free (status);
  return peak;
}

int
main (int argc, char **argv)
{
  int           height = argc > 3 ? atoi (argv[2]) : 0, width = argc > 3 ? atoi (argv[3]) : 0;
  int           repeats = argc > 4 ? MAX (1, atoi (argv[4])) : 9;
  size_t        n       = (size_t) 3 * height * width;
  GError       *error   = NULL;
  DfiEncoder   *encoder = argc > 3 ? dfi_encoder_new_from_file (argv[1], &error) : NULL;
  DfiPass      *pass    = encoder ? dfi_pass_new (encoder, DFI_TAPS_PAPER, height, width, &error) : NULL;
  DfiObjective *objective;
  float        *image, *gradient, *target;
  double       *seconds;
  gint64        begin;

  if (! pass)
    {
      g_printerr ("%s\n", error ? error->message : "bench-objective WEIGHTS HEIGHT WIDTH [REPEATS]");
      return 1;
    }

  image    = g_new (float, n);
  gradient = g_new (float, n);
  seconds  = g_new (double, repeats);
  test_uniform (1, image, n);
  target = g_memdup2 (dfi_pass_forward (pass, image), dfi_pass_n_features (pass) * sizeof (float));
  test_uniform (2, image, n);
  objective = dfi_objective_new (pass, target, 0.001, 2.0, &error);

  begin = g_get_monotonic_time ();
  for (int i = 0; i < 2 || g_get_monotonic_time () - begin < WARM_UP * G_USEC_PER_SEC; i++)
    dfi_objective_value (objective, image, gradient);

  for (int i = 0; i < repeats; i++)
    {
      gint64 start = g_get_monotonic_time ();

      dfi_objective_value (objective, image, gradient);
      seconds[i] = (g_get_monotonic_time () - start) * 1e-6;
    }

  qsort (seconds, repeats, sizeof *seconds, compare);
  g_print ("%.6f %.6f %.6f %.1f\n", seconds[repeats / 2], seconds[repeats / 4], seconds[3 * repeats / 4],
           peak_memory () / 1024.0);

  dfi_objective_free (objective);
  g_free (target);
  g_free (seconds);
  g_free (gradient);
  g_free (image);
  dfi_pass_free (pass);
  dfi_encoder_free (encoder);
  return 0;
}
