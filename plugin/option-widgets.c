/* A widget shows one argument of settings.h, and its handler puts into the settings what was chosen. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "databases.h"
#include "option-widgets.h"

struct _DfiOptionWidgets
{
  DfiApplySettings    *settings;
  DfiOptionWidgetsFunc changed;
  DfiOptionWidgetsFunc files_changed;
  gpointer             data;
  gboolean             silent; /* the widgets are being set */

  GtkWidget    *box;
  GtkWidget    *quality;
  GtkWidget    *preset;
  DfiDatabases *databases;
  GtkWidget    *widgets[DFI_N_ARGUMENTS]; /* which show arguments, or NULL */
};

typedef struct
{
  const char *name;
  const char *label;
} Choice;

static const Choice qualities[] = /* by DfiQuality */
    { { "preview", N_ ("Preview") }, { "normal", N_ ("Normal") }, { "best", N_ ("Best") } };

static const Choice presets[] = { { "", N_ ("As usual") },
                                  { "paper", N_ ("Authors' demonstration") },
                                  { "slides", N_ ("Equations alone") } };

/* ---------- settings -> widgets ---------- */

static const DfiArgument *
widget_argument (GtkWidget *widget)
{
  return g_object_get_data (G_OBJECT (widget), "dfi-argument");
}

static void
show_argument (DfiOptionWidgets *options, GtkWidget *widget)
{
  const DfiArgument *argument = widget_argument (widget);

  switch (argument->type)
    {
    case DFI_ARGUMENT_INTEGER:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (widget), DFI_ARGUMENT_VALUE (options->settings, argument, int));
      break;
    case DFI_ARGUMENT_NUMBER:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (widget), DFI_ARGUMENT_VALUE (options->settings, argument, double));
      break;
    case DFI_ARGUMENT_BOOLEAN:
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (widget), DFI_ARGUMENT_VALUE (options->settings, argument, gboolean));
      break;
    case DFI_ARGUMENT_TEXT:
      gtk_entry_set_text (GTK_ENTRY (widget), DFI_ARGUMENT_VALUE (options->settings, argument, char *));
      break;
    case DFI_ARGUMENT_FILE:
      if (*DFI_ARGUMENT_VALUE (options->settings, argument, char *))
        gtk_file_chooser_set_filename (GTK_FILE_CHOOSER (widget), DFI_ARGUMENT_VALUE (options->settings, argument, char *));
      else
        gtk_file_chooser_unselect_all (GTK_FILE_CHOOSER (widget));
      break;
    }
}

/* The preset that the settings are those of; -1 when they are of none. */
static int
current_preset (const DfiApplySettings *settings)
{
  int found = -1;

  for (size_t i = 0; i < G_N_ELEMENTS (presets) && found < 0; i++)
    {
      DfiApplySettings preset;

      dfi_apply_settings_init (&preset);
      if (dfi_apply_settings_preset (&preset, presets[i].name, NULL) && dfi_apply_settings_same_method (&preset, settings))
        found = i;
      dfi_apply_settings_clear (&preset);
    }
  return found;
}

static void
show_preset (DfiOptionWidgets *options)
{
  gboolean silent = options->silent;

  options->silent = TRUE;
  gtk_combo_box_set_active (GTK_COMBO_BOX (options->preset), current_preset (options->settings));
  options->silent = silent;
}

void
dfi_option_widgets_update (DfiOptionWidgets *options)
{
  DfiQuality quality = DFI_QUALITY_NORMAL;

  options->silent = TRUE;
  dfi_quality_parse (options->settings->quality, &quality, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (options->quality), quality);
  show_preset (options);
  dfi_databases_set (options->databases, options->settings->database);
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    if (options->widgets[i])
      show_argument (options, options->widgets[i]);
  options->silent = FALSE;
}

/* ---------- widgets -> settings ---------- */

static void
number_changed (GtkWidget *spin, gpointer data)
{
  DfiOptionWidgets  *options  = data;
  const DfiArgument *argument = widget_argument (spin);
  double             value    = gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin));

  if (options->silent)
    return;
  if (argument->type == DFI_ARGUMENT_INTEGER)
    DFI_ARGUMENT_VALUE (options->settings, argument, int) = value;
  else
    DFI_ARGUMENT_VALUE (options->settings, argument, double) = value;
  show_preset (options);
  options->changed (options->data);
}

static void
choice_toggled (GtkWidget *button, gpointer data)
{
  DfiOptionWidgets *options = data;

  if (options->silent)
    return;
  DFI_ARGUMENT_VALUE (options->settings, widget_argument (button), gboolean) =
      gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button));
  show_preset (options);
  options->changed (options->data);
}

static void
text_changed (GtkWidget *entry, gpointer data)
{
  DfiOptionWidgets  *options  = data;
  const DfiArgument *argument = widget_argument (entry);

  if (options->silent)
    return;
  g_free (DFI_ARGUMENT_VALUE (options->settings, argument, char *));
  DFI_ARGUMENT_VALUE (options->settings, argument, char *) = g_strstrip (g_strdup (gtk_entry_get_text (GTK_ENTRY (entry))));
  options->changed (options->data);
}

static void
file_chosen (GtkWidget *button, gpointer data)
{
  DfiOptionWidgets  *options  = data;
  const DfiArgument *argument = widget_argument (button);
  char              *file     = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (button));

  g_free (DFI_ARGUMENT_VALUE (options->settings, argument, char *));
  DFI_ARGUMENT_VALUE (options->settings, argument, char *) = file ? file : g_strdup ("");
  options->files_changed (options->data);
}

static void
database_chosen (gpointer data)
{
  DfiOptionWidgets *options = data;

  g_free (options->settings->database);
  options->settings->database = g_strdup (dfi_databases_get (options->databases));
  options->files_changed (options->data);
}

static void
quality_chosen (GtkComboBox *combo, gpointer data)
{
  DfiOptionWidgets *options = data;

  if (options->silent)
    return;
  g_free (options->settings->quality);
  options->settings->quality = g_strdup (qualities[gtk_combo_box_get_active (combo)].name);
  options->changed (options->data);
}

static void
preset_chosen (GtkComboBox *combo, gpointer data)
{
  DfiOptionWidgets *options = data;
  int               chosen  = gtk_combo_box_get_active (combo);

  if (options->silent || chosen < 0)
    return;
  dfi_apply_settings_preset (options->settings, presets[chosen].name, NULL);
  dfi_option_widgets_update (options);
  options->changed (options->data);
}

/* ---------- rows ---------- */

/* A row for two settings side by side. */
static GtkWidget *
add_row (GtkWidget *box)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  gtk_box_set_homogeneous (GTK_BOX (row), TRUE);
  gtk_box_pack_start (GTK_BOX (box), row, FALSE, FALSE, 0);
  return row;
}

/* Puts a label, and the widget that it is for, into a row. */
static void
add_widget (GtkWidget *row, GtkSizeGroup *sizes, const char *text, const char *blurb, GtkWidget *widget)
{
  GtkWidget *cell  = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new_with_mnemonic (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), widget);
  gtk_size_group_add_widget (sizes, label);
  if (blurb)
    gtk_widget_set_tooltip_text (widget, blurb);
  gtk_box_pack_start (GTK_BOX (cell), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (cell), widget, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (row), cell, TRUE, TRUE, 0);
}

static GtkWidget *
new_combo (DfiOptionWidgets *options, const Choice *choices, size_t n, GCallback handler)
{
  GtkWidget *combo = gtk_combo_box_text_new ();

  for (size_t i = 0; i < n; i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), _ (choices[i].label));
  g_signal_connect (combo, "changed", handler, options);
  return combo;
}

static const DfiArgument *
find_argument (const char *name)
{
  int i = 0;

  while (strcmp (dfi_arguments[i].name, name) != 0)
    i++;
  return &dfi_arguments[i];
}

/* A widget for an argument; @digits and @step are of numbers. */
static void
add_argument (DfiOptionWidgets *options, GtkWidget *row, GtkSizeGroup *sizes, const char *name, int digits, double step)
{
  const DfiArgument *argument = find_argument (name);
  const char        *label    = _ (argument->label);
  const char        *blurb    = _ (argument->blurb);
  GtkWidget         *widget;
  const char        *signal;
  GCallback          handler;

  switch (argument->type)
    {
    case DFI_ARGUMENT_BOOLEAN:
      widget  = gtk_check_button_new_with_mnemonic (label);
      signal  = "toggled";
      handler = G_CALLBACK (choice_toggled);
      break;
    case DFI_ARGUMENT_FILE:
      widget  = gtk_file_chooser_button_new (blurb, GTK_FILE_CHOOSER_ACTION_OPEN);
      signal  = "file-set";
      handler = G_CALLBACK (file_chosen);
      break;
    case DFI_ARGUMENT_TEXT:
      widget = gtk_entry_new ();
      gtk_entry_set_width_chars (GTK_ENTRY (widget), 8);
      signal  = "changed";
      handler = G_CALLBACK (text_changed);
      break;
    default:
      widget = gtk_spin_button_new_with_range (argument->min, argument->max, step);
      gtk_spin_button_set_digits (GTK_SPIN_BUTTON (widget), digits);
      gtk_entry_set_width_chars (GTK_ENTRY (widget), 8);
      signal  = "value-changed";
      handler = G_CALLBACK (number_changed);
      break;
    }

  g_object_set_data (G_OBJECT (widget), "dfi-argument", (gpointer) argument);
  options->widgets[argument - dfi_arguments] = widget;
  g_signal_connect (widget, signal, handler, options);
  if (argument->type == DFI_ARGUMENT_BOOLEAN)
    {
      gtk_widget_set_tooltip_text (widget, blurb);
      gtk_box_pack_start (GTK_BOX (row), widget, TRUE, TRUE, 0);
    }
  else
    add_widget (row, sizes, label, blurb, widget);
}

/* ---------- the whole ---------- */

static GtkWidget *
new_more_options (DfiOptionWidgets *options)
{
  GtkWidget    *box   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkSizeGroup *left  = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkSizeGroup *right = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget    *row;

  row = add_row (box);
  add_widget (row, left, _ ("_Preset"), _ ("Sets what follows down to smoothness, and colours, together"), options->preset);
  add_argument (options, row, right, "iterations", 0, 10);
  row = add_row (box);
  add_argument (options, row, left, "neighbours", 0, 10);
  add_argument (options, row, right, "delta", 2, 0.1);
  row = add_row (box);
  add_argument (options, row, left, "by-attributes", 0, 0);
  add_argument (options, row, right, "match", 0, 0);
  row = add_row (box);
  add_argument (options, row, left, "box", 0, 0);
  row = add_row (box);
  add_argument (options, row, left, "lambda", 4, 0.001);
  add_argument (options, row, right, "beta", 2, 0.1);
  row = add_row (box);
  add_argument (options, row, left, "feather", 2, 0.05);
  add_argument (options, row, right, "taps", 0, 0);
  row = add_row (box);
  add_widget (row, left, _ (find_argument ("database")->label), NULL, dfi_databases_widget (options->databases));
  add_argument (options, row, right, "weights", 0, 0);

  g_object_unref (left);
  g_object_unref (right);
  return box;
}

DfiOptionWidgets *
dfi_option_widgets_new (DfiApplySettings    *settings,
                        DfiOptionWidgetsFunc changed,
                        DfiOptionWidgetsFunc files_changed,
                        gpointer             data)
{
  DfiOptionWidgets *options  = g_new0 (DfiOptionWidgets, 1);
  GtkWidget        *box      = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget        *expander = gtk_expander_new_with_mnemonic (_ ("_More options"));
  GtkSizeGroup     *sizes    = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget        *row      = add_row (box);

  options->settings      = settings;
  options->changed       = changed;
  options->files_changed = files_changed;
  options->data          = data;
  options->box           = box;
  options->quality       = new_combo (options, qualities, G_N_ELEMENTS (qualities), G_CALLBACK (quality_chosen));
  options->preset        = new_combo (options, presets, G_N_ELEMENTS (presets), G_CALLBACK (preset_chosen));
  options->databases     = dfi_databases_new (database_chosen, options);

  add_widget (row, sizes, _ ("_Quality"),
              _ ("How long to search for the result; the preview is quick at first, and then as good"), options->quality);
  add_argument (options, row, sizes, "colour", 0, 0);
  gtk_container_add (GTK_CONTAINER (expander), new_more_options (options));
  gtk_box_pack_start (GTK_BOX (box), expander, FALSE, FALSE, 0);
  dfi_option_widgets_update (options);
  g_object_set_data_full (G_OBJECT (box), "dfi-options", options, g_free);
  g_object_unref (sizes);
  return options;
}

GtkWidget *
dfi_option_widgets_widget (DfiOptionWidgets *options)
{
  return options->box;
}
