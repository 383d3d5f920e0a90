#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "preset-widgets.h"

typedef struct
{
  DfiApplySettings   *settings;
  DfiPresetLoadedFunc loaded;
  DfiPresetSayFunc    say;
  gpointer            data;

  char     **names;
  GtkWidget *combo;
  GtkWidget *entry; /* the combo box's */
  GtkWidget *save;
  GtkWidget *remove;
} Presets;

/* Free with g_free(). */
static char *
entered_name (const Presets *presets)
{
  return g_strstrip (g_strdup (gtk_entry_get_text (GTK_ENTRY (presets->entry))));
}

static gboolean
known (const Presets *presets, const char *name)
{
  return g_strv_contains ((const char *const *) presets->names, name);
}

/* To save under a name that is there already is to replace, and the button says so. */
static void
update_buttons (Presets *presets)
{
  char *name = entered_name (presets);

  gtk_button_set_label (GTK_BUTTON (presets->save), known (presets, name) ? _ ("O_verwrite") : _ ("Sa_ve"));
  gtk_widget_set_sensitive (presets->save, *name != '\0');
  gtk_widget_set_sensitive (presets->remove, known (presets, name));
  g_free (name);
}

static void
list_names (Presets *presets)
{
  g_strfreev (presets->names);
  presets->names = dfi_presets_list ();
  gtk_list_store_clear (GTK_LIST_STORE (gtk_combo_box_get_model (GTK_COMBO_BOX (presets->combo))));
  for (int i = 0; presets->names[i]; i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (presets->combo), presets->names[i]);
  update_buttons (presets);
}

/* Says what was done with the preset @name, in @done's words, or why it was not possible. */
static void
report (Presets *presets, const char *done, const char *name, GError *error)
{
  char *text = error ? g_strdup (error->message) : g_strdup_printf (done, name);

  presets->say (text, presets->data);
  g_clear_error (&error);
  g_free (text);
}

static void
load (Presets *presets, const char *name)
{
  GError *error = NULL;

  if (dfi_presets_load (name, presets->settings, &error))
    presets->loaded (presets->data);
  else
    report (presets, NULL, name, error);
}

static void
save (Presets *presets, const char *name)
{
  GError *error = NULL;

  dfi_presets_save (name, presets->settings, &error);
  report (presets, _ ("The preset “%s” is kept."), name, error);
  list_names (presets);
}

/* What is chosen from the list is loaded; what is typed may become the name of a new one. */
static void
name_changed (GtkComboBox *combo, gpointer data)
{
  Presets *presets = data;
  char    *name    = entered_name (presets);

  update_buttons (presets);
  if (gtk_combo_box_get_active (combo) >= 0)
    load (presets, name);
  g_free (name);
}

/* Enter loads what there is and keeps what is new; it replaces nothing, also not what another window has kept meanwhile. */
static void
name_entered (GtkEntry *entry, gpointer data)
{
  Presets *presets = data;
  char    *name    = entered_name (presets);

  list_names (presets);
  if (known (presets, name))
    load (presets, name);
  else if (*name)
    save (presets, name);
  g_free (name);
}

static void
save_clicked (GtkButton *button, gpointer data)
{
  Presets *presets = data;
  char    *name    = entered_name (presets);

  save (presets, name);
  g_free (name);
}

static void
remove_clicked (GtkButton *button, gpointer data)
{
  Presets *presets = data;
  char    *name    = entered_name (presets);
  GError  *error   = NULL;

  if (dfi_presets_delete (name, &error))
    gtk_entry_set_text (GTK_ENTRY (presets->entry), "");
  report (presets, _ ("The preset “%s” is deleted."), name, error);
  list_names (presets);
  g_free (name);
}

static void
free_presets (gpointer data)
{
  Presets *presets = data;

  g_strfreev (presets->names);
  g_free (presets);
}

GtkWidget *
dfi_preset_widgets_new (DfiApplySettings *settings, DfiPresetLoadedFunc loaded, DfiPresetSayFunc say, gpointer data)
{
  Presets   *presets = g_new0 (Presets, 1);
  GtkWidget *box     = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label   = gtk_label_new_with_mnemonic (_ ("_Preset"));

  *presets        = (Presets){ settings, loaded, say, data };
  presets->combo  = gtk_combo_box_text_new_with_entry ();
  presets->entry  = gtk_bin_get_child (GTK_BIN (presets->combo));
  presets->save   = gtk_button_new_with_mnemonic ("");
  presets->remove = gtk_button_new_with_mnemonic (_ ("Dele_te"));
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), presets->entry);
  gtk_entry_set_max_length (GTK_ENTRY (presets->entry), DFI_PRESET_NAME_MAX);
  gtk_entry_set_width_chars (GTK_ENTRY (presets->entry), 8);
  gtk_widget_set_tooltip_text (presets->entry,
                               _ ("Choose a preset to load it, or write a name to keep the sliders and options under"));
  list_names (presets);

  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), presets->combo, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), presets->save, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), presets->remove, FALSE, FALSE, 0);
  g_signal_connect (presets->combo, "changed", G_CALLBACK (name_changed), presets);
  g_signal_connect (presets->entry, "activate", G_CALLBACK (name_entered), presets);
  g_signal_connect (presets->save, "clicked", G_CALLBACK (save_clicked), presets);
  g_signal_connect (presets->remove, "clicked", G_CALLBACK (remove_clicked), presets);
  g_object_set_data_full (G_OBJECT (box), "dfi-presets", presets, free_presets);
  return box;
}
