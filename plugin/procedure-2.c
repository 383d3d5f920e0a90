/* procedure-2.c: the plug-in's procedures as GIMP 2.10 knows them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <libgimp/gimp.h>

#include "apply.h"
#include "data.h"
#include "error.h"

#define EDIT_PROCEDURE       "plug-in-dfi"
#define ATTRIBUTES_PROCEDURE "plug-in-dfi-attributes"

#define AUTHORS "The authors of dfi"
#define DATE    "2026"

/* The arguments of plug-in-dfi, in order. */
enum
{
  ARG_RUN_MODE,
  ARG_IMAGE,
  ARG_DRAWABLE,
  ARG_ATTRIBUTES,
  ARG_EYES,
  ARG_ITERATIONS = ARG_EYES + 4,
  ARG_NEIGHBOURS,
  ARG_COLOUR,
  ARG_WEIGHTS,
  ARG_DATABASE
};

static const GimpParamDef edit_args[] =
{
  { GIMP_PDB_INT32,    "run-mode",   "The run mode { RUN-NONINTERACTIVE (1) }" },
  { GIMP_PDB_IMAGE,    "image",      "Input image" },
  { GIMP_PDB_DRAWABLE, "drawable",   "Layer with the face" },
  { GIMP_PDB_STRING,   "attributes", "What to change and how strongly: \"smiling=2, eyeglasses=1.5\". 1 is the average "
                                     "difference between people with and without; negative values go the other way; "
                                     "a name alone means its usual strength. plug-in-dfi-attributes lists the names" },
  { GIMP_PDB_FLOAT,    "x1",         "Centre of one eye, in pixels from the image's left edge (not the layer's)" },
  { GIMP_PDB_FLOAT,    "y1",         "Centre of this eye, in pixels from the image's top" },
  { GIMP_PDB_FLOAT,    "x2",         "Centre of the other eye, in pixels from the image's left edge" },
  { GIMP_PDB_FLOAT,    "y2",         "Centre of the other eye, in pixels from the image's top" },
  { GIMP_PDB_INT32,    "iterations", "Steps of the optimiser, 1 to 10000; 0: as many as usual (100)" },
  { GIMP_PDB_INT32,    "neighbours", "Similar faces on either side of a difference, 10 to 10000; 0: as usual (100)" },
  { GIMP_PDB_INT32,    "colour",     "Change colours on their own, too, and not only with the brightness { FALSE, TRUE }" },
  { GIMP_PDB_STRING,   "weights",    "File with the weights of the network; \"\": the plug-in's own" },
  { GIMP_PDB_STRING,   "database",   "File with the database of faces; \"\": the plug-in's own" }
};

static const GimpParamDef edit_values[] =
{
  { GIMP_PDB_LAYER, "layer", "The new layer, directly above the drawable" }
};

static const GimpParamDef attributes_args[] =
{
  { GIMP_PDB_INT32,  "run-mode", "The run mode { RUN-NONINTERACTIVE (1) }" },
  { GIMP_PDB_STRING, "database", "File with the database of faces; \"\": the plug-in's own" }
};

static const GimpParamDef attributes_values[] =
{
  { GIMP_PDB_INT32,       "count", "Number of attributes" },
  { GIMP_PDB_STRINGARRAY, "names", "Their names" }
};

/* Nothing stands in the menus until there is a dialog to ask for the arguments. */
static void
query (void)
{
  gimp_plugin_domain_register (GETTEXT_PACKAGE, DFI_LOCALEDIR);

  gimp_install_procedure (EDIT_PROCEDURE,
                          N_("Change attributes of a face: smile, age, beard, glasses"),
                          N_("Edits a face by Deep Feature Interpolation: moves it in the feature space of a neural network "
                             "along the difference between similar faces with and without an attribute. The result is "
                             "a new layer above the drawable, which itself stays as it is. Only what is selected changes. "
                             "Works on RGB and grey images of any precision and profile."),
                          AUTHORS, AUTHORS, DATE, NULL, "RGB*, GRAY*", GIMP_PLUGIN,
                          G_N_ELEMENTS (edit_args), G_N_ELEMENTS (edit_values), edit_args, edit_values);
  gimp_install_procedure (ATTRIBUTES_PROCEDURE,
                          N_("List the attributes that a database of faces knows"),
                          N_("Gives the names that plug-in-dfi understands."),
                          AUTHORS, AUTHORS, DATE, NULL, NULL, GIMP_PLUGIN,
                          G_N_ELEMENTS (attributes_args), G_N_ELEMENTS (attributes_values),
                          attributes_args, attributes_values);
}

/* ---------- plug-in-dfi ---------- */

static gboolean
show_progress (double   fraction,
               gpointer data)
{
  gimp_progress_update (fraction);   /* passes on only what can be seen */
  return TRUE;
}

/* A script's way to leave an optional file out is an empty name. */
static const char *
optional_file (const GimpParam *param)
{
  const char *name = param->data.d_string;

  return name && *name ? name : NULL;
}

static void
read_settings (DfiApplySettings *settings,
               const GimpParam  *param)
{
  *settings = (DfiApplySettings)
    {
      .attributes = param[ARG_ATTRIBUTES].data.d_string ? param[ARG_ATTRIBUTES].data.d_string : "",
      .weights    = optional_file (&param[ARG_WEIGHTS]),
      .database   = optional_file (&param[ARG_DATABASE])
    };
  for (int i = 0; i < 4; i++)
    settings->eyes[i] = param[ARG_EYES + i].data.d_float;

  dfi_edit_options_init (&settings->edit);
  settings->edit.colour = param[ARG_COLOUR].data.d_int32 != 0;
  if (param[ARG_ITERATIONS].data.d_int32)
    settings->edit.iterations = param[ARG_ITERATIONS].data.d_int32;
  if (param[ARG_NEIGHBOURS].data.d_int32)
    settings->edit.neighbours = param[ARG_NEIGHBOURS].data.d_int32;
}

static gboolean
run_edit (const GimpParam  *param,
          GimpParam        *value,
          GError          **error)
{
  DfiDrawable      source;
  DfiApplySettings settings;

  gegl_init (NULL, NULL);
  gimp_plugin_enable_precision ();
  gimp_progress_init (_("Deep Feature Interpolation"));

  read_settings (&settings, param);
  value->type = GIMP_PDB_LAYER;
  value->data.d_layer = -1;
  if (dfi_drawable_init (&source, param[ARG_IMAGE].data.d_image, param[ARG_DRAWABLE].data.d_drawable, error))
    value->data.d_layer = dfi_apply (&source, &settings, show_progress, NULL, error);

  gimp_progress_end ();
  return value->data.d_layer != -1;
}

/* ---------- plug-in-dfi-attributes ---------- */

static gboolean
run_attributes (const GimpParam  *param,
                GimpParam        *values,
                GError          **error)
{
  const char  *chosen   = optional_file (&param[1]);
  char        *path     = chosen ? g_strdup (chosen) : dfi_data_file (DFI_DATA_DATABASE, error);
  DfiDatabase *database = path ? dfi_database_peek (path, error) : NULL;

  if (database)
    {
      int    n     = dfi_database_n_attributes (database);
      char **names = g_new0 (char *, n + 1);   /* GIMP wants them after we have returned */

      for (int i = 0; i < n; i++)
        names[i] = g_strdup (dfi_database_attribute (database, i)->name);
      values[0].type               = GIMP_PDB_INT32;
      values[0].data.d_int32       = n;
      values[1].type               = GIMP_PDB_STRINGARRAY;
      values[1].data.d_stringarray = names;
    }

  dfi_database_free (database);
  g_free (path);
  return database != NULL;
}

/* ---------- both ---------- */

static gboolean
check_run_mode (const GimpParam  *param,
                GError          **error)
{
  if (param[ARG_RUN_MODE].data.d_int32 == GIMP_RUN_NONINTERACTIVE)
    return TRUE;

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _("Deep Feature Interpolation has no dialog; call it from a script with RUN-NONINTERACTIVE."));
  return FALSE;
}

static void
run (const gchar      *name,
     gint              n_params,
     const GimpParam  *param,
     gint             *n_return_values,
     GimpParam       **return_values)
{
  static GimpParam values[3];   /* GIMP reads them, and the message, after we have returned */
  GError          *error = NULL;
  gboolean         edit  = strcmp (name, EDIT_PROCEDURE) == 0;

  bindtextdomain (GETTEXT_PACKAGE, DFI_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  values[0].type   = GIMP_PDB_STATUS;
  *return_values   = values;
  *n_return_values = 1 + (edit ? G_N_ELEMENTS (edit_values) : G_N_ELEMENTS (attributes_values));

  if (check_run_mode (param, &error) &&
      (edit ? run_edit (param, &values[1], &error) : run_attributes (param, &values[1], &error)))
    {
      values[0].data.d_status = GIMP_PDB_SUCCESS;
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
