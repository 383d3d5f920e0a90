#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "sliders.h"

#define RANGE      3.5  /* a slider's ends, at least: what is useful; more than that can be typed */
#define SMALLEST   0.05 /* below it a slider stands in the middle; it moves by 0.1 */
#define LIST_SIZE  76   /* least height of the list, pixels on the screen */
#define SCALE_SIZE 280  /* least width of a slider */
#define BORDER     6    /* around the sliders */

typedef struct
{
  DfiSliders    *sliders;
  int            attribute;
  GtkWidget     *box;
  GtkWidget     *ends; /* the slider and its labels */
  GtkWidget     *spin;
  GtkWidget     *on;         /* ticked while the value counts */
  GtkAdjustment *adjustment; /* of the number, which is the value */
  GtkAdjustment *scale;      /* of the slider, which shows a value beyond its ends at the end */
  gboolean       off;
  char          *words; /* what a search looks in, case-folded */
  int            group; /* among those of struct _DfiSliders */
} Row;

typedef struct
{
  GtkWidget *box;
  GtkWidget *heading;
} Group;

struct _DfiSliders
{
  const DfiDatabase *database;
  DfiSlidersFunc     changed;
  gpointer           data;
  GtkWidget         *box;
  GtkWidget         *search;
  GtkWidget         *all;
  GtkWidget         *nothing; /* says that no attribute has such a name */
  GArray            *groups;  /* of Group */
  Row               *rows;    /* one an attribute that has a slider of its own */
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

static const DfiAttribute *
attribute_of (const Row *row)
{
  return dfi_database_attribute (row->sliders->database, row->attribute);
}

static double
value_of (const Row *row)
{
  double value = gtk_adjustment_get_value (row->adjustment);

  return fabs (value) < SMALLEST ? 0.0 : value;
}

/* ---------- what is shown ---------- */

/* Whether the database has favourites; else all attributes are shown. */
static gboolean
has_favourites (const DfiSliders *sliders)
{
  int first = 0;

  while (first < sliders->n && ! attribute_of (&sliders->rows[first])->favourite)
    first++;
  return first < sliders->n;
}

static gboolean
is_shown (const Row *row, const char *looked_for, gboolean all)
{
  if (*looked_for)
    return strstr (row->words, looked_for) != NULL;
  return all || attribute_of (row)->favourite || value_of (row) != 0.0;
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
      gboolean show = is_shown (row, looked_for, all);

      gtk_widget_set_visible (row->box, show);
      any[row->group] |= show;
      found |= show;
    }
  for (guint i = 0; i < sliders->groups->len; i++)
    {
      Group *group = &g_array_index (sliders->groups, Group, i);

      gtk_widget_set_visible (group->box, any[i]);
      gtk_widget_set_visible (group->heading, all || *looked_for);
    }
  gtk_widget_set_visible (sliders->nothing, ! found);

  g_free (any);
  g_free (looked_for);
}

static void
clear_search (GtkEntry *entry, GtkEntryIconPosition position, GdkEvent *event, gpointer data)
{
  gtk_entry_set_text (entry, "");
}

/* ---------- values ---------- */

/* What stands in the middle can be neither on nor off. */
static void
show_switch (Row *row)
{
  gboolean moved    = value_of (row) != 0.0;
  gboolean was_mute = row->sliders->silent;

  row->off             = row->off && moved;
  row->sliders->silent = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row->on), moved && ! row->off);
  row->sliders->silent = was_mute;
  gtk_widget_set_sensitive (row->on, moved);
  gtk_widget_set_sensitive (row->ends, ! row->off);
  gtk_widget_set_sensitive (row->spin, ! row->off);
}

DfiRequest *
dfi_sliders_changes (DfiSliders *sliders, gboolean on, int *n_requests)
{
  DfiRequest *requests = g_new (DfiRequest, sliders->n);

  *n_requests = 0;
  for (int i = 0; i < sliders->n; i++)
    if (value_of (&sliders->rows[i]) != 0.0 && sliders->rows[i].off != on)
      requests[(*n_requests)++] = (DfiRequest){ sliders->rows[i].attribute, value_of (&sliders->rows[i]) };
  return requests;
}

char *
dfi_sliders_text (DfiSliders *sliders, gboolean on)
{
  GString    *text = g_string_new (NULL);
  int         n;
  DfiRequest *requests = dfi_sliders_changes (sliders, on, &n);

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

/* Moves the slider that @request is for: its own, or the one that has it as its other end. */
static void
set_value (DfiSliders *sliders, const DfiRequest *request, gboolean on)
{
  int    mirror    = dfi_database_attribute (sliders->database, request->attribute)->mirror;
  int    attribute = mirror < 0 ? request->attribute : mirror;
  double change    = mirror < 0 ? request->alpha : -request->alpha;
  int    i         = 0;

  while (sliders->rows[i].attribute != attribute)
    i++;
  sliders->rows[i].off = ! on;
  gtk_adjustment_set_value (sliders->rows[i].adjustment, gtk_adjustment_get_value (sliders->rows[i].adjustment) + change);
}

static gboolean
set_values (DfiSliders *sliders, const char *attributes, gboolean on)
{
  int         n        = 0;
  DfiRequest *requests = dfi_requests_parse (sliders->database, attributes, &n, NULL);

  for (int i = 0; i < n; i++)
    set_value (sliders, &requests[i], on);
  g_free (requests);
  return n > 0;
}

/* The same of those of @attributes that the database has, when it has not all; adds the names of the others to @unknown. */
static void
set_known_values (DfiSliders *sliders, const char *attributes, gboolean on, GString *unknown)
{
  char **wishes = g_strsplit (attributes, ",", -1);

  if (! set_values (sliders, attributes, on))
    for (int i = 0; wishes[i]; i++)
      if (*g_strstrip (wishes[i]) && ! set_values (sliders, wishes[i], on))
        g_string_append_printf (unknown, "%s%.*s", unknown->len ? ", " : "", (int) strcspn (wishes[i], "="), wishes[i]);
  g_strfreev (wishes);
}

char *
dfi_sliders_set (DfiSliders *sliders, const char *attributes, const char *off)
{
  GString *unknown = g_string_new (NULL);

  sliders->silent = TRUE;
  for (int i = 0; i < sliders->n; i++)
    gtk_adjustment_set_value (sliders->rows[i].adjustment, 0.0);
  set_known_values (sliders, attributes, TRUE, unknown);
  set_known_values (sliders, off, FALSE, unknown);
  for (int i = 0; i < sliders->n; i++)
    show_switch (&sliders->rows[i]);
  sliders->silent = FALSE;
  update_shown (NULL, sliders);
  return g_string_free (unknown, FALSE);
}

void
dfi_sliders_reset (DfiSliders *sliders)
{
  g_free (dfi_sliders_set (sliders, "", ""));
  sliders->changed (sliders->data);
}

/* ---------- rows ---------- */

static void
value_changed (GtkAdjustment *adjustment, gpointer data)
{
  Row *row = data;

  if (row->sliders->silent)
    return;
  show_switch (row);
  row->sliders->changed (row->sliders->data);
}

static void
switched (GtkToggleButton *button, gpointer data)
{
  Row *row = data;

  if (row->sliders->silent)
    return;
  row->off = ! gtk_toggle_button_get_active (button);
  show_switch (row);
  row->sliders->changed (row->sliders->data);
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
new_scale (Row *row)
{
  double     strength = attribute_of (row)->strength;
  GtkWidget *scale    = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, row->scale);

  gtk_scale_set_draw_value (GTK_SCALE (scale), FALSE);
  for (int i = -1; i <= 1; i++)
    gtk_scale_add_mark (GTK_SCALE (scale), i * strength, GTK_POS_BOTTOM, NULL);
  gtk_widget_set_size_request (scale, SCALE_SIZE, -1);
  g_signal_connect (scale, "button-press-event", G_CALLBACK (press), row);
  g_signal_connect (scale, "scroll-event", G_CALLBACK (pass_scroll), NULL);
  return scale;
}

/* What the slider's two ends are called, above it. */
static GtkWidget *
new_labels (Row *row, const char *left, const char *right)
{
  GtkWidget *events = gtk_event_box_new ();
  GtkWidget *labels = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_event_box_set_visible_window (GTK_EVENT_BOX (events), FALSE);
  gtk_box_pack_start (GTK_BOX (labels), gtk_label_new (left), FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (labels), gtk_label_new (right), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (events), labels);
  g_signal_connect (events, "button-press-event", G_CALLBACK (press), row);
  return events;
}

static void
name_widget (GtkWidget *widget, const char *name)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);

  if (accessible)
    atk_object_set_name (accessible, name);
}

/* Adds to @words all that people may call @attribute, in English and in their language. */
static void
add_words (GString *words, const DfiAttribute *attribute)
{
  const char *called[] = { attribute->name,
                           attribute->label,
                           attribute->opposite_label ? attribute->opposite_label : "",
                           attribute->words ? attribute->words : "",
                           translated (attribute->label),
                           translated (attribute->opposite_label),
                           translated (attribute->words) };

  for (size_t i = 0; i < G_N_ELEMENTS (called); i++)
    g_string_append_printf (words, "%s;", called[i]);
}

/* Also finds what is the slider's other end. Free with g_free(). */
static char *
search_words (const Row *row)
{
  const DfiDatabase *database = row->sliders->database;
  GString           *words    = g_string_new (NULL);
  char              *folded;

  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    if (a == row->attribute || dfi_database_attribute (database, a)->mirror == row->attribute)
      add_words (words, dfi_database_attribute (database, a));
  folded = g_utf8_casefold (words->str, -1);
  g_string_free (words, TRUE);
  return folded;
}

/* What the value is set with. */
static void
pack_row (Row *row, const char *label, const char *opposite)
{
  GtkWidget *scale  = new_scale (row);
  GtkWidget *middle = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  row->box  = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  row->ends = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  row->spin = gtk_spin_button_new (row->adjustment, 0.1, 1);
  row->on   = gtk_check_button_new ();
  name_widget (scale, label);
  name_widget (row->spin, label);
  name_widget (row->on, label);
  gtk_widget_set_tooltip_text (row->on, _ ("Whether the value counts; it is kept either way"));
  gtk_entry_set_activates_default (GTK_ENTRY (row->spin), TRUE);
  g_signal_connect (row->spin, "scroll-event", G_CALLBACK (pass_scroll), NULL);
  g_signal_connect (row->on, "toggled", G_CALLBACK (switched), row);

  gtk_box_pack_start (GTK_BOX (row->ends), new_labels (row, opposite, label), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row->ends), scale, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row->box), row->ends, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (middle), row->spin, TRUE, FALSE, 0); /* no higher than it needs to be */
  gtk_box_pack_start (GTK_BOX (row->box), middle, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row->box), row->on, FALSE, FALSE, 0);
}

static void
init_row (DfiSliders *sliders, Row *row, int attribute)
{
  const double strength = dfi_database_attribute (sliders->database, attribute)->strength;
  const double range    = MAX (RANGE, 1.5 * fabs (strength)); /* the usual strength and half as much again */
  const char  *label, *opposite;
  char        *hint;

  row->sliders    = sliders;
  row->attribute  = attribute;
  row->group      = -1;
  row->words      = search_words (row);
  row->adjustment = GTK_ADJUSTMENT (gtk_adjustment_new (0.0, -DFI_STRENGTH_MAX, DFI_STRENGTH_MAX, 0.1, 0.5, 0.0));
  row->scale      = GTK_ADJUSTMENT (gtk_adjustment_new (0.0, -range, range, 0.1, 0.5, 0.0));
  g_signal_connect (row->adjustment, "value-changed", G_CALLBACK (show_value), row);
  g_signal_connect (row->scale, "value-changed", G_CALLBACK (scale_moved), row);

  label    = translated (attribute_of (row)->label);
  opposite = translated (attribute_of (row)->opposite_label);
  hint     = g_strdup_printf (_ ("%s: double-click to reset; %.1f is its usual strength."), label, strength);
  pack_row (row, label, opposite);
  gtk_widget_set_tooltip_text (row->ends, hint);
  show_switch (row);
  gtk_widget_show_all (row->box);
  gtk_widget_set_no_show_all (row->box, TRUE);
  g_signal_connect (row->adjustment, "value-changed", G_CALLBACK (value_changed), row);
  g_free (hint);
}

static GtkWidget *
new_heading (const char *text)
{
  GtkWidget     *heading    = gtk_label_new (text);
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  gtk_label_set_attributes (GTK_LABEL (heading), attributes);
  gtk_label_set_xalign (GTK_LABEL (heading), 0.0);
  pango_attr_list_unref (attributes);
  return heading;
}

/* Adds a group with the attributes that say they are in it. */
static void
add_group (DfiSliders *sliders, GtkWidget *list, const char *name, const char *label)
{
  Group    group = { gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), new_heading (label) };
  gboolean any   = FALSE;

  gtk_box_pack_start (GTK_BOX (group.box), group.heading, FALSE, FALSE, 4);
  for (int i = 0; i < sliders->n; i++)
    {
      Row *row = &sliders->rows[i];

      if (row->group < 0 && g_strcmp0 (attribute_of (row)->group, name) == 0)
        {
          row->group = sliders->groups->len;
          gtk_box_pack_start (GTK_BOX (group.box), row->box, FALSE, FALSE, 0);
          any = TRUE;
        }
    }

  g_object_ref_sink (group.box);
  if (any)
    {
      gtk_widget_set_no_show_all (group.box, TRUE);
      gtk_box_pack_start (GTK_BOX (list), group.box, FALSE, FALSE, 0);
      g_array_append_val (sliders->groups, group);
    }
  g_object_unref (group.box);
}

static GtkWidget *
new_list (DfiSliders *sliders)
{
  GtkWidget *list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);

  for (size_t i = 0; i < G_N_ELEMENTS (known_groups); i++)
    add_group (sliders, list, known_groups[i].name, _ (known_groups[i].label));
  for (int i = 0; i < sliders->n; i++)
    if (sliders->rows[i].group < 0)
      {
        const char *group = attribute_of (&sliders->rows[i])->group;

        add_group (sliders, list, group, group ? translated (group) : _ ("Other"));
      }
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
  g_array_unref (sliders->groups);
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

/* The rows, without their place in the list. */
static void
make_rows (DfiSliders *sliders)
{
  int n = dfi_database_n_attributes (sliders->database);

  sliders->rows = g_new0 (Row, n);
  for (int a = 0; a < n; a++)
    if (dfi_database_attribute (sliders->database, a)->mirror < 0)
      init_row (sliders, &sliders->rows[sliders->n++], a);
}

/* Makes the list as wide as its widest row, shown or not: what a search finds is not to move the picture beside it.  Before the
 * list is mapped rows do not have the theme's size. */
static void
keep_width (GtkWidget *inside, gpointer data)
{
  DfiSliders *sliders = data;
  int         widest  = 0, least, usual;

  for (int i = 0; i < sliders->n; i++)
    {
      gtk_widget_get_preferred_width (sliders->rows[i].box, &least, &usual);
      widest = MAX (widest, usual);
    }
  gtk_widget_set_size_request (inside, widest + 2 * BORDER, -1);
}

static GtkWidget *
new_scrolled_list (DfiSliders *sliders)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  GtkWidget *viewport = gtk_viewport_new (NULL, NULL);
  GtkWidget *inside   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  sliders->nothing = gtk_label_new (_ ("No attribute has such a name."));
  gtk_widget_set_no_show_all (sliders->nothing, TRUE);
  gtk_container_set_border_width (GTK_CONTAINER (inside), BORDER);
  g_signal_connect (inside, "map", G_CALLBACK (keep_width), sliders);
  gtk_box_pack_start (GTK_BOX (inside), sliders->nothing, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (inside), new_list (sliders), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (viewport), inside);
  gtk_viewport_set_shadow_type (GTK_VIEWPORT (viewport), GTK_SHADOW_NONE);
  gtk_container_add (GTK_CONTAINER (scrolled), viewport);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_shadow_type (GTK_SCROLLED_WINDOW (scrolled), GTK_SHADOW_IN);
  gtk_widget_set_size_request (scrolled, -1, LIST_SIZE);
  dfi_show_scrollbars (scrolled);
  return scrolled;
}

DfiSliders *
dfi_sliders_new (const DfiDatabase *database, const char *attributes, const char *off, DfiSlidersFunc changed, gpointer data)
{
  DfiSliders *sliders = g_new0 (DfiSliders, 1);

  sliders->database = database;
  sliders->changed  = changed;
  sliders->data     = data;
  sliders->groups   = g_array_new (FALSE, FALSE, sizeof (Group));
  sliders->box      = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  make_rows (sliders);
  gtk_box_pack_start (GTK_BOX (sliders->box), new_search (sliders), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (sliders->box), new_scrolled_list (sliders), TRUE, TRUE, 0);
  g_free (dfi_sliders_set (sliders, attributes, off));
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
