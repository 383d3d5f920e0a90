/* The window's state is in struct Dialog; what was chosen goes into the settings as it is chosen, all but the sliders, whose
 * text is made at the end.  There is one preview thread at most: it is ended before anything that it uses changes. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "dialog.h"
#include "picture.h"
#include "preview.h"
#include "procedure.h"
#include "sliders.h"

#define ROLE           "gimp-deep-feature-interpolation"
#define PICTURE_SIZE   400    /* pixels on the screen */
#define PHOTO_SIZE     512    /* of the reduced copy that is edited, longer side */
#define THUMBNAIL_SIZE 48     /* pixels on the screen */
#define POLL           100    /* milliseconds between looks at the preview's progress */
#define RESPONSE_RESET 1

typedef struct
{
  const DfiDrawable *source;
  DfiApplySettings  *settings;

  DfiEditor         *editor;       /* NULL while the files cannot be read */
  DfiFace           *faces;        /* that were found in the layer, the largest first */
  gboolean          *chosen;       /* which of them */
  int                n_faces;
  gboolean           has_face;
  DfiFace            face;         /* in the layer: one of them, or by its eyes */
  DfiImage          *photo;        /* what the picture shows: the layer or the face's surroundings, reduced */
  double             zoom;         /* of the photo; its corner is at that of the reduced layer while eyes are chosen */
  double             eyes[4];      /* that were clicked, in the layer */
  int                n_clicks;
  DfiPreview        *preview;
  guint              poll;         /* source, or 0 */

  GtkWidget         *window;
  DfiPicture        *picture;
  GtkWidget         *thumbnails;
  GtkWidget         *original;
  GtkWidget         *choose_eyes;
  GtkWidget         *progress;
  GtkWidget         *status;
  GtkWidget         *place;        /* of the sliders */
  DfiSliders        *sliders;
  GtkWidget         *quality_combo;
  GtkWidget         *widgets[DFI_N_ARGUMENTS];   /* which show arguments, or NULL */
} Dialog;

static const struct { const char *name, *label; } qualities[] =   /* by DfiQuality */
{
  { "preview", N_("Preview") },
  { "normal",  N_("Normal") },
  { "best",    N_("Best") }
};

static void
say (Dialog     *dialog,
     const char *text)
{
  gtk_label_set_text (GTK_LABEL (dialog->status), text);
}

/* ---------- preview ---------- */

static gboolean
poll_preview (gpointer data)
{
  Dialog   *dialog = data;
  double    fraction;
  gboolean  busy   = dialog->preview && dfi_preview_busy (dialog->preview, &fraction);

  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (dialog->progress), busy ? fraction : 0.0);
  if (! busy)
    dialog->poll = 0;
  return busy;
}

static void
preview_done (const DfiImage *edited,
              const GError   *error,
              gpointer        data)
{
  Dialog *dialog = data;

  if (edited)
    dfi_picture_set_after (dialog->picture, edited);
  say (dialog, error ? error->message : _("Press on the picture to see the original."));
}

/* Brings the preview up to date with the sliders and options. */
static void
update_preview (gpointer data)
{
  Dialog         *dialog  = data;
  DfiEditOptions  options = dialog->settings->edit;
  DfiChange      *changes;
  int             n_changes = 0;

  if (dialog->preview)
    {
      changes            = dfi_sliders_changes (dialog->sliders, &n_changes);
      options.iterations = dfi_quality_iterations (DFI_QUALITY_PREVIEW);
      dfi_preview_start (dialog->preview, changes, n_changes, &options);
      if (! dialog->poll)
        dialog->poll = g_timeout_add (POLL, poll_preview, dialog);
      say (dialog, n_changes ? _("The preview is being made…") : _("Move a slider to change the face."));
      g_free (changes);
    }
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, n_changes > 0);
}

static void
end_preview (Dialog *dialog)
{
  g_clear_pointer (&dialog->preview, dfi_preview_free);
}

/* ---------- the photograph ---------- */

/* Shows @part of the layer, reduced; its corner in the reduced layer goes to @x, @y. */
static gboolean
fetch_photo (Dialog               *dialog,
             const GeglRectangle  *part,
             int                  *x,
             int                  *y,
             GError              **error)
{
  double        zoom  = MIN (1.0, PHOTO_SIZE / (double) MAX (part->width, part->height));
  GeglRectangle small = { floor (part->x * zoom), floor (part->y * zoom), 0, 0 };
  DfiImage     *photo;

  small.width  = MAX (1, (int) ((part->x + part->width) * zoom) - small.x);
  small.height = MAX (1, (int) ((part->y + part->height) * zoom) - small.y);
  photo = dfi_drawable_fetch_small (dialog->source, &small, zoom, error);
  if (! photo)
    return FALSE;

  end_preview (dialog);
  dfi_image_free (dialog->photo);
  dialog->photo = photo;
  dialog->zoom  = zoom;
  *x = small.x;
  *y = small.y;
  dfi_picture_set_before (dialog->picture, photo);
  return TRUE;
}

static DfiFace
reduced_face (const DfiFace *face,
              double         zoom)
{
  DfiFace reduced = *face;

  for (int i = 0; i < 4; i++)
    reduced.box[i] *= zoom;
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      reduced.landmarks[i][0] *= zoom;
      reduced.landmarks[i][1] *= zoom;
    }
  return reduced;
}

/* Shows the face and its surroundings, and starts to preview it. */
static void
show_face (Dialog *dialog)
{
  GError        *error = NULL;
  GeglRectangle  part;
  DfiFace        face;
  int            x, y;

  if (! dialog->editor)
    return;
  if (! dfi_editor_bounds (dialog->editor, &dialog->face, dialog->source->width, dialog->source->height,
                           &part.x, &part.y, &part.width, &part.height, &error) ||
      ! fetch_photo (dialog, &part, &x, &y, &error))
    {
      say (dialog, error->message);
      g_clear_error (&error);
      return;
    }

  face = reduced_face (&dialog->face, dialog->zoom);
  face = dfi_face_move (&face, x, y);
  dialog->preview = dfi_preview_new (dialog->editor, dialog->photo, &face, preview_done, dialog);
  update_preview (dialog);
}

/* ---------- faces ---------- */

static gboolean
choosing_eyes (Dialog *dialog)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes));
}

/* Edits the chosen faces, and shows number @active of them. */
static void
use_faces (Dialog *dialog,
           int     active)
{
  GString *numbers = g_string_new (NULL);

  for (int i = 0; i < dialog->n_faces; i++)
    if (dialog->chosen[i])
      g_string_append_printf (numbers, "%s%d", numbers->len ? ", " : "", i + 1);
  g_free (dialog->settings->faces);
  dialog->settings->faces = g_string_free (numbers, FALSE);
  memset (dialog->settings->eyes, 0, sizeof dialog->settings->eyes);

  dialog->has_face = TRUE;
  dialog->face     = dialog->faces[active];
  if (choosing_eyes (dialog))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes), FALSE);
  else
    show_face (dialog);
}

/* The face that is shown is the one that was clicked, or the first chosen when that one is given up; one at least stays. */
static void
face_toggled (GtkToggleButton *button,
              gpointer         data)
{
  Dialog *dialog = data;
  int     face   = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "dfi-face"));
  int     active = 0;

  dialog->chosen[face] = gtk_toggle_button_get_active (button);
  if (dialog->chosen[face])
    active = face;
  else
    while (active < dialog->n_faces && ! dialog->chosen[active])
      active++;

  if (active < dialog->n_faces)
    use_faces (dialog, active);
  else
    gtk_toggle_button_set_active (button, TRUE);
}

static GtkWidget *
new_thumbnail (Dialog        *dialog,
               const DfiFace *face)
{
  const DfiDrawable *source = dialog->source;
  double             zoom   = THUMBNAIL_SIZE / MAX (face->box[2], face->box[3]);
  GeglRectangle      part   = { face->box[0] * zoom, face->box[1] * zoom, THUMBNAIL_SIZE, THUMBNAIL_SIZE };
  DfiImage          *image;
  DfiPicture        *picture;

  if (zoom > 1.0)   /* only ever reduced; the picture enlarges */
    {
      part = (GeglRectangle) { face->box[0], face->box[1], MAX (1.0, face->box[2]), MAX (1.0, face->box[3]) };
      zoom = 1.0;
    }
  image   = dfi_drawable_fetch_small (source, &part, zoom, NULL);
  picture = dfi_picture_new (THUMBNAIL_SIZE);
  if (image)
    dfi_picture_set_before (picture, image);
  gtk_widget_set_events (dfi_picture_widget (picture), GDK_EXPOSURE_MASK);   /* clicks are for the button around it */
  dfi_image_free (image);
  return dfi_picture_widget (picture);
}

static void
add_thumbnails (Dialog *dialog)
{
  for (int i = 0; i < dialog->n_faces; i++)
    {
      GtkWidget *button = gtk_toggle_button_new ();
      char      *hint   = g_strdup_printf (_("Edit face number %d, too, and show it"), i + 1);

      gtk_container_add (GTK_CONTAINER (button), new_thumbnail (dialog, &dialog->faces[i]));
      gtk_widget_set_tooltip_text (button, hint);
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), dialog->chosen[i]);
      g_object_set_data (G_OBJECT (button), "dfi-face", GINT_TO_POINTER (i));
      g_signal_connect (button, "toggled", G_CALLBACK (face_toggled), dialog);
      gtk_box_pack_start (GTK_BOX (dialog->thumbnails), button, FALSE, FALSE, 0);
      g_free (hint);
    }
  gtk_widget_show_all (dialog->thumbnails);
}

/* FALSE when there is no face, or it cannot be said. */
static gboolean
find_faces (Dialog  *dialog,
            GError **error)
{
  gboolean all = strcmp (dialog->settings->faces, "all") == 0;

  dialog->faces = dfi_apply_find_faces (dialog->source, NULL, NULL, &dialog->n_faces, error);
  if (! dialog->faces)
    {
      dialog->n_faces = 0;
      return FALSE;
    }

  dialog->chosen = g_new0 (gboolean, dialog->n_faces);
  for (int i = 0; i < dialog->n_faces; i++)
    dialog->chosen[i] = all || i == 0;
  if (dialog->n_faces > 1)
    add_thumbnails (dialog);
  return TRUE;
}

/* ---------- eyes ---------- */

static void ask_for_eyes (Dialog *dialog);

static void
eye_clicked (double   x,
             double   y,
             gpointer data)
{
  Dialog *dialog = data;
  GError *error  = NULL;
  double *eye    = dialog->eyes + 2 * dialog->n_clicks++;

  eye[0] = x / dialog->zoom;
  eye[1] = y / dialog->zoom;
  if (dialog->n_clicks == 1)
    {
      say (dialog, _("Now click the centre of the other eye."));
      return;
    }

  if (dfi_face_from_eyes (dialog->eyes, dialog->source->width, dialog->source->height, &dialog->face, &error))
    {
      for (int i = 0; i < 4; i++)
        dialog->settings->eyes[i] = dialog->eyes[i] + (i % 2 ? dialog->source->y : dialog->source->x);
      dialog->has_face = TRUE;
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes), FALSE);
      return;
    }
  ask_for_eyes (dialog);
  say (dialog, error->message);
  g_clear_error (&error);
}

static void
ask_for_eyes (Dialog *dialog)
{
  GeglRectangle  whole = { 0, 0, dialog->source->width, dialog->source->height };
  GError        *error = NULL;
  int            x, y;

  if (! fetch_photo (dialog, &whole, &x, &y, &error))
    {
      say (dialog, error->message);
      g_clear_error (&error);
      return;
    }
  dialog->n_clicks = 0;
  dfi_picture_pick (dialog->picture, eye_clicked, dialog);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  say (dialog, _("Click the centre of one eye of the face."));
}

static void
choose_eyes_toggled (GtkToggleButton *button,
                     gpointer         data)
{
  Dialog *dialog = data;

  if (gtk_toggle_button_get_active (button))
    {
      ask_for_eyes (dialog);
      return;
    }
  if (! dialog->has_face)   /* there is nothing to go back to */
    {
      gtk_toggle_button_set_active (button, TRUE);
      return;
    }
  dfi_picture_pick (dialog->picture, NULL, NULL);
  show_face (dialog);
}

static void
original_toggled (GtkToggleButton *button,
                  gpointer         data)
{
  Dialog *dialog = data;

  dfi_picture_show_before (dialog->picture, gtk_toggle_button_get_active (button));
}

/* ---------- weights and database ---------- */

static void
load_editor (Dialog     *dialog,
             const char *attributes)
{
  DfiApplySettings *settings = dialog->settings;
  GError           *error    = NULL;

  end_preview (dialog);
  if (dialog->sliders)
    gtk_widget_destroy (dfi_sliders_widget (dialog->sliders));
  dialog->sliders = NULL;
  g_clear_pointer (&dialog->editor, dfi_editor_free);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);

  dialog->editor = dfi_editor_new (*settings->weights  ? settings->weights  : NULL,
                                   *settings->database ? settings->database : NULL, &error);
  if (! dialog->editor)
    {
      say (dialog, error->message);
      g_clear_error (&error);
      return;
    }

  dialog->sliders = dfi_sliders_new (dfi_editor_database (dialog->editor), attributes, update_preview, dialog);
  gtk_box_pack_start (GTK_BOX (dialog->place), dfi_sliders_widget (dialog->sliders), TRUE, TRUE, 0);
  gtk_widget_show_all (dfi_sliders_widget (dialog->sliders));
  if (dialog->has_face && ! choosing_eyes (dialog))
    show_face (dialog);
}

/* ---------- options ---------- */

static const DfiArgument *
find_argument (const char *name)
{
  int i = 0;

  while (strcmp (dfi_arguments[i].name, name) != 0)
    i++;
  return &dfi_arguments[i];
}

static const DfiArgument *
widget_argument (GtkWidget *widget)
{
  return g_object_get_data (G_OBJECT (widget), "dfi-argument");
}

static void
number_changed (GtkWidget *spin,
                gpointer   data)
{
  Dialog            *dialog   = data;
  const DfiArgument *argument = widget_argument (spin);
  double             value    = gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin));

  if (argument->type == DFI_ARGUMENT_INTEGER)
    DFI_ARGUMENT_VALUE (dialog->settings, argument, int) = value;
  else
    DFI_ARGUMENT_VALUE (dialog->settings, argument, double) = value;
  update_preview (dialog);
}

static void
choice_toggled (GtkWidget *button,
                gpointer   data)
{
  Dialog *dialog = data;

  DFI_ARGUMENT_VALUE (dialog->settings, widget_argument (button), gboolean) =
    gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button));
  update_preview (dialog);
}

static void
file_chosen (GtkWidget *button,
             gpointer   data)
{
  Dialog            *dialog     = data;
  const DfiArgument *argument   = widget_argument (button);
  char              *file       = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (button));
  char              *attributes = dialog->sliders ? dfi_sliders_text (dialog->sliders) : g_strdup ("");

  g_free (DFI_ARGUMENT_VALUE (dialog->settings, argument, char *));
  DFI_ARGUMENT_VALUE (dialog->settings, argument, char *) = file ? file : g_strdup ("");
  load_editor (dialog, attributes);
  g_free (attributes);
}

static void
quality_chosen (GtkComboBox *combo,
                gpointer     data)
{
  Dialog *dialog = data;

  g_free (dialog->settings->quality);
  dialog->settings->quality = g_strdup (qualities[gtk_combo_box_get_active (combo)].name);
}

static void
show_quality (Dialog *dialog)
{
  DfiQuality quality = DFI_QUALITY_NORMAL;

  dfi_quality_parse (dialog->settings->quality, &quality, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->quality_combo), quality);
}

static void
show_argument (Dialog    *dialog,
               GtkWidget *widget)
{
  const DfiArgument *argument = widget_argument (widget);

  switch (argument->type)
    {
    case DFI_ARGUMENT_INTEGER:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (widget), DFI_ARGUMENT_VALUE (dialog->settings, argument, int));
      break;
    case DFI_ARGUMENT_NUMBER:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (widget), DFI_ARGUMENT_VALUE (dialog->settings, argument, double));
      break;
    case DFI_ARGUMENT_BOOLEAN:
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (widget), DFI_ARGUMENT_VALUE (dialog->settings, argument, gboolean));
      break;
    case DFI_ARGUMENT_FILE:
    case DFI_ARGUMENT_TEXT:
      if (*DFI_ARGUMENT_VALUE (dialog->settings, argument, char *))
        gtk_file_chooser_set_filename (GTK_FILE_CHOOSER (widget), DFI_ARGUMENT_VALUE (dialog->settings, argument, char *));
      else
        gtk_file_chooser_unselect_all (GTK_FILE_CHOOSER (widget));
      break;
    }
}

/* A row with a label, and the widget that it is for. */
static void
add_row (GtkWidget    *box,
         GtkSizeGroup *sizes,
         const char   *text,
         const char   *blurb,
         GtkWidget    *widget)
{
  GtkWidget *row   = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new_with_mnemonic (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), widget);
  gtk_size_group_add_widget (sizes, label);
  gtk_widget_set_tooltip_text (widget, blurb);
  gtk_box_pack_start (GTK_BOX (row), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), widget, ! GTK_IS_SPIN_BUTTON (widget), TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), row, FALSE, FALSE, 0);
}

/* A widget for an argument, showing its value; @digits and @step are of numbers. */
static void
add_argument (Dialog       *dialog,
              GtkWidget    *box,
              GtkSizeGroup *sizes,
              const char   *name,
              int           digits,
              double        step)
{
  const DfiArgument *argument = find_argument (name);
  const char        *label    = _(argument->label);
  const char        *blurb    = _(argument->blurb);
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
    default:
      widget  = gtk_spin_button_new_with_range (argument->min, argument->max, step);
      gtk_spin_button_set_digits (GTK_SPIN_BUTTON (widget), digits);
      gtk_entry_set_width_chars (GTK_ENTRY (widget), 8);
      signal  = "value-changed";
      handler = G_CALLBACK (number_changed);
      break;
    }

  g_object_set_data (G_OBJECT (widget), "dfi-argument", (gpointer) argument);
  dialog->widgets[argument - dfi_arguments] = widget;
  show_argument (dialog, widget);
  g_signal_connect (widget, signal, handler, dialog);
  if (argument->type == DFI_ARGUMENT_BOOLEAN)
    {
      gtk_widget_set_tooltip_text (widget, blurb);
      gtk_box_pack_start (GTK_BOX (box), widget, FALSE, FALSE, 0);
    }
  else
    add_row (box, sizes, label, blurb, widget);
}

static void
reset (Dialog *dialog)
{
  double   eyes[4];
  char    *faces = g_strdup (dialog->settings->faces);
  gboolean files = *dialog->settings->weights || *dialog->settings->database;

  end_preview (dialog);
  memcpy (eyes, dialog->settings->eyes, sizeof eyes);
  dfi_apply_settings_clear (dialog->settings);
  dfi_apply_settings_init (dialog->settings);
  memcpy (dialog->settings->eyes, eyes, sizeof eyes);   /* whose face it is stays */
  g_free (dialog->settings->faces);
  dialog->settings->faces = faces;

  show_quality (dialog);
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    if (dialog->widgets[i])
      show_argument (dialog, dialog->widgets[i]);
  if (files || ! dialog->sliders)
    load_editor (dialog, "");
  else
    {
      dfi_sliders_reset (dialog->sliders);
      if (dialog->has_face && ! choosing_eyes (dialog))
        show_face (dialog);
    }
}

/* ---------- the window ---------- */

static GtkWidget *
new_options (Dialog *dialog)
{
  GtkWidget    *options  = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget    *expander = gtk_expander_new_with_mnemonic (_("_More options"));
  GtkWidget    *more     = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkSizeGroup *sizes    = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);

  dialog->quality_combo = gtk_combo_box_text_new ();
  for (size_t i = 0; i < G_N_ELEMENTS (qualities); i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (dialog->quality_combo), _(qualities[i].label));
  show_quality (dialog);
  g_signal_connect (dialog->quality_combo, "changed", G_CALLBACK (quality_chosen), dialog);

  add_row (options, sizes, _("_Quality"), _("How long to search for the result after OK; the preview is always quick"),
           dialog->quality_combo);
  add_argument (dialog, options, sizes, "colour", 0, 0);
  add_argument (dialog, more, sizes, "feather", 2, 0.05);
  add_argument (dialog, more, sizes, "neighbours", 0, 10);
  add_argument (dialog, more, sizes, "by-attributes", 0, 0);
  add_argument (dialog, more, sizes, "delta", 2, 0.1);
  add_argument (dialog, more, sizes, "match", 0, 0);
  add_argument (dialog, more, sizes, "iterations", 0, 10);
  add_argument (dialog, more, sizes, "lambda", 4, 0.001);
  add_argument (dialog, more, sizes, "beta", 2, 0.1);
  add_argument (dialog, more, sizes, "database", 0, 0);
  add_argument (dialog, more, sizes, "weights", 0, 0);
  gtk_container_add (GTK_CONTAINER (expander), more);
  gtk_box_pack_start (GTK_BOX (options), expander, FALSE, FALSE, 0);
  g_object_unref (sizes);
  return options;
}

static GtkWidget *
new_left_side (Dialog *dialog)
{
  GtkWidget *side    = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *frame   = gtk_frame_new (NULL);
  GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  dialog->picture     = dfi_picture_new (PICTURE_SIZE);
  dialog->progress    = gtk_progress_bar_new ();
  dialog->status      = gtk_label_new (NULL);
  dialog->original    = gtk_toggle_button_new_with_mnemonic (_("O_riginal"));
  dialog->thumbnails  = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  dialog->choose_eyes = gtk_toggle_button_new_with_mnemonic (_("Choose the _Eyes"));

  gtk_frame_set_shadow_type (GTK_FRAME (frame), GTK_SHADOW_IN);
  gtk_container_add (GTK_CONTAINER (frame), dfi_picture_widget (dialog->picture));
  gtk_widget_set_size_request (dialog->progress, -1, 6);
  gtk_label_set_line_wrap (GTK_LABEL (dialog->status), TRUE);
  gtk_label_set_selectable (GTK_LABEL (dialog->status), TRUE);
  gtk_widget_set_can_focus (dialog->status, FALSE);
  gtk_label_set_xalign (GTK_LABEL (dialog->status), 0.0);
  gtk_widget_set_size_request (dialog->status, PICTURE_SIZE, -1);
  gtk_widget_set_tooltip_text (dialog->original, _("Show the photograph as it was"));
  gtk_widget_set_tooltip_text (dialog->choose_eyes, _("Say where the face is by clicking its two eyes"));

  gtk_box_pack_start (GTK_BOX (buttons), dialog->original, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (buttons), dialog->choose_eyes, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), frame, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->progress, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->thumbnails, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), buttons, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->status, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (side), new_options (dialog), FALSE, FALSE, 0);
  g_signal_connect (dialog->original, "toggled", G_CALLBACK (original_toggled), dialog);
  g_signal_connect (dialog->choose_eyes, "toggled", G_CALLBACK (choose_eyes_toggled), dialog);
  return side;
}

static void
make_window (Dialog *dialog)
{
  GtkWidget *sides = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  dialog->window = gimp_dialog_new (_("Deep Feature Interpolation"), ROLE, NULL, 0,
                                    gimp_standard_help_func, DFI_EDIT_PROCEDURE,
                                    _("_Reset"), RESPONSE_RESET,
                                    _("_Cancel"), GTK_RESPONSE_CANCEL,
                                    _("_OK"), GTK_RESPONSE_OK,
                                    NULL);
  gimp_dialog_set_alternative_button_order (GTK_DIALOG (dialog->window),
                                            RESPONSE_RESET, GTK_RESPONSE_OK, GTK_RESPONSE_CANCEL, -1);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK);
  gimp_window_set_transient (GTK_WINDOW (dialog->window));
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), -1, 680);

  dialog->place = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_size_request (dialog->place, 540, -1);
  gtk_container_set_border_width (GTK_CONTAINER (sides), 12);
  gtk_box_pack_start (GTK_BOX (sides), new_left_side (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (sides), dialog->place, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (gtk_dialog_get_content_area (GTK_DIALOG (dialog->window))), sides, TRUE, TRUE, 0);
  gtk_widget_show_all (sides);
}

/* Until OK or Cancel. */
static gboolean
run_window (Dialog *dialog)
{
  int response;

  do
    {
      response = gimp_dialog_run (GIMP_DIALOG (dialog->window));
      if (response == RESPONSE_RESET)
        reset (dialog);
    }
  while (response == RESPONSE_RESET);
  return response == GTK_RESPONSE_OK;
}

static gboolean
has_display (GError **error)
{
  if (gtk_init_check (NULL, NULL))
    return TRUE;

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _("There is no display to open a window on; call Deep Feature Interpolation from a script with "
                         "RUN-NONINTERACTIVE."));
  return FALSE;
}

gboolean
dfi_dialog_run (const DfiDrawable  *source,
                DfiApplySettings   *settings,
                GError            **error)
{
  Dialog    dialog  = { .source = source, .settings = settings };
  GError   *no_face = NULL;
  gboolean  ok;

  if (! has_display (error))
    return FALSE;
  dfi_ui_init ("dfi");

  make_window (&dialog);
  find_faces (&dialog, &no_face);
  load_editor (&dialog, settings->attributes);
  if (dialog.faces)
    use_faces (&dialog, 0);
  else
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog.choose_eyes), TRUE);
  if (no_face && dialog.editor)
    say (&dialog, no_face->message);

  ok = run_window (&dialog);
  if (ok)
    {
      g_free (settings->attributes);
      settings->attributes = dfi_sliders_text (dialog.sliders);
    }
  else
    dfi_error_set_cancelled (error);

  end_preview (&dialog);
  if (dialog.poll)
    g_source_remove (dialog.poll);
  gtk_widget_destroy (dialog.window);
  dfi_editor_free (dialog.editor);
  dfi_image_free (dialog.photo);
  g_free (dialog.faces);
  g_free (dialog.chosen);
  g_clear_error (&no_face);
  return ok;
}
