#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "sliders.h"

#define RANGE      3.5  /* a slider's ends: what is useful; more than that can be typed */
#define SMALLEST   0.05 /* below it a slider stands in the middle; it moves by 0.1 */
#define LABEL_SIZE 16   /* characters */

typedef struct
{
  DfiSliders    *sliders;
  GtkWidget     *box;
  GtkAdjustment *adjustment; /* of the number, which is the value */
  GtkAdjustment *scale;      /* of the slider, which shows a value beyond its ends at the end */
  char          *words;      /* what a search looks in, case-folded */
  int            group;      /* among those of struct _DfiSliders */
} Row;

struct _DfiSliders
{
  const DfiDatabase *database;
  DfiSlidersFunc     changed;
  gpointer           data;
  GtkWidget         *box;
  GtkWidget         *search;
  GtkWidget         *all;
  GtkWidget         *nothing; /* says that no attribute has such a name */
  GPtrArray         *groups;  /* of frames */
  Row               *rows;    /* one an attribute */
  int                n;
  gboolean           silent;
};

/* Groups of the bundled database in the order in which they are shown; those of other databases follow. */
static const struct
{
  const char *name, *label;
} known_groups[] = { { "expression", N_ ("Expression") },
                     { "age", N_ ("Age") },
                     { "facial-hair", N_ ("Facial hair") },
                     { "hair", N_ ("Hair") },
                     { "accessories", N_ ("Accessories") },
                     { "make-up", N_ ("Make-up") },
                     { "skin", N_ ("Skin") },
                     { "face", N_ ("Shape of the face") },
                     { "people", N_ ("People") },
                     { "picture", N_ ("Picture") } };

static const char *
translated (const char *text)
{
  return text && *text ? _ (text) : ""; /* gettext's "" is the catalogue's head */
}

/* ---------- values ---------- */

static double
value_of (const Row *row)
{
  double value = gtk_adjustment_get_value (row->adjustment);

  return fabs (value) < SMALLEST ? 0.0 : value;
}

DfiRequest *
dfi_sliders_changes (DfiSliders *sliders, int *n_requests)
{
  DfiRequest *requests = g_new (DfiRequest, sliders->n);

  *n_requests = 0;
  for (int i = 0; i < sliders->n; i++)
    if (value_of (&sliders->rows[i]) != 0.0)
      requests[(*n_requests)++] = (DfiRequest){ i, value_of (&sliders->rows[i]) };
  return requests;
}

char *
dfi_sliders_text (DfiSliders *sliders)
{
  GString    *text = g_string_new (NULL);
  int         n;
  DfiRequest *requests = dfi_sliders_changes (sliders, &n);

  for (int i = 0; i < n; i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, "%s%s=%s", i ? ", " : "",
                              dfi_database_attribute (sliders->database, requests[i].attribute)->name,
                              g_ascii_formatd (number, sizeof number, "%.2f", requests[i].alpha));
    }
  g_free (requests);
  return g_string_free (text, FALSE);
}

static void
set_values (DfiSliders *sliders, const char *attributes)
{
  int         n        = 0;
  DfiRequest *requests = dfi_requests_parse (sliders->database, attributes, &n, NULL);

  for (int i = 0; requests && i < n; i++)
    gtk_adjustment_set_value (sliders->rows[requests[i].attribute].adjustment, requests[i].alpha);
  g_free (requests);
}

void
dfi_sliders_set (DfiSliders *sliders, const char *attributes)
{
  sliders->silent = TRUE;
  for (int i = 0; i < sliders->n; i++)
    gtk_adjustment_set_value (sliders->rows[i].adjustment, 0.0);
  set_values (sliders, attributes);
  sliders->silent = FALSE;
}

void
dfi_sliders_reset (DfiSliders *sliders)
{
  dfi_sliders_set (sliders, "");
  sliders->changed (sliders->data);
}

/* ---------- what is shown ---------- */

static gboolean
favourite (const DfiSliders *sliders, int attribute)
{
  return dfi_database_attribute (sliders->database, attribute)->favourite;
}

/* Whether the database has favourites; else all attributes are shown. */
static gboolean
has_favourites (const DfiSliders *sliders)
{
  int first = 0;

  while (first < sliders->n && ! favourite (sliders, first))
    first++;
  return first < sliders->n;
}

static gboolean
is_shown (const DfiSliders *sliders, int attribute, const char *looked_for, gboolean all)
{
  const Row *row = &sliders->rows[attribute];

  if (*looked_for)
    return strstr (row->words, looked_for) != NULL;
  return all || favourite (sliders, attribute) || value_of (row) != 0.0;
}

static void
update_shown (GtkWidget *widget, gpointer data)
{
  DfiSliders *sliders    = data;
  char       *looked_for = g_utf8_casefold (gtk_entry_get_text (GTK_ENTRY (sliders->search)), -1);
  gboolean    all        = ! has_favourites (sliders) || gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sliders->all));
  gboolean   *any        = g_new0 (gboolean, sliders->groups->len + 1);
  gboolean    found      = FALSE;

  g_strstrip (looked_for);
  for (int i = 0; i < sliders->n; i++)
    {
      Row     *row  = &sliders->rows[i];
      gboolean show = is_shown (sliders, i, looked_for, all);

      gtk_widget_set_visible (row->box, show);
      any[row->group] |= show;
      found |= show;
    }
  for (guint i = 0; i < sliders->groups->len; i++)
    gtk_widget_set_visible (g_ptr_array_index (sliders->groups, i), any[i]);
  gtk_widget_set_visible (sliders->nothing, ! found);

  g_free (any);
  g_free (looked_for);
}

static void
clear_search (GtkEntry *entry, GtkEntryIconPosition position, GdkEvent *event, gpointer data)
{
  gtk_entry_set_text (entry, "");
}

/* ---------- rows ---------- */

static void
value_changed (GtkAdjustment *adjustment, gpointer data)
{
  DfiSliders *sliders = data;

  if (! sliders->silent)
    sliders->changed (sliders->data);
}

/* Writes what the slider was moved to. */
static void
scale_moved (GtkAdjustment *scale, gpointer data)
{
  Row *row = data;

  gtk_adjustment_set_value (row->adjustment, gtk_adjustment_get_value (scale));
}

/* Moves the slider to where the number is. */
static void
show_value (GtkAdjustment *adjustment, gpointer data)
{
  Row *row = data;

  g_signal_handlers_block_by_func (row->scale, scale_moved, row);
  gtk_adjustment_set_value (row->scale, gtk_adjustment_get_value (adjustment));
  g_signal_handlers_unblock_by_func (row->scale, scale_moved, row);
}

/* A double click brings a slider back to the middle. */
static gboolean
press (GtkWidget *widget, GdkEventButton *event, gpointer data)
{
  Row *row = data;

  if (event->type != GDK_2BUTTON_PRESS || event->button != 1)
    return FALSE;
  gtk_adjustment_set_value (row->adjustment, 0.0);
  return TRUE;
}

/* The wheel is for the list, which else would change values on its way. */
static gboolean
pass_scroll (GtkWidget *scale, GdkEvent *event, gpointer data)
{
  GtkWidget *list = gtk_widget_get_ancestor (scale, GTK_TYPE_SCROLLED_WINDOW);
  gboolean   done;

  if (list)
    g_signal_emit_by_name (list, "scroll-event", event, &done);
  return TRUE;
}

static GtkWidget *
end_label (Row *row, const char *text, double xalign, GtkSizeGroup *sizes)
{
  GtkWidget *events = gtk_event_box_new ();
  GtkWidget *label  = gtk_label_new (text);

  gtk_event_box_set_visible_window (GTK_EVENT_BOX (events), FALSE);
  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), LABEL_SIZE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), LABEL_SIZE);
  gtk_container_add (GTK_CONTAINER (events), label);
  gtk_size_group_add_widget (sizes, events);
  g_signal_connect (events, "button-press-event", G_CALLBACK (press), row);
  return events;
}

static GtkWidget *
new_scale (Row *row, const DfiAttribute *attribute)
{
  GtkWidget *scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, row->scale);

  gtk_scale_set_draw_value (GTK_SCALE (scale), FALSE);
  gtk_scale_add_mark (GTK_SCALE (scale), 0.0, GTK_POS_BOTTOM, NULL);
  gtk_scale_add_mark (GTK_SCALE (scale), attribute->strength, GTK_POS_BOTTOM, NULL);
  gtk_scale_add_mark (GTK_SCALE (scale), -attribute->strength, GTK_POS_BOTTOM, NULL);
  gtk_widget_set_size_request (scale, 160, -1);
  g_signal_connect (scale, "button-press-event", G_CALLBACK (press), row);
  g_signal_connect (scale, "scroll-event", G_CALLBACK (pass_scroll), NULL);
  return scale;
}

static void
name_widget (GtkWidget *widget, const char *name)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);

  if (accessible)
    atk_object_set_name (accessible, name);
}

static void
init_row (DfiSliders *sliders, Row *row, const DfiAttribute *attribute, GtkSizeGroup *left_sizes, GtkSizeGroup *right_sizes)
{
  const char *label    = translated (attribute->label);
  const char *opposite = translated (attribute->opposite_label);
  char       *words    = g_strdup_printf ("%s %s %s", label, opposite, attribute->name);
  char       *hint = g_strdup_printf (_ ("%s: double-click to reset; %.1f is its usual strength."), label, attribute->strength);
  GtkWidget  *scale, *spin;

  row->sliders    = sliders;
  row->words      = g_utf8_casefold (words, -1);
  row->box        = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  row->adjustment = GTK_ADJUSTMENT (gtk_adjustment_new (0.0, -DFI_STRENGTH_MAX, DFI_STRENGTH_MAX, 0.1, 0.5, 0.0));
  row->scale      = GTK_ADJUSTMENT (gtk_adjustment_new (0.0, -RANGE, RANGE, 0.1, 0.5, 0.0));
  g_signal_connect (row->adjustment, "value-changed", G_CALLBACK (show_value), row);
  g_signal_connect (row->scale, "value-changed", G_CALLBACK (scale_moved), row);

  scale = new_scale (row, attribute);
  spin  = gtk_spin_button_new (row->adjustment, 0.1, 1);
  name_widget (scale, label);
  name_widget (spin, label);
  gtk_widget_set_tooltip_text (row->box, hint);
  gtk_entry_set_activates_default (GTK_ENTRY (spin), TRUE);
  g_signal_connect (spin, "scroll-event", G_CALLBACK (pass_scroll), NULL);

  gtk_box_pack_start (GTK_BOX (row->box), end_label (row, opposite, 1.0, left_sizes), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row->box), scale, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (row->box), end_label (row, label, 0.0, right_sizes), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row->box), spin, FALSE, FALSE, 0);
  gtk_widget_show_all (row->box);
  gtk_widget_set_no_show_all (row->box, TRUE);

  g_free (hint);
  g_free (words);
}

/* Adds a group with the attributes that say they are in it. */
static void
add_group (DfiSliders *sliders, GtkWidget *list, const char *name, const char *label)
{
  GtkWidget *frame = gimp_frame_new (label);
  GtkWidget *box   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  gboolean   any   = FALSE;

  for (int i = 0; i < sliders->n; i++)
    {
      Row *row = &sliders->rows[i];

      if (row->group < 0 && g_strcmp0 (dfi_database_attribute (sliders->database, i)->group, name) == 0)
        {
          row->group = sliders->groups->len;
          gtk_box_pack_start (GTK_BOX (box), row->box, FALSE, FALSE, 0);
          any = TRUE;
        }
    }

  gtk_container_add (GTK_CONTAINER (frame), box);
  g_object_ref_sink (frame);
  if (any)
    {
      gtk_widget_show (box);
      gtk_widget_set_no_show_all (frame, TRUE);
      gtk_box_pack_start (GTK_BOX (list), frame, FALSE, FALSE, 0);
      g_ptr_array_add (sliders->groups, frame);
    }
  g_object_unref (frame);
}

static GtkWidget *
new_list (DfiSliders *sliders)
{
  GtkWidget    *list  = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkSizeGroup *left  = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkSizeGroup *right = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);

  for (int i = 0; i < sliders->n; i++)
    {
      sliders->rows[i].group = -1;
      init_row (sliders, &sliders->rows[i], dfi_database_attribute (sliders->database, i), left, right);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (known_groups); i++)
    add_group (sliders, list, known_groups[i].name, _ (known_groups[i].label));
  for (int i = 0; i < sliders->n; i++)
    if (sliders->rows[i].group < 0)
      {
        const char *group = dfi_database_attribute (sliders->database, i)->group;

        add_group (sliders, list, group, group ? translated (group) : _ ("Other"));
      }

  g_object_unref (left);
  g_object_unref (right);
  return list;
}

/* ---------- the whole ---------- */

static void
free_sliders (gpointer data)
{
  DfiSliders *sliders = data;

  for (int i = 0; i < sliders->n; i++)
    g_free (sliders->rows[i].words);
  g_free (sliders->rows);
  g_ptr_array_unref (sliders->groups);
  g_free (sliders);
}

static GtkWidget *
new_search (DfiSliders *sliders)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  char      *all = g_strdup_printf (ngettext ("Show _all %d", "Show _all %d", sliders->n), sliders->n);

  sliders->search = gtk_entry_new ();
  gtk_entry_set_icon_from_icon_name (GTK_ENTRY (sliders->search), GTK_ENTRY_ICON_PRIMARY, "edit-find");
  gtk_entry_set_icon_from_icon_name (GTK_ENTRY (sliders->search), GTK_ENTRY_ICON_SECONDARY, "edit-clear");
  gtk_widget_set_tooltip_text (sliders->search, _ ("Type a part of an attribute's name"));
  name_widget (sliders->search, _ ("Search"));
  sliders->all = gtk_check_button_new_with_mnemonic (all);
  gtk_box_pack_start (GTK_BOX (box), sliders->search, TRUE, TRUE, 0);
  gtk_widget_set_no_show_all (sliders->all, ! has_favourites (sliders));
  gtk_box_pack_start (GTK_BOX (box), sliders->all, FALSE, FALSE, 0);
  g_signal_connect (sliders->search, "changed", G_CALLBACK (update_shown), sliders);
  g_signal_connect (sliders->search, "icon-press", G_CALLBACK (clear_search), NULL);
  g_signal_connect (sliders->all, "toggled", G_CALLBACK (update_shown), sliders);
  g_free (all);
  return box;
}

DfiSliders *
dfi_sliders_new (const DfiDatabase *database, const char *attributes, DfiSlidersFunc changed, gpointer data)
{
  DfiSliders *sliders  = g_new0 (DfiSliders, 1);
  GtkWidget  *scrolled = gtk_scrolled_window_new (NULL, NULL);
  GtkWidget  *viewport = gtk_viewport_new (NULL, NULL);
  GtkWidget  *inside   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  sliders->database = database;
  sliders->changed  = changed;
  sliders->data     = data;
  sliders->n        = dfi_database_n_attributes (database);
  sliders->rows     = g_new0 (Row, sliders->n);
  sliders->groups   = g_ptr_array_new ();
  sliders->box      = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  sliders->nothing  = gtk_label_new (_ ("No attribute has such a name."));
  gtk_widget_set_no_show_all (sliders->nothing, TRUE);

  gtk_container_set_border_width (GTK_CONTAINER (inside), 6);
  gtk_box_pack_start (GTK_BOX (inside), sliders->nothing, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (inside), new_list (sliders), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (viewport), inside);
  gtk_viewport_set_shadow_type (GTK_VIEWPORT (viewport), GTK_SHADOW_NONE);
  gtk_container_add (GTK_CONTAINER (scrolled), viewport);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_shadow_type (GTK_SCROLLED_WINDOW (scrolled), GTK_SHADOW_IN);
  gtk_box_pack_start (GTK_BOX (sliders->box), new_search (sliders), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (sliders->box), scrolled, TRUE, TRUE, 0);

  set_values (sliders, attributes);
  for (int i = 0; i < sliders->n; i++)
    g_signal_connect (sliders->rows[i].adjustment, "value-changed", G_CALLBACK (value_changed), sliders);
  update_shown (NULL, sliders);
  g_object_set_data_full (G_OBJECT (sliders->box), "dfi-sliders", sliders, free_sliders); /* after its children */
  return sliders;
}

GtkWidget *
dfi_sliders_widget (DfiSliders *sliders)
{
  return sliders->box;
}

void
dfi_sliders_show_all (DfiSliders *sliders, gboolean all)
{
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (sliders->all), all);
}

gboolean
dfi_sliders_all_shown (const DfiSliders *sliders)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (sliders->all));
}

void
dfi_sliders_focus (DfiSliders *sliders)
{
  gtk_widget_grab_focus (sliders->search);
}
