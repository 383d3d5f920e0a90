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

static void
add_argument (GimpProcedure *procedure, const DfiArgument *argument, const DfiApplySettings *usual)
{
  const char *name  = argument->name;
  const char *label = _ (argument->label);
  const char *blurb = _ (argument->blurb);

  switch (argument->type)
    {
    case DFI_ARGUMENT_TEXT:
      gimp_procedure_add_string_argument (procedure, name, label, blurb, DFI_ARGUMENT_VALUE (usual, argument, char *),
                                          G_PARAM_READWRITE);
      break;
    case DFI_ARGUMENT_FILE: /* any name passes: what is wrong with a file is better said by who reads it */
      gimp_procedure_add_file_argument (procedure, name, label, blurb, GIMP_FILE_CHOOSER_ACTION_ANY, TRUE, NULL,
                                        G_PARAM_READWRITE);
      break;
    case DFI_ARGUMENT_NUMBER:
      gimp_procedure_add_double_argument (procedure, name, label, blurb, argument->min, argument->max,
                                          DFI_ARGUMENT_VALUE (usual, argument, double), G_PARAM_READWRITE);
      break;
    case DFI_ARGUMENT_INTEGER:
      gimp_procedure_add_int_argument (procedure, name, label, blurb, argument->min, argument->max,
                                       DFI_ARGUMENT_VALUE (usual, argument, int), G_PARAM_READWRITE);
      break;
    case DFI_ARGUMENT_BOOLEAN:
      gimp_procedure_add_boolean_argument (procedure, name, label, blurb, DFI_ARGUMENT_VALUE (usual, argument, gboolean),
                                           G_PARAM_READWRITE);
      break;
    }
}

/* Free with g_free(). */
static char *
config_text (gpointer config, const char *name)
{
  char *text = NULL;

  g_object_get (config, name, &text, NULL);
  return text ? text : g_strdup ("");
}

/* The path of a property that holds a file, "" for none. Free with g_free(). */
static char *
config_path (gpointer config, const char *name)
{
  GFile *file = NULL;
  char  *path;

  g_object_get (config, name, &file, NULL);
  path = file ? g_file_get_path (file) : NULL;
  g_clear_object (&file);
  return path ? path : g_strdup ("");
}

static void
read_settings (DfiApplySettings *settings, gpointer config)
{
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    {
      const DfiArgument *argument = &dfi_arguments[i];

      switch (argument->type)
        {
        case DFI_ARGUMENT_TEXT:
          g_free (DFI_ARGUMENT_VALUE (settings, argument, char *));
          DFI_ARGUMENT_VALUE (settings, argument, char *) = config_text (config, argument->name);
          break;
        case DFI_ARGUMENT_FILE:
          g_free (DFI_ARGUMENT_VALUE (settings, argument, char *));
          DFI_ARGUMENT_VALUE (settings, argument, char *) = config_path (config, argument->name);
          break;
        case DFI_ARGUMENT_NUMBER:
          g_object_get (config, argument->name, &DFI_ARGUMENT_VALUE (settings, argument, double), NULL);
          break;
        case DFI_ARGUMENT_INTEGER:
        case DFI_ARGUMENT_BOOLEAN:
          g_object_get (config, argument->name, &DFI_ARGUMENT_VALUE (settings, argument, int), NULL);
          break;
        }
    }
}

static void
store_settings (const DfiApplySettings *settings, gpointer config)
{
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    {
      const DfiArgument *argument = &dfi_arguments[i];

      switch (argument->type)
        {
        case DFI_ARGUMENT_TEXT:
          g_object_set (config, argument->name, DFI_ARGUMENT_VALUE (settings, argument, char *), NULL);
          break;
        case DFI_ARGUMENT_FILE:
          {
            const char *path = DFI_ARGUMENT_VALUE (settings, argument, char *);
            GFile      *file = *path ? g_file_new_for_path (path) : NULL;

            g_object_set (config, argument->name, file, NULL);
            g_clear_object (&file);
          }
          break;
        case DFI_ARGUMENT_NUMBER:
          g_object_set (config, argument->name, DFI_ARGUMENT_VALUE (settings, argument, double), NULL);
          break;
        case DFI_ARGUMENT_INTEGER:
        case DFI_ARGUMENT_BOOLEAN:
          g_object_set (config, argument->name, DFI_ARGUMENT_VALUE (settings, argument, int), NULL);
          break;
        }
    }
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
  read_settings (&settings, config);
  if (drawable)
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
  char           *database = config_path (config, "database");
  char          **names    = dfi_procedure_attributes (database, &error);
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
  GimpProcedure   *procedure = gimp_image_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run_edit, NULL, NULL);
  DfiApplySettings usual;

  gimp_procedure_set_image_types (procedure, DFI_EDIT_IMAGE_TYPES);
  gimp_procedure_set_sensitivity_mask (procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE);
  gimp_procedure_set_menu_label (procedure, _ (DFI_EDIT_MENU_LABEL));
  gimp_procedure_add_menu_path (procedure, DFI_EDIT_MENU_PATH);
  gimp_procedure_set_documentation (procedure, _ (DFI_EDIT_BLURB), _ (DFI_EDIT_HELP), name);
  set_icon (procedure);

  dfi_apply_settings_init (&usual);
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    add_argument (procedure, &dfi_arguments[i], &usual);
  dfi_apply_settings_clear (&usual);

  gimp_procedure_add_layer_return_value (procedure, "layer", _ ("Layer"), _ ("The new layer, directly above the drawable"), FALSE,
                                         G_PARAM_READWRITE);
  return procedure;
}

static GimpProcedure *
attributes_procedure (GimpPlugIn *plug_in, const char *name)
{
  GimpProcedure *procedure = gimp_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run_attributes, NULL, NULL);

  gimp_procedure_set_documentation (procedure, _ (DFI_ATTRIBUTES_BLURB), _ (DFI_ATTRIBUTES_HELP), name);
  gimp_procedure_add_file_argument (procedure, "database", _ ("_Database"),
                                    _ ("File with the database of faces; none: the plug-in's own"), GIMP_FILE_CHOOSER_ACTION_ANY,
                                    TRUE, NULL, G_PARAM_READWRITE);
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

static void
dfi_plug_in_init (DfiPlugIn *plug_in)
{
}

GIMP_MAIN (DFI_TYPE_PLUG_IN)
