/* A widget shows one option of the table, and its handler puts into the settings what was chosen.  Options for research have no
 * widget: they are one text, as the procedure of GIMP 2.10 takes it. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "databases.h"
#include "option-widgets.h"
#include "procedure.h"

struct _DfiOptionWidgets
{
  DfiApplySettings    *settings;
  DfiOptionWidgetsFunc changed;
  DfiOptionWidgetsFunc files_changed;
  DfiOptionWidgetsFunc output_changed;
  gpointer             data;
  gboolean             silent; /* the widgets are being set */

  GtkWidget    *box;
  DfiDatabases *databases;
  GtkWidget    *others; /* the text of the options that have no widget */
  GtkWidget    *output;
  GtkWidget    *widgets[DFI_N_OPTIONS]; /* which show options, or NULL */
};

/* Options with a widget; all others are in the text. */
static const char *const shown[] = { "quality", "colour", "feather", "match", "focus", "database", NULL };

/* What a quality is called, by DfiQuality. */
static const char *const qualities[] = { N_ ("Preview"), N_ ("Normal"), N_ ("Best") };

/* What an output is called, by DfiOutput. */
static const char *const outputs[] = { N_ ("New layer"), N_ ("New layer with a mask"), N_ ("Effect of the layer") };

/* ---------- settings -> widgets ---------- */

static const DfiOption *
widget_option (GtkWidget *widget)
{
  return g_object_get_data (G_OBJECT (widget), "dfi-option");
}

static void
show_option (const DfiOptions *options, GtkWidget *widget)
{
  const DfiOption *option = widget_option (widget);

  switch (option->type)
    {
    case DFI_OPTION_NUMBER:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (widget), DFI_OPTION_VALUE (options, option, double));
      break;
    case DFI_OPTION_BOOLEAN:
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (widget), DFI_OPTION_VALUE (options, option, gboolean));
      break;
    case DFI_OPTION_CHOICE: gtk_combo_box_set_active (GTK_COMBO_BOX (widget), DFI_OPTION_VALUE (options, option, int)); break;
    default: break; /* has no such widget */
    }
}

/* Shows what is wrong with the text; NULL: nothing. */
static void
mark_others (DfiOptionWidgets *widgets, const char *wrong)
{
  gtk_entry_set_icon_from_icon_name (GTK_ENTRY (widgets->others), GTK_ENTRY_ICON_SECONDARY, wrong ? "dialog-warning" : NULL);
  if (wrong)
    gtk_entry_set_icon_tooltip_text (GTK_ENTRY (widgets->others), GTK_ENTRY_ICON_SECONDARY, wrong);
}

static void
show_widgets (DfiOptionWidgets *widgets)
{
  widgets->silent = TRUE;
  dfi_databases_set (widgets->databases, widgets->settings->options.database);
  gtk_combo_box_set_active (GTK_COMBO_BOX (widgets->output), widgets->settings->output);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (widgets->widgets[i])
      show_option (&widgets->settings->options, widgets->widgets[i]);
  widgets->silent = FALSE;
}

void
dfi_option_widgets_update (DfiOptionWidgets *widgets)
{
  char *others = dfi_options_print (&widgets->settings->options, shown);

  show_widgets (widgets);
  gtk_entry_set_text (GTK_ENTRY (widgets->others), others);
  mark_others (widgets, NULL);
  g_free (others);
}

/* ---------- widgets -> settings ---------- */

static void
number_changed (GtkWidget *spin, gpointer data)
{
  DfiOptionWidgets *widgets = data;

  if (widgets->silent)
    return;
  DFI_OPTION_VALUE (&widgets->settings->options, widget_option (spin), double) =
      gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin));
  widgets->changed (widgets->data);
}

static void
switch_toggled (GtkWidget *button, gpointer data)
{
  DfiOptionWidgets *widgets = data;

  if (widgets->silent)
    return;
  DFI_OPTION_VALUE (&widgets->settings->options, widget_option (button), gboolean) =
      gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button));
  widgets->changed (widgets->data);
}

/* A quality says how many iterations there are, until they are changed in turn. */
static void
choice_changed (GtkWidget *combo, gpointer data)
{
  DfiOptionWidgets *widgets = data;
  const DfiOption  *option  = widget_option (combo);

  if (widgets->silent)
    return;
  dfi_options_set (&widgets->settings->options, option, option->words[gtk_combo_box_get_active (GTK_COMBO_BOX (combo))], NULL);
  show_widgets (widgets);
  widgets->changed (widgets->data);
}

static void
database_chosen (gpointer data)
{
  DfiOptionWidgets *widgets = data;

  dfi_options_set (&widgets->settings->options, dfi_option_find ("database", NULL), dfi_databases_get (widgets->databases), NULL);
  widgets->files_changed (widgets->data);
}

/* Sets the options without a widget to what is usual. */
static void
reset_others (DfiOptions *options)
{
  DfiOptions usual;

  dfi_options_init (&usual);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (! g_strv_contains (shown, dfi_option_table[i].name))
      {
        char *value = dfi_options_get (&usual, &dfi_option_table[i]);

        dfi_options_set (options, &dfi_option_table[i], value, NULL);
        g_free (value);
      }
  dfi_options_clear (&usual);
}

/* A text that cannot be read changes nothing. */
static gboolean
others_entered (GtkWidget *entry, gpointer unused, gpointer data)
{
  DfiOptionWidgets *widgets = data;
  const char       *text    = gtk_entry_get_text (GTK_ENTRY (entry));
  char             *old     = dfi_options_print (&widgets->settings->options, shown);
  GError           *error   = NULL;
  DfiOptions        trial;

  dfi_options_init (&trial);
  dfi_options_parse (&trial, text, &error);
  mark_others (widgets, error ? error->message : NULL);
  if (! error && strcmp (text, old) != 0)
    {
      reset_others (&widgets->settings->options);
      dfi_options_parse (&widgets->settings->options, text, NULL);
      dfi_option_widgets_update (widgets);
      widgets->files_changed (widgets->data);
    }
  dfi_options_clear (&trial);
  g_clear_error (&error);
  g_free (old);
  return FALSE;
}

static void
others_activated (GtkWidget *entry, gpointer data)
{
  others_entered (entry, NULL, data);
}

static void
output_chosen (GtkWidget *combo, gpointer data)
{
  DfiOptionWidgets *widgets = data;

  if (widgets->silent)
    return;
  widgets->settings->output = gtk_combo_box_get_active (GTK_COMBO_BOX (combo));
  widgets->output_changed (widgets->data);
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
new_choice (const char *const *labels, size_t n)
{
  GtkWidget *combo = gtk_combo_box_text_new ();

  dfi_combo_ellipsize (combo);
  for (size_t i = 0; i < n; i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), _ (labels[i]));
  return combo;
}

/* A widget for an option that is a switch, a choice or a number. */
static void
add_option (DfiOptionWidgets *widgets, GtkWidget *row, GtkSizeGroup *sizes, const char *name)
{
  const DfiOption *option = dfi_option_find (name, NULL);
  const char      *label  = _ (option->label);
  char            *blurb  = dfi_option_describe (option);
  GtkWidget       *widget;
  const char      *signal;
  GCallback        handler;

  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN:
      widget  = gtk_check_button_new_with_mnemonic (label);
      signal  = "toggled";
      handler = G_CALLBACK (switch_toggled);
      break;
    case DFI_OPTION_CHOICE:
      widget  = new_choice (qualities, G_N_ELEMENTS (qualities));
      signal  = "changed";
      handler = G_CALLBACK (choice_changed);
      break;
    default:
      widget = gtk_spin_button_new_with_range (option->min, option->max, 0.05);
      gtk_entry_set_width_chars (GTK_ENTRY (widget), 5);
      signal  = "value-changed";
      handler = G_CALLBACK (number_changed);
      break;
    }

  g_object_set_data (G_OBJECT (widget), "dfi-option", (gpointer) option);
  widgets->widgets[option - dfi_option_table] = widget;
  g_signal_connect (widget, signal, handler, widgets);
  if (option->type == DFI_OPTION_BOOLEAN)
    {
      gtk_widget_set_tooltip_text (widget, blurb);
      gtk_box_pack_start (GTK_BOX (row), widget, TRUE, TRUE, 0);
    }
  else
    add_widget (row, sizes, label, blurb, widget);
  g_free (blurb);
}

/* A line an option that has no widget, and what it does. Free with g_free(). */
static char *
others_blurb (void)
{
  GString *text = g_string_new (_ ("Settings for research, such as “lambda=0.01, preset=paper”"));

  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (! g_strv_contains (shown, dfi_option_table[i].name))
      {
        char *option = dfi_option_describe (&dfi_option_table[i]);

        g_string_append_printf (text, "\n%s: %s", dfi_option_table[i].name, option);
        g_free (option);
      }
  return g_string_free (text, FALSE);
}

static GtkWidget *
new_others (DfiOptionWidgets *widgets)
{
  GtkWidget *entry = gtk_entry_new ();

  gtk_entry_set_width_chars (GTK_ENTRY (entry), 5); /* at least: it takes what room there is */
  g_signal_connect (entry, "activate", G_CALLBACK (others_activated), widgets);
  g_signal_connect (entry, "focus-out-event", G_CALLBACK (others_entered), widgets);
  return entry;
}

/* ---------- the whole ---------- */

static GtkWidget *
new_more_options (DfiOptionWidgets *widgets)
{
  GtkWidget    *box   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkSizeGroup *left  = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkSizeGroup *right = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  char         *blurb = others_blurb ();
  GtkWidget    *row;

  row = add_row (box);
  add_option (widgets, row, left, "feather");
  add_option (widgets, row, right, "match");
  row = add_row (box);
  add_widget (row, left, _ (dfi_option_find ("database", NULL)->label), NULL, dfi_databases_widget (widgets->databases));
  add_option (widgets, row, right, "focus");
  row = add_row (box);
  add_widget (row, left, _ ("Other opt_ions"), blurb, widgets->others);
  add_widget (row, right, _ ("Ma_ke"), _ (DFI_OUTPUT_ARGUMENT), widgets->output);

  g_free (blurb);
  g_object_unref (left);
  g_object_unref (right);
  return box;
}

DfiOptionWidgets *
dfi_option_widgets_new (DfiApplySettings    *settings,
                        DfiOptionWidgetsFunc changed,
                        DfiOptionWidgetsFunc files_changed,
                        DfiOptionWidgetsFunc output_changed,
                        gpointer             data)
{
  DfiOptionWidgets *widgets  = g_new0 (DfiOptionWidgets, 1);
  GtkWidget        *box      = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget        *expander = gtk_expander_new_with_mnemonic (_ ("_More options"));
  GtkSizeGroup     *sizes    = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget        *row      = add_row (box);

  widgets->settings       = settings;
  widgets->changed        = changed;
  widgets->files_changed  = files_changed;
  widgets->output_changed = output_changed;
  widgets->data           = data;
  widgets->box            = box;
  widgets->databases      = dfi_databases_new (database_chosen, widgets);
  widgets->others         = new_others (widgets);
  widgets->output         = new_choice (outputs, dfi_n_outputs);
  g_signal_connect (widgets->output, "changed", G_CALLBACK (output_chosen), widgets);

  add_option (widgets, row, sizes, "quality");
  add_option (widgets, row, sizes, "colour");
  gtk_container_add (GTK_CONTAINER (expander), new_more_options (widgets));
  gtk_box_pack_start (GTK_BOX (box), expander, FALSE, FALSE, 0);
  dfi_option_widgets_update (widgets);
  g_object_set_data_full (G_OBJECT (box), "dfi-option-widgets", widgets, g_free);
  g_object_unref (sizes);
  return widgets;
}

GtkWidget *
dfi_option_widgets_widget (DfiOptionWidgets *widgets)
{
  return widgets->box;
}
