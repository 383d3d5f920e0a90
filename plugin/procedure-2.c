/* procedure-2.c: the plug-in's procedures as GIMP 2.10 knows them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "procedure.h"

enum
{
  ARG_RUN_MODE,
  ARG_IMAGE,
  ARG_DRAWABLE,
  ARG_ATTRIBUTES,
  ARG_FACES,
  ARG_EYES,
  ARG_QUALITY,
  ARG_OPTIONS,
  N_ARGS
};

static const GimpParamDef edit_args[N_ARGS] = {
  { GIMP_PDB_INT32, "run-mode", "The run mode { RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2) }" },
  { GIMP_PDB_IMAGE, "image", "Input image" },
  { GIMP_PDB_DRAWABLE, "drawable", "Layer with the face" },
  { GIMP_PDB_STRING, "attributes", DFI_ATTRIBUTES_ARGUMENT },
  { GIMP_PDB_STRING, "faces", DFI_FACES_ARGUMENT },
  { GIMP_PDB_STRING, "eyes",
    "Centres of the two eyes of the face, \"x1,y1,x2,y2\", in pixels from the image's upper left corner (not the layer's); \"\": "
    "find the faces" },
  { GIMP_PDB_STRING, "quality", "How long to search: preview, normal or best" },
  { GIMP_PDB_STRING, "options", NULL } /* options_blurb() */
};

static const GimpParamDef edit_values[] = { { GIMP_PDB_LAYER, "layer", "The new layer, directly above the drawable" } };

static const GimpParamDef attributes_args[] = { { GIMP_PDB_INT32, "run-mode", "The run mode { RUN-NONINTERACTIVE (1) }" },
                                                { GIMP_PDB_STRING, "database",
                                                  "File with the database of faces; \"\": the plug-in's own" } };

static const GimpParamDef attributes_values[] = { { GIMP_PDB_INT32, "count", "Number of attributes" },
                                                  { GIMP_PDB_STRINGARRAY, "names", "Their names" } };

/* ---------- registration ---------- */

/* What may stand in the last argument. Free with g_free(). */
static char *
options_blurb (void)
{
  GString *text = g_string_new ("Names and values, such as \"neighbours=100,delta=0.4\"; \"\": all as usual");

  g_string_append_printf (text, ". output: %s", _ (DFI_OUTPUT_ARGUMENT));
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      char *option = dfi_option_describe (&dfi_option_table[i]);

      g_string_append_printf (text, "; %s: %s", dfi_option_table[i].name, option);
      g_free (option);
    }
  return g_string_free (text, FALSE);
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
  GimpParamDef args[N_ARGS];
  char        *options = options_blurb ();
  char        *locale  = dfi_bundled_locale ();

  memcpy (args, edit_args, sizeof args);
  args[ARG_OPTIONS].description = options;

  gimp_plugin_domain_register (GETTEXT_PACKAGE, locale);
  register_help ();
  gimp_install_procedure (DFI_EDIT_PROCEDURE, DFI_EDIT_BLURB, DFI_EDIT_HELP, DFI_AUTHORS, DFI_AUTHORS, DFI_DATE,
                          DFI_EDIT_MENU_LABEL, DFI_EDIT_IMAGE_TYPES, GIMP_PLUGIN, N_ARGS, G_N_ELEMENTS (edit_values), args,
                          edit_values);
  gimp_plugin_menu_register (DFI_EDIT_PROCEDURE, DFI_EDIT_MENU_PATH);
  register_icon ();
  gimp_install_procedure (DFI_ATTRIBUTES_PROCEDURE, DFI_ATTRIBUTES_BLURB, DFI_ATTRIBUTES_HELP, DFI_AUTHORS, DFI_AUTHORS, DFI_DATE,
                          NULL, NULL, GIMP_PLUGIN, G_N_ELEMENTS (attributes_args), G_N_ELEMENTS (attributes_values),
                          attributes_args, attributes_values);
  g_free (locale);
  g_free (options);
}

/* ---------- arguments ---------- */

static void
set_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value ? value : "");
}

/* A quality that is named beside the options goes before them, so that they can say otherwise; the usual one says nothing. */
static gboolean
read_options (DfiOptions *options, const char *quality, const char *text, GError **error)
{
  const DfiOption *option = dfi_option_find ("quality", NULL);
  DfiOptions       named;
  gboolean         good;

  dfi_options_init (&named);
  good = ! quality || ! *quality || dfi_options_set (&named, option, quality, error);
  if (good && ! dfi_option_is_usual (option, &named))
    {
      char *all = g_strdup_printf ("quality=%s, %s", quality, text ? text : "");

      good = dfi_options_parse (options, all, error);
      g_free (all);
    }
  else if (good)
    good = dfi_options_parse (options, text ? text : "", error);
  dfi_options_clear (&named);
  return good;
}

/* Takes "output=mask" out of the options, which else are core's.  Free with g_free(); NULL after an error. */
static char *
take_output (const char *options, DfiOutput *output, GError **error)
{
  char   **pieces = g_strsplit (options ? options : "", ",", -1);
  gboolean good   = TRUE;
  char    *rest;

  for (char **piece = pieces; *piece && good; piece++)
    if (g_str_has_prefix (g_strstrip (*piece), "output="))
      {
        good    = dfi_output_parse (*piece + strlen ("output="), output, error);
        **piece = '\0'; /* a comma too many does no harm */
      }
  rest = good ? g_strjoinv (",", pieces) : NULL;
  g_strfreev (pieces);
  return rest;
}

static gboolean
read_settings (DfiApplySettings *settings, const GimpParam *param, GError **error)
{
  const char *eyes    = param[ARG_EYES].data.d_string;
  char       *options = take_output (param[ARG_OPTIONS].data.d_string, &settings->output, error);
  gboolean    good    = options != NULL;

  set_text (&settings->attributes, param[ARG_ATTRIBUTES].data.d_string);
  set_text (&settings->faces, param[ARG_FACES].data.d_string);
  good = good && (! eyes || ! *eyes || dfi_eyes_parse (eyes, settings->eyes, error)) &&
         read_options (&settings->options, param[ARG_QUALITY].data.d_string, options, error);
  g_free (options);
  return good;
}

/* ---------- what was asked last, kept by GIMP while it runs ---------- */

static void
store_settings (const DfiApplySettings *settings)
{
  GKeyFile *file = g_key_file_new ();
  char     *text;
  gsize     length;

  dfi_apply_settings_store (settings, file, DFI_EDIT_PROCEDURE, TRUE);
  g_key_file_set_string (file, DFI_EDIT_PROCEDURE, "faces", settings->faces);

  text = g_key_file_to_data (file, &length, NULL);
  gimp_set_data (DFI_EDIT_PROCEDURE, text, length);
  g_free (text);
  g_key_file_unref (file);
}

/* What cannot be read, because another version of the plug-in kept it, stays as usual. */
static void
recall_settings (DfiApplySettings *settings)
{
  int       length = gimp_get_data_size (DFI_EDIT_PROCEDURE);
  char     *text   = g_malloc0 (length + 1);
  GKeyFile *file   = g_key_file_new ();

  if (length > 0 && gimp_get_data (DFI_EDIT_PROCEDURE, text) && g_key_file_load_from_data (file, text, length, 0, NULL))
    {
      char *faces = g_key_file_get_string (file, DFI_EDIT_PROCEDURE, "faces", NULL);

      dfi_apply_settings_recall (settings, file, DFI_EDIT_PROCEDURE, TRUE);
      set_text (&settings->faces, faces ? faces : "1");
      g_free (faces);
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
  value->type         = GIMP_PDB_LAYER;
  value->data.d_layer = DFI_NO_LAYER;
  if (run_mode != GIMP_RUN_NONINTERACTIVE)
    recall_settings (&settings);
  if (run_mode != GIMP_RUN_NONINTERACTIVE || n_params != N_ARGS || read_settings (&settings, param, error))
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
