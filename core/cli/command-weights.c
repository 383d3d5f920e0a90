/* dfi weights: make an encoder out of a published network, or look into one. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"
#include "files/json-writer.h"

/* ---------- import ---------- */

#ifdef DFI_IMPORT

static gboolean
parse_input (const char *text, DfiImportInput *input)
{
  if (! text)
    *input = DFI_IMPORT_INPUT_AUTO;
  else if (strcmp (text, "torchvision") == 0)
    *input = DFI_IMPORT_INPUT_TORCHVISION;
  else if (strcmp (text, "caffe") == 0)
    *input = DFI_IMPORT_INPUT_CAFFE;
  else
    return FALSE;
  return TRUE;
}

static int
fail_import (GError *error)
{
  gboolean too_large = g_error_matches (error, DFI_ERROR, DFI_ERROR_VALUE);
  int      status    = dfi_cli_fail (error);

  if (too_large)
    g_fprintf (stderr, _ ("dfi: Leave “--half” out.\n"));
  return status;
}

static int
import_command (int argc, char **argv)
{
  gboolean       half       = FALSE;
  char          *input_text = NULL;
  int            status     = DFI_EXIT_USAGE;
  GError        *error      = NULL;
  DfiImportInput input;

  const GOptionEntry entries[] = {
    { "half", 0, 0, G_OPTION_ARG_NONE, &half, N_ ("Store filters in half precision: half the size"), NULL },
    { "input", 0, 0, G_OPTION_ARG_STRING, &input_text,
      N_ ("What the network was trained on, if not what is usual for the kind of file: torchvision or caffe"), N_ ("KIND") },
    G_OPTION_ENTRY_NULL
  };

  if (dfi_cli_parse (
          _ ("weights import FILE OUT.safetensors"),
          _ ("Makes an encoder out of a VGG-19 or VGG-16. FILE is safetensors or their index, a checkpoint of PyTorch, a\n"
             ".caffemodel, or a file of Keras (.h5, .keras); its content says which, and where in it the network is."),
          entries, NULL, &argc, &argv, 2))
    {
      if (! parse_input (input_text, &input))
        g_fprintf (stderr, _ ("dfi: --input takes torchvision or caffe, not “%s”.\n"), input_text);
      else
        status = dfi_cli_check_output (argv[2], (char *[]){ argv[1], NULL }, &error) &&
                         dfi_import_weights (argv[1], argv[2], input, half, &error)
                     ? EXIT_SUCCESS
                     : fail_import (error);
    }
  g_free (input_text);
  return status;
}

static gboolean
is_encoder (const char *path)
{
  DfiEncoder *encoder = dfi_encoder_new_from_file (path, NULL);
  gboolean    usable  = encoder != NULL;

  dfi_encoder_free (encoder);
  return usable;
}

/* The import knows of more kinds of files than the reader of encoders does. */
void
dfi_command_explain_weights (const char *path, GError **error)
{
  GError *reason = NULL;

  if (! path || ! *path || ! error || ! g_error_matches (*error, DFI_ERROR, DFI_ERROR_FORMAT) || is_encoder (path))
    return;

  if (dfi_import_is_possible (path, &reason))
    g_set_error (&reason, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("“%s” is a network as others publish it; import it first: dfi weights import %s NEW.safetensors"), path,
                 path);
  g_clear_error (error);
  g_propagate_error (error, reason);
}

#else

static int
import_command (int argc, char **argv)
{
  g_fprintf (stderr, _ ("dfi: This program was built without the import, which needs the HDF5 library.\n"));
  return DFI_EXIT_FAILED;
}

void
dfi_command_explain_weights (const char *path, GError **error)
{
}

#endif

/* ---------- info ---------- */

static void
print_text (const DfiEncoderInfo *info, const char *sha256)
{
  g_printf (_ ("Network     %s up to relu5_1\n"), info->title);
  g_printf (_ ("Filters    "));
  for (int l = 0; l < info->n_layers; l++)
    g_printf (" %zu", info->filters[l]);
  g_printf (_ ("\nParameters  %zu, filters stored as %s\n"), info->n_parameters, info->dtype);
  g_printf (_ ("SHA-256     %s\n"), sha256);
  g_printf (_ ("Source      %s\n"), info->source && *info->source ? info->source : _ ("not said"));
}

static void
print_json (const DfiEncoderInfo *info, const char *sha256)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_object (builder, NULL);
  dfi_json_add_string (builder, "architecture", info->architecture);
  dfi_json_add_sizes (builder, "filters", info->filters, info->n_layers);
  dfi_json_add_integer (builder, "parameters", info->n_parameters);
  dfi_json_add_string (builder, "dtype", info->dtype);
  dfi_json_add_string (builder, "sha256", sha256);
  dfi_json_add_string (builder, "source", info->source);
  json_builder_end_object (builder);
  dfi_cli_print_json (builder, TRUE);
}

static int
info_command (int argc, char **argv)
{
  gboolean       json  = FALSE;
  GError        *error = NULL;
  DfiEncoderInfo info;
  DfiEncoder    *encoder;

  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON, for other programs to read"),
                                     NULL },
                                   G_OPTION_ENTRY_NULL };

  if (! dfi_cli_parse (_ ("weights info FILE"), _ ("Prints what an encoder is: a VGG-19 or VGG-16 of any width as safetensors."),
                       entries, NULL, &argc, &argv, 1))
    return DFI_EXIT_USAGE;

  encoder = dfi_encoder_new_from_file (argv[1], &error);
  if (encoder)
    {
      dfi_encoder_describe (encoder, &info);
      if (json)
        print_json (&info, dfi_encoder_sha256 (encoder));
      else
        print_text (&info, dfi_encoder_sha256 (encoder));
    }
  else
    {
      dfi_command_explain_weights (argv[1], &error);
    }
  dfi_encoder_free (encoder);
  return error ? dfi_cli_fail (error) : EXIT_SUCCESS;
}

/* ---------- the command ---------- */

int
dfi_command_weights (int argc, char **argv)
{
  if (argc >= 2 && strcmp (argv[1], "import") == 0)
    return import_command (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "info") == 0)
    return info_command (argc - 1, argv + 1);

  g_fprintf (stderr, _ ("Usage: dfi weights import|info\n\n"
                        "  import  make an encoder out of the published VGG-19 or VGG-16\n"
                        "  info    print what an encoder is\n\n"
                        "“dfi weights import --help” and “dfi weights info --help” explain them.\n"));
  return DFI_EXIT_USAGE;
}
