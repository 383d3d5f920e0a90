/* procedure-2.c: the plug-in's procedures as GIMP 2.10 knows them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "files/bundled.h"
#include "procedure.h"

/* The arguments before those that dfi_arguments[] describes. */
enum
{
  ARG_RUN_MODE,
  ARG_IMAGE,
  ARG_DRAWABLE,
  N_FIXED_ARGS
};

static const GimpParamDef fixed_args[N_FIXED_ARGS] = {
  { GIMP_PDB_INT32, "run-mode", "The run mode { RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2) }" },
  { GIMP_PDB_IMAGE, "image", "Input image" },
  { GIMP_PDB_DRAWABLE, "drawable", "Layer with the face" }
};

static const GimpParamDef edit_values[] = { { GIMP_PDB_LAYER, "layer", "The new layer, directly above the drawable" } };

static const GimpParamDef attributes_args[] = { { GIMP_PDB_INT32, "run-mode", "The run mode { RUN-NONINTERACTIVE (1) }" },
                                                { GIMP_PDB_STRING, "database",
                                                  "File with the database of faces; \"\": the plug-in's own" } };

static const GimpParamDef attributes_values[] = { { GIMP_PDB_INT32, "count", "Number of attributes" },
                                                  { GIMP_PDB_STRINGARRAY, "names", "Their names" } };

/* ---------- registration ---------- */

static GimpParamDef
argument_def (const DfiArgument *argument)
{
  static const GimpPDBArgType types[] = { [DFI_ARGUMENT_TEXT]    = GIMP_PDB_STRING,
                                          [DFI_ARGUMENT_FILE]    = GIMP_PDB_STRING,
                                          [DFI_ARGUMENT_NUMBER]  = GIMP_PDB_FLOAT,
                                          [DFI_ARGUMENT_INTEGER] = GIMP_PDB_INT32,
                                          [DFI_ARGUMENT_BOOLEAN] = GIMP_PDB_INT32 };

  return (GimpParamDef){ types[argument->type], (char *) argument->name, (char *) argument->blurb };
}

static void
register_icon (void)
{
  char *icon = dfi_procedure_icon ();

  if (icon)
    gimp_plugin_icon_register (DFI_EDIT_PROCEDURE, GIMP_ICON_TYPE_IMAGE_FILE, (const guint8 *) icon);
  g_free (icon);
}

static void
register_help (void)
{
  char *uri = dfi_procedure_help_uri ();

  if (uri)
    gimp_plugin_help_register (DFI_HELP_DOMAIN, uri);
  g_free (uri);
}

static void
query (void)
{
  GimpParamDef edit_args[N_FIXED_ARGS + DFI_N_ARGUMENTS];
  char        *locale = dfi_bundled_locale ();

  memcpy (edit_args, fixed_args, sizeof fixed_args);
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    edit_args[N_FIXED_ARGS + i] = argument_def (&dfi_arguments[i]);

  gimp_plugin_domain_register (GETTEXT_PACKAGE, locale);
  register_help ();
  gimp_install_procedure (DFI_EDIT_PROCEDURE, DFI_EDIT_BLURB, DFI_EDIT_HELP, DFI_AUTHORS, DFI_AUTHORS, DFI_DATE,
                          DFI_EDIT_MENU_LABEL, DFI_EDIT_IMAGE_TYPES, GIMP_PLUGIN, G_N_ELEMENTS (edit_args),
                          G_N_ELEMENTS (edit_values), edit_args, edit_values);
  gimp_plugin_menu_register (DFI_EDIT_PROCEDURE, DFI_EDIT_MENU_PATH);
  register_icon ();
  gimp_install_procedure (DFI_ATTRIBUTES_PROCEDURE, DFI_ATTRIBUTES_BLURB, DFI_ATTRIBUTES_HELP, DFI_AUTHORS, DFI_AUTHORS, DFI_DATE,
                          NULL, NULL, GIMP_PLUGIN, G_N_ELEMENTS (attributes_args), G_N_ELEMENTS (attributes_values),
                          attributes_args, attributes_values);
  g_free (locale);
}

/* ---------- arguments ---------- */

static void
read_settings (DfiApplySettings *settings, const GimpParam *param)
{
  for (int i = 0; i < DFI_N_ARGUMENTS; i++, param++)
    {
      const DfiArgument *argument = &dfi_arguments[i];

      switch (argument->type)
        {
        case DFI_ARGUMENT_TEXT:
        case DFI_ARGUMENT_FILE:
          g_free (DFI_ARGUMENT_VALUE (settings, argument, char *));
          DFI_ARGUMENT_VALUE (settings, argument, char *) = g_strdup (param->data.d_string ? param->data.d_string : "");
          break;
        case DFI_ARGUMENT_NUMBER: DFI_ARGUMENT_VALUE (settings, argument, double) = param->data.d_float; break;
        case DFI_ARGUMENT_INTEGER: DFI_ARGUMENT_VALUE (settings, argument, int) = param->data.d_int32; break;
        case DFI_ARGUMENT_BOOLEAN: DFI_ARGUMENT_VALUE (settings, argument, gboolean) = param->data.d_int32 != 0; break;
        }
    }
}

/* ---------- what was asked last, kept by GIMP while it runs ---------- */

static void
store_settings (const DfiApplySettings *settings)
{
  GKeyFile *file = g_key_file_new ();
  gsize     length;
  char     *text;

  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    {
      const DfiArgument *argument = &dfi_arguments[i];

      switch (argument->type)
        {
        case DFI_ARGUMENT_TEXT:
        case DFI_ARGUMENT_FILE:
          g_key_file_set_string (file, DFI_EDIT_PROCEDURE, argument->name, DFI_ARGUMENT_VALUE (settings, argument, char *));
          break;
        case DFI_ARGUMENT_NUMBER:
          g_key_file_set_double (file, DFI_EDIT_PROCEDURE, argument->name, DFI_ARGUMENT_VALUE (settings, argument, double));
          break;
        case DFI_ARGUMENT_INTEGER:
        case DFI_ARGUMENT_BOOLEAN:
          g_key_file_set_integer (file, DFI_EDIT_PROCEDURE, argument->name, DFI_ARGUMENT_VALUE (settings, argument, int));
          break;
        }
    }

  text = g_key_file_to_data (file, &length, NULL);
  gimp_set_data (DFI_EDIT_PROCEDURE, text, length);
  g_free (text);
  g_key_file_unref (file);
}

static void
recall_settings (DfiApplySettings *settings)
{
  int       length = gimp_get_data_size (DFI_EDIT_PROCEDURE);
  char     *text   = g_malloc0 (length + 1);
  GKeyFile *file   = g_key_file_new ();

  if (length > 0 && gimp_get_data (DFI_EDIT_PROCEDURE, text) && g_key_file_load_from_data (file, text, length, 0, NULL))
    for (int i = 0; i < DFI_N_ARGUMENTS; i++)
      {
        const DfiArgument *argument = &dfi_arguments[i];

        if (! g_key_file_has_key (file, DFI_EDIT_PROCEDURE, argument->name, NULL))
          continue;
        switch (argument->type)
          {
          case DFI_ARGUMENT_TEXT:
          case DFI_ARGUMENT_FILE:
            g_free (DFI_ARGUMENT_VALUE (settings, argument, char *));
            DFI_ARGUMENT_VALUE (settings, argument, char *) =
                g_key_file_get_string (file, DFI_EDIT_PROCEDURE, argument->name, NULL);
            break;
          case DFI_ARGUMENT_NUMBER:
            DFI_ARGUMENT_VALUE (settings, argument, double) =
                g_key_file_get_double (file, DFI_EDIT_PROCEDURE, argument->name, NULL);
            break;
          case DFI_ARGUMENT_INTEGER:
          case DFI_ARGUMENT_BOOLEAN:
            DFI_ARGUMENT_VALUE (settings, argument, int) =
                g_key_file_get_integer (file, DFI_EDIT_PROCEDURE, argument->name, NULL);
            break;
          }
      }

  g_key_file_unref (file);
  g_free (text);
}

/* ---------- calls ---------- */

static gboolean
run_edit (const GimpParam *param, int n_params, GimpParam *value, GError **error)
{
  GimpRunMode      run_mode = param[ARG_RUN_MODE].data.d_int32;
  DfiApplySettings settings;

  gimp_plugin_enable_precision ();

  dfi_apply_settings_init (&settings);
  if (run_mode != GIMP_RUN_NONINTERACTIVE)
    recall_settings (&settings);
  else if (n_params == N_FIXED_ARGS + DFI_N_ARGUMENTS)
    read_settings (&settings, param + N_FIXED_ARGS);

  value->type = GIMP_PDB_LAYER;
  value->data.d_layer =
      dfi_procedure_edit (run_mode, param[ARG_IMAGE].data.d_image, param[ARG_DRAWABLE].data.d_drawable, &settings, error);
  if (value->data.d_layer != DFI_NO_LAYER && run_mode == GIMP_RUN_INTERACTIVE)
    store_settings (&settings);

  dfi_apply_settings_clear (&settings);
  return value->data.d_layer != DFI_NO_LAYER;
}

static gboolean
run_attributes (const GimpParam *param, GimpParam *values, GError **error)
{
  char **names = dfi_procedure_attributes (param[1].data.d_string, error); /* GIMP wants them after we have returned */

  values[0].type               = GIMP_PDB_INT32;
  values[0].data.d_int32       = names ? g_strv_length (names) : 0;
  values[1].type               = GIMP_PDB_STRINGARRAY;
  values[1].data.d_stringarray = names;
  return names != NULL;
}

static void
run (const gchar *name, gint n_params, const GimpParam *param, gint *n_return_values, GimpParam **return_values)
{
  static GimpParam values[3]; /* GIMP reads them, and the message, after we have returned */
  GError          *error = NULL;
  gboolean         edit  = strcmp (name, DFI_EDIT_PROCEDURE) == 0;

  dfi_procedure_init ();

  values[0].type   = GIMP_PDB_STATUS;
  *return_values   = values;
  *n_return_values = 1 + (edit ? G_N_ELEMENTS (edit_values) : G_N_ELEMENTS (attributes_values));

  if (edit ? run_edit (param, n_params, &values[1], &error) : run_attributes (param, &values[1], &error))
    {
      values[0].data.d_status = GIMP_PDB_SUCCESS;
      return;
    }

  if (dfi_procedure_cancelled (param[ARG_RUN_MODE].data.d_int32, error))
    {
      values[0].data.d_status = GIMP_PDB_CANCEL;
      *n_return_values        = 1;
      return;
    }

  /* As many values as on success: of fewer, GIMP 2.10 fills in the rest, takes the message for the length of the array that
   * it expects after it, and crashes. */
  values[0].data.d_status = GIMP_PDB_EXECUTION_ERROR;
  values[1].type          = GIMP_PDB_STRING;
  values[1].data.d_string = error->message;
  values[2].type          = GIMP_PDB_INT32;
  values[2].data.d_int32  = 0;
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

MAIN ()
