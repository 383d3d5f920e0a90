/* procedure-3.c: the plug-in's procedures as GIMP 3 knows them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "procedure.h"

struct _DfiPlugIn
{
  GimpPlugIn parent_instance;
};

#define DFI_TYPE_PLUG_IN (dfi_plug_in_get_type ())
G_DECLARE_FINAL_TYPE (DfiPlugIn, dfi_plug_in, DFI, PLUG_IN, GimpPlugIn)
G_DEFINE_TYPE (DfiPlugIn, dfi_plug_in, GIMP_TYPE_PLUG_IN)

/* ---------- arguments ---------- */

/* The four arguments of the eyes; farther than this GIMP's images do not reach. */
#define POSITION_MAX 1e6 /* pixels */

static const struct
{
  const char *name, *label, *blurb;
} eye_arguments[4] = {
  { "x1", N_ ("Eye _x"),
    N_ ("Centre of one eye, in pixels from the image's left edge (not the layer's); all four 0: find the faces") },
  { "y1", N_ ("Eye _y"), N_ ("Centre of this eye, in pixels from the image's top") },
  { "x2", N_ ("Other eye x"), N_ ("Centre of the other eye, in pixels from the image's left edge") },
  { "y2", N_ ("Other eye y"), N_ ("Centre of the other eye, in pixels from the image's top") },
};

/* The argument of an option has its name and its type; choices and layers are texts. */
static void
add_option (GimpProcedure *procedure, const DfiOption *option, const DfiOptions *usual)
{
  const char *name  = option->name;
  const char *label = _ (option->label);
  char       *blurb = dfi_option_describe (option);
  char       *text  = dfi_options_get (usual, option);

  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN:
      gimp_procedure_add_boolean_argument (procedure, name, label, blurb, option->usual != 0.0, G_PARAM_READWRITE);
      break;
    case DFI_OPTION_INTEGER:
      gimp_procedure_add_int_argument (procedure, name, label, blurb, option->min, option->max, option->usual, G_PARAM_READWRITE);
      break;
    case DFI_OPTION_NUMBER:
      gimp_procedure_add_double_argument (procedure, name, label, blurb, option->min, option->max, option->usual,
                                          G_PARAM_READWRITE);
      break;
    case DFI_OPTION_CHOICE:
    case DFI_OPTION_LAYERS: gimp_procedure_add_string_argument (procedure, name, label, blurb, text, G_PARAM_READWRITE); break;
    case DFI_OPTION_FILE: /* any name passes: what is wrong with a file is better said by who reads it */
      gimp_procedure_add_file_argument (procedure, name, label, blurb, GIMP_FILE_CHOOSER_ACTION_ANY, TRUE, NULL,
                                        G_PARAM_READWRITE);
      break;
    }
  g_free (text);
  g_free (blurb);
}

/* Free with g_free(). */
static char *
config_text (gpointer config, const char *name)
{
  char *text = NULL;

  g_object_get (config, name, &text, NULL);
  return text ? text : g_strdup ("");
}

/* The path of a property that holds a file, "" for none, which is a file without a name when a script says "". NULL for one that
 * is not on this computer. Free with g_free(). */
static char *
config_path (gpointer config, const char *name, GError **error)
{
  GFile *file = NULL;
  char  *path, *uri;

  g_object_get (config, name, &file, NULL);
  path = file ? g_file_get_path (file) : g_strdup ("");
  uri  = file ? g_file_get_uri (file) : NULL;
  if (! path && ! (uri && *uri))
    path = g_strdup ("");
  else if (! path)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” is not a file on this computer; copy it here first."), uri);
  g_free (uri);
  g_clear_object (&file);
  return path;
}

/* Where the value of an option that is a number lies. */
#define PLACE(options, option) ((char *) (options) + (option)->offset)

static gboolean
read_option (DfiOptions *options, const DfiOption *option, gpointer config, GError **error)
{
  char    *text;
  gboolean good;

  if (option->type == DFI_OPTION_BOOLEAN || option->type == DFI_OPTION_INTEGER || option->type == DFI_OPTION_NUMBER)
    {
      g_object_get (config, option->name, PLACE (options, option), NULL);
      return TRUE;
    }
  text = option->type == DFI_OPTION_FILE ? config_path (config, option->name, error) : config_text (config, option->name);
  good = text && dfi_options_set (options, option, text, error);
  g_free (text);
  return good;
}

/* What is not as usual was asked for, and goes before what a preset says. */
static gboolean
read_options (DfiOptions *options, gpointer config, GError **error)
{
  char      *texts[DFI_N_OPTIONS] = { NULL };
  gboolean   good                 = TRUE;
  DfiOptions all;

  dfi_options_init (&all);
  for (int i = 0; i < DFI_N_OPTIONS && good; i++)
    good = read_option (&all, &dfi_option_table[i], config, error);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (! dfi_option_is_usual (&dfi_option_table[i], &all))
      texts[i] = dfi_options_get (&all, &dfi_option_table[i]);
  good = good && dfi_options_set_all (options, texts, error);

  for (int i = 0; i < DFI_N_OPTIONS; i++)
    g_free (texts[i]);
  dfi_options_clear (&all);
  return good;
}

static gboolean
read_settings (DfiApplySettings *settings, gpointer config, GError **error)
{
  char    *output;
  gboolean good;

  g_free (settings->attributes);
  g_free (settings->faces);
  settings->attributes = config_text (config, "attributes");
  settings->faces      = config_text (config, "faces");
  output               = config_text (config, "output");
  good                 = dfi_output_parse (output, &settings->output, error);
  g_free (output);
  for (int i = 0; i < 4; i++)
    g_object_get (config, eye_arguments[i].name, &settings->eyes[i], NULL);
  return good && read_options (&settings->options, config, error);
}

static void
store_option (const DfiOptions *options, const DfiOption *option, gpointer config)
{
  char  *text = dfi_options_get (options, option);
  GFile *file;

  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN:
    case DFI_OPTION_INTEGER: g_object_set (config, option->name, DFI_OPTION_VALUE (options, option, int), NULL); break;
    case DFI_OPTION_NUMBER: g_object_set (config, option->name, DFI_OPTION_VALUE (options, option, double), NULL); break;
    case DFI_OPTION_CHOICE:
    case DFI_OPTION_LAYERS: g_object_set (config, option->name, text, NULL); break;
    case DFI_OPTION_FILE:
      file = *text ? g_file_new_for_path (text) : NULL;
      g_object_set (config, option->name, file, NULL);
      g_clear_object (&file);
      break;
    }
  g_free (text);
}

static void
store_settings (const DfiApplySettings *settings, gpointer config)
{
  g_object_set (config, "attributes", settings->attributes, "faces", settings->faces, "output",
                dfi_output_word (settings->output), NULL);
  for (int i = 0; i < 4; i++)
    g_object_set (config, eye_arguments[i].name, settings->eyes[i], NULL);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    store_option (&settings->options, &dfi_option_table[i], config);

  /* All that a preset sets is stored: without its name, what is as usual cannot be taken for what was not asked for. */
  g_object_set (config, "preset", "", NULL);
}

/* ---------- calls ---------- */

static GimpDrawable *
only_drawable (GimpDrawable **drawables, GError **error)
{
  if (drawables && drawables[0] && ! drawables[1])
    return drawables[0];

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("Deep Feature Interpolation edits one layer at a time; choose one."));
  return NULL;
}

static GimpValueArray *
run_edit (GimpProcedure       *procedure,
          GimpRunMode          run_mode,
          GimpImage           *image,
          GimpDrawable       **drawables,
          GimpProcedureConfig *config,
          gpointer             data)
{
  GError          *error    = NULL;
  GimpDrawable    *drawable = only_drawable (drawables, &error);
  GimpLayer       *layer    = NULL;
  GimpValueArray  *values;
  DfiApplySettings settings;

  dfi_apply_settings_init (&settings);
  if (drawable && read_settings (&settings, config, &error))
    layer = dfi_procedure_edit (run_mode, image, drawable, &settings, &error);

  if (layer)
    {
      store_settings (&settings, config);
      values = gimp_procedure_new_return_values (procedure, GIMP_PDB_SUCCESS, NULL);
      GIMP_VALUES_SET_LAYER (values, 1, layer);
    }
  else if (dfi_procedure_cancelled (run_mode, error))
    {
      g_clear_error (&error);
      values = gimp_procedure_new_return_values (procedure, GIMP_PDB_CANCEL, NULL);
    }
  else
    values = gimp_procedure_new_return_values (procedure, GIMP_PDB_EXECUTION_ERROR, error);

  dfi_apply_settings_clear (&settings);
  return values;
}

static GimpValueArray *
run_attributes (GimpProcedure *procedure, GimpProcedureConfig *config, gpointer data)
{
  GError         *error    = NULL;
  char           *database = config_path (config, "database", &error);
  char          **names    = database ? dfi_procedure_attributes (database, &error) : NULL;
  GimpValueArray *values =
      gimp_procedure_new_return_values (procedure, names ? GIMP_PDB_SUCCESS : GIMP_PDB_EXECUTION_ERROR, error);

  if (names)
    GIMP_VALUES_SET_STRV (values, 1, names);
  g_strfreev (names);
  g_free (database);
  return values;
}

/* ---------- registration ---------- */

static void
set_help (GimpPlugIn *plug_in)
{
  char *uri = dfi_procedure_help_uri ();

  if (uri)
    {
      GFile *folder = g_file_new_for_uri (uri);

      gimp_plug_in_set_help_domain (plug_in, DFI_HELP_DOMAIN, folder);
      g_object_unref (folder);
    }
  g_free (uri);
}

static GList *
dfi_plug_in_query_procedures (GimpPlugIn *plug_in)
{
  set_help (plug_in);
  return g_list_append (g_list_append (NULL, g_strdup (DFI_EDIT_PROCEDURE)), g_strdup (DFI_ATTRIBUTES_PROCEDURE));
}

static void
set_icon (GimpProcedure *procedure)
{
  char *path = dfi_procedure_icon ();

  if (path)
    {
      GFile *file = g_file_new_for_path (path);

      gimp_procedure_set_icon_file (procedure, file);
      g_object_unref (file);
    }
  g_free (path);
}

static GimpProcedure *
edit_procedure (GimpPlugIn *plug_in, const char *name)
{
  GimpProcedure *procedure = gimp_image_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run_edit, NULL, NULL);
  DfiOptions     usual;

  gimp_procedure_set_image_types (procedure, DFI_EDIT_IMAGE_TYPES);
  gimp_procedure_set_sensitivity_mask (procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE);
  gimp_procedure_set_menu_label (procedure, _ (DFI_EDIT_MENU_LABEL));
  gimp_procedure_add_menu_path (procedure, DFI_EDIT_MENU_PATH);
  gimp_procedure_set_documentation (procedure, _ (DFI_EDIT_BLURB), _ (DFI_EDIT_HELP), name);
  set_icon (procedure);

  gimp_procedure_add_string_argument (procedure, "attributes", _ ("_Attributes"), _ (DFI_ATTRIBUTES_ARGUMENT), "",
                                      G_PARAM_READWRITE);
  gimp_procedure_add_string_argument (procedure, "faces", _ ("_Faces"), _ (DFI_FACES_ARGUMENT), "1", G_PARAM_READWRITE);
  for (int i = 0; i < 4; i++)
    gimp_procedure_add_double_argument (procedure, eye_arguments[i].name, _ (eye_arguments[i].label), _ (eye_arguments[i].blurb),
                                        -POSITION_MAX, POSITION_MAX, 0.0, G_PARAM_READWRITE);
  gimp_procedure_add_string_argument (procedure, "output", _ ("Result"), _ (DFI_OUTPUT_ARGUMENT), "layer", G_PARAM_READWRITE);
  dfi_options_init (&usual);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    add_option (procedure, &dfi_option_table[i], &usual);
  dfi_options_clear (&usual);

  gimp_procedure_add_layer_return_value (procedure, "layer", _ ("Layer"),
                                         _ ("The new layer, directly above the drawable, or the one that has the effect"), FALSE,
                                         G_PARAM_READWRITE);
  return procedure;
}

static GimpProcedure *
attributes_procedure (GimpPlugIn *plug_in, const char *name)
{
  GimpProcedure   *procedure = gimp_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run_attributes, NULL, NULL);
  const DfiOption *database  = dfi_option_find ("database", NULL);

  gimp_procedure_set_documentation (procedure, _ (DFI_ATTRIBUTES_BLURB), _ (DFI_ATTRIBUTES_HELP), name);
  gimp_procedure_add_file_argument (procedure, database->name, _ (database->label), _ (database->blurb),
                                    GIMP_FILE_CHOOSER_ACTION_ANY, TRUE, NULL, G_PARAM_READWRITE);
  gimp_procedure_add_string_array_return_value (procedure, "names", _ ("Names"), _ ("Their names"), G_PARAM_READWRITE);
  return procedure;
}

static GimpProcedure *
dfi_plug_in_create_procedure (GimpPlugIn *plug_in, const char *name)
{
  GimpProcedure *procedure =
      strcmp (name, DFI_EDIT_PROCEDURE) == 0 ? edit_procedure (plug_in, name) : attributes_procedure (plug_in, name);

  gimp_procedure_set_attribution (procedure, DFI_AUTHORS, DFI_AUTHORS, DFI_DATE);
  return procedure;
}

/* GIMP would look for translations beside the plug-in only. */
static gboolean
dfi_plug_in_set_i18n (GimpPlugIn *plug_in, const char *procedure, char **domain, char **folder)
{
  dfi_procedure_init ();
  return FALSE;
}

static void
dfi_plug_in_class_init (DfiPlugInClass *klass)
{
  GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS (klass);

  plug_in_class->query_procedures = dfi_plug_in_query_procedures;
  plug_in_class->create_procedure = dfi_plug_in_create_procedure;
  plug_in_class->set_i18n         = dfi_plug_in_set_i18n;
}

/* GIMP closes the pipe as soon as it has what a procedure returns; libgimp still writes to it when the process ends, and
 * complains on the console. */
static void
drop_complaint (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  if (! strstr (message, "gimp_flush()"))
    g_log_default_handler (domain, level, message, data);
}

static void
dfi_plug_in_init (DfiPlugIn *plug_in)
{
  g_log_set_handler ("LibGimp", G_LOG_LEVEL_WARNING, drop_complaint, NULL);
}

GIMP_MAIN (DFI_TYPE_PLUG_IN)
