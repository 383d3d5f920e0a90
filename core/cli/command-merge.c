/* dfi database merge: the partial files of all shards in, the next stage's basis or the database out. */

#include "config.h"

#include <stdlib.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"

static int
merge (char **parts, const char *out)
{
  int     stage, n_stages;
  GError *error = NULL;

  if (! dfi_cli_check_output (out, parts, &error) ||
      ! dfi_build_merge ((const char *const *) parts, g_strv_length (parts), out, &stage, &n_stages, &error))
    return dfi_cli_fail (error);

  if (stage < n_stages)
    g_printf (_ ("Stage %d of %d is complete. Build the shards again with --basis %s.\n"), stage, n_stages, out);
  else
    {
      g_printf (_ ("“%s” is ready.\n"), out);
      dfi_command_warn_few (out);
    }
  return EXIT_SUCCESS;
}

int
dfi_command_merge (int argc, char **argv)
{
  char              *out       = NULL;
  char             **parts     = NULL;
  int                status    = DFI_EXIT_USAGE;
  const GOptionEntry entries[] = { { "out", 0, 0, G_OPTION_ARG_FILENAME, &out,
                                     N_ ("Basis for the next stage, or, after the last, the database"), N_ ("FILE") },
                                   { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &parts, NULL, N_ ("PARTIAL…") },
                                   { NULL } };

  if (dfi_cli_parse ("database merge PARTIAL… --out FILE",
                     _ ("Puts together what “dfi database build --shard” made of all shards of a stage, in any order."), entries,
                     NULL, &argc, &argv, 0))
    {
      if (out && parts)
        status = merge (parts, out);
      else
        g_fprintf (stderr, _ ("dfi: name the partial files of all shards, and --out FILE.\n"));
    }

  g_strfreev (parts);
  g_free (out);
  return status;
}
