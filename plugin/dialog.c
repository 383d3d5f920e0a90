/* The window's state is in struct Dialog; what was chosen goes into the settings as it is chosen, all but the sliders, whose
 * text is made when they go.  The window opens first; files, pixels and faces come to it then.  There is one preview thread at
 * most: it is ended before anything that it uses changes. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "asked.h"
#include "dialog.h"
#include "effect.h"
#include "layer-pixels.h"
#include "memory.h"
#include "option-widgets.h"
#include "picture-area.h"
#include "preset-widgets.h"
#include "preview.h"
#include "procedure.h"
#include "search.h"
#include "sliders.h"
#include "thumbnails.h"

#define ROLE           "gimp-deep-feature-interpolation"
#define PICTURE_SIZE   220 /* pixels on the screen, at least */
#define WIDTH          1040
#define HEIGHT         820 /* of the window, pixels on the screen */
#define FRAME          40  /* what a window may have around it */
#define PHOTO_SIZE     768 /* of the reduced copy that is edited, longer side; doubled for whoever looks closer, up to */
#define PHOTO_SIZE_MAX 4096
#define CLOSER         150 /* milliseconds until that is done */
#define STATUS_SIZE    36  /* two lines */
#define STATUS_WIDTH   600
#define POLL           100  /* milliseconds between looks at the progress */
#define FACES_MAX      1000 /* that an earlier result may be of */
#define RESPONSE_RESET 1

typedef struct
{
  DfiDrawable      *source;
  DfiApplySettings *settings;
  DfiEarlier       *earlier;
  char             *asked, *off; /* of each face of the earlier result, until faces are found; or NULL */
  DfiMemory         memory;

  DfiEditor     *editor; /* NULL while the files cannot be read */
  DfiSearch     *search; /* for faces; NULL while there is none */
  gboolean       searching;
  DfiThumbnails *faces; /* that were found, or NULL */
  gboolean       has_face;
  DfiFace        face;    /* in the layer: one of them, or by its eyes */
  DfiImage      *photo;   /* what the picture shows: the layer or the face's surroundings, reduced */
  GeglRectangle  part;    /* of the layer, which the photo shows; all of it while eyes are chosen */
  double         zoom;    /* of the photo */
  double         eyes[4]; /* that were clicked, in the layer */
  int            n_clicks;
  DfiPreview    *preview;
  gboolean       changing; /* what is previewed is an edit */
  char          *note;     /* to be read once the preview is there, or NULL */
  guint          start;    /* source, or 0 */
  guint          poll;     /* source, or 0 */
  guint          closer;   /* source, or 0 */

  GtkWidget        *window;
  GtkWidget        *about; /* the earlier result */
  DfiPictureArea   *picture;
  GtkWidget        *thumbnails; /* place of the faces' small pictures */
  GtkWidget        *original;
  GtkWidget        *full_size;
  GtkWidget        *choose_eyes;
  GtkWidget        *progress;
  GtkWidget        *status;
  GtkWidget        *place;   /* of the sliders */
  DfiSliders       *sliders; /* NULL when the editor is */
  DfiOptionWidgets *options;
} Dialog;

static void
say (Dialog *dialog, const char *text)
{
  gtk_label_set_text (GTK_LABEL (dialog->status), text);
}

static gboolean
choosing_eyes (Dialog *dialog)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes));
}

/* Whether the database is of whole pictures, so that there is no face to know. */
static gboolean
whole (Dialog *dialog)
{
  return dialog->editor && dfi_database_frame (dfi_editor_database (dialog->editor))->whole;
}

/* ---------- progress ---------- */

static gboolean
update_progress (gpointer data)
{
  Dialog  *dialog   = data;
  double   fraction = 0.0;
  gboolean busy     = TRUE;

  if (dialog->searching && ! dialog->preview)
    fraction = dfi_search_fraction (dialog->search);
  else
    busy = dialog->preview && dfi_preview_busy (dialog->preview, &fraction);

  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (dialog->progress), busy ? fraction : 0.0);
  if (! busy)
    dialog->poll = 0;
  return busy;
}

static void
watch_progress (Dialog *dialog)
{
  if (! dialog->poll)
    dialog->poll = g_timeout_add (POLL, update_progress, dialog);
}

/* ---------- preview ---------- */

static void
preview_done (const DfiImage *edited, const GError *error, gpointer data)
{
  Dialog *dialog = data;

  if (edited)
    dfi_picture_area_set_after (dialog->picture, edited);
  if (error)
    say (dialog, error->message);
  else if (dialog->changing)
    say (dialog, dialog->note ? dialog->note : _ ("Press on the picture to see the original."));
}

/* Brings the preview up to date with the sliders and options. */
static void
update_preview (gpointer data)
{
  Dialog     *dialog = data;
  DfiRequest *requests;
  int         n_requests = 0;

  if (dialog->preview)
    {
      DfiEditOptions options = dialog->settings->options.edit;

      requests = dfi_sliders_changes (dialog->sliders, TRUE, &n_requests);
      dfi_preview_start (dialog->preview, requests, n_requests, &options);
      watch_progress (dialog);
      dialog->changing = n_requests > 0;
      if (n_requests > 0)
        say (dialog, _ ("The preview is being made…"));
      else
        say (dialog, dialog->note ? dialog->note : _ ("Move a slider to change the face."));
      g_free (requests);
    }
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK,
                                     dialog->preview &&
                                         (n_requests > 0 || (dialog->faces && dfi_thumbnails_any_asked (dialog->faces))));
}

static void
end_preview (Dialog *dialog)
{
  g_clear_pointer (&dialog->preview, dfi_preview_free);
}

/* ---------- the photograph ---------- */

/* Shows dialog->part of the layer, reduced to @size; its corner in the reduced layer goes to @x, @y.  When it is not another part
 * than before, it stays where and as large as it is. */
static gboolean
fetch_photo (Dialog *dialog, int size, gboolean other, int *x, int *y, GError **error)
{
  const GeglRectangle *part  = &dialog->part;
  double               zoom  = MIN (1.0, size / (double) MAX (part->width, part->height));
  GeglRectangle        small = { floor (part->x * zoom), floor (part->y * zoom), 0, 0 };
  DfiImage            *photo;
  float               *alpha;

  small.width  = MAX (1, (int) ((part->x + part->width) * zoom) - small.x);
  small.height = MAX (1, (int) ((part->y + part->height) * zoom) - small.y);
  photo        = dfi_drawable_fetch (dialog->source, &small, zoom, error);
  if (! photo)
    return FALSE;

  end_preview (dialog);
  dfi_image_free (dialog->photo);
  dialog->photo = photo;
  dialog->zoom  = zoom;
  *x            = small.x;
  *y            = small.y;
  alpha         = dfi_drawable_fetch_alpha (dialog->source, &small, zoom, NULL);
  if (other)
    {
      dfi_picture_area_set_before (dialog->picture, photo, alpha);
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->full_size), FALSE);
    }
  else
    dfi_picture_area_refine (dialog->picture, photo, alpha);
  g_free (alpha);
  return TRUE;
}

static DfiFace
reduced_face (const DfiFace *face, double zoom)
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

/* Previews the face in the photo, whose corner in the reduced layer is at @x, @y. */
static void
preview_face (Dialog *dialog, int x, int y)
{
  DfiFace face = reduced_face (&dialog->face, dialog->zoom);

  face            = dfi_face_move (&face, x, y);
  dialog->preview = dfi_preview_new (dialog->editor, dialog->photo, &face, preview_done, dialog);
  update_preview (dialog);
}

/* Shows the face and its surroundings, or the whole picture, and starts to preview it. */
static void
show_face (Dialog *dialog)
{
  GeglRectangle *part  = &dialog->part;
  GError        *error = NULL;
  int            x, y;

  if (dfi_editor_bounds (dialog->editor, &dialog->face, NULL, 0, dialog->source->width, dialog->source->height, &part->x,
                         &part->y, &part->width, &part->height, &error) &&
      fetch_photo (dialog, PHOTO_SIZE, TRUE, &x, &y, &error))
    preview_face (dialog, x, y);
  else
    say (dialog, error->message);
  g_clear_error (&error);
}

/* Fetches as many pixels as whoever looks closer can see. */
static gboolean
look_closer (gpointer data)
{
  Dialog *dialog = data;
  double  wanted = MIN (1.0, dialog->zoom * dfi_picture_area_enlargement (dialog->picture));
  int     longer = MAX (dialog->part.width, dialog->part.height);
  int     size   = PHOTO_SIZE;
  GError *error  = NULL;
  int     x, y;

  dialog->closer = 0;
  while (size < wanted * longer && size < PHOTO_SIZE_MAX)
    size *= 2;
  if (MIN (size, longer) <= ceil (dialog->zoom * longer))
    return G_SOURCE_REMOVE;

  if (! fetch_photo (dialog, size, FALSE, &x, &y, &error))
    say (dialog, error->message);
  else if (! choosing_eyes (dialog))
    preview_face (dialog, x, y);
  g_clear_error (&error);
  return G_SOURCE_REMOVE;
}

static void
enlarged (gpointer data)
{
  Dialog *dialog = data;

  if (! dialog->closer)
    dialog->closer = g_timeout_add (CLOSER, look_closer, dialog);
}

/* Shows what there is to edit, once that is known. */
static void
show_subject (Dialog *dialog)
{
  if (! dialog->editor)
    return;
  if (whole (dialog) || (dialog->has_face && ! choosing_eyes (dialog)))
    show_face (dialog);
  else if (! dialog->searching)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes), TRUE);
  else if (! choosing_eyes (dialog))
    say (dialog, _ ("Looking for faces…"));
}

/* ---------- faces ---------- */

/* Writes the sliders' text, which also outlasts a database that cannot be used. */
static void
keep_changes (Dialog *dialog)
{
  if (! dialog->sliders)
    return;
  g_free (dialog->settings->attributes);
  g_free (dialog->settings->off);
  dialog->settings->attributes = dfi_sliders_text (dialog->sliders, TRUE);
  dialog->settings->off        = dfi_sliders_text (dialog->sliders, FALSE);
}

/* Something was moved: it is meant for the faces that are chosen. */
static void
sliders_changed (gpointer data)
{
  Dialog *dialog = data;

  keep_changes (dialog);
  g_clear_pointer (&dialog->note, g_free);
  g_clear_pointer (&dialog->asked, g_free);
  if (dialog->faces)
    dfi_thumbnails_ask (dialog->faces, dialog->settings->attributes, dialog->settings->off);
  update_preview (dialog);
}

/* Shows face number @active, and its sliders; one that was @added gets those that are shown. */
static void
use_faces (int active, gboolean added, gpointer data)
{
  Dialog *dialog = data;

  g_free (dialog->settings->faces);
  dialog->settings->faces = dfi_thumbnails_text (dialog->faces);
  memset (dialog->settings->eyes, 0, sizeof dialog->settings->eyes);
  if (dialog->sliders && added)
    dfi_thumbnails_ask (dialog->faces, dialog->settings->attributes, dialog->settings->off);
  else if (dialog->sliders)
    g_free (dfi_sliders_set (dialog->sliders, dfi_thumbnails_asked (dialog->faces, active),
                             dfi_thumbnails_off (dialog->faces, active)));
  keep_changes (dialog);

  dialog->has_face = TRUE;
  dialog->face     = *dfi_thumbnails_face (dialog->faces, active);
  if (choosing_eyes (dialog))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes), FALSE);
  else
    show_subject (dialog);
}

/* Which faces are pressed in at first: those that the settings name, as far as the same is asked of them, or else the first one.
 * Free with g_free(). */
static gboolean *
first_choice (Dialog *dialog, char *const *asked, int n_faces, int *first)
{
  gboolean *chosen = asked ? dfi_faces_chosen (dialog->settings->faces, n_faces, NULL) : NULL;

  if (! chosen)
    chosen = g_new0 (gboolean, n_faces);
  for (*first = 0; *first < n_faces - 1 && ! chosen[*first];)
    (*first)++;
  if (! chosen[*first])
    *first = 0;
  chosen[*first] = TRUE;
  for (int i = *first + 1; i < n_faces; i++)
    chosen[i] = chosen[i] && strcmp (asked[i], asked[*first]) == 0;
  return chosen;
}

/* Uses the faces, each with what is asked of it, where that is known of each. */
static void
use_first_faces (Dialog *dialog, char *const *asked, int n_faces)
{
  int       first;
  gboolean *chosen = first_choice (dialog, asked, n_faces, &first);

  dfi_thumbnails_press (dialog->faces, chosen);
  use_faces (first, ! asked, dialog);
  g_free (chosen);
}

/* What was asked of each of @n_faces; of others, which are not found any more, a note tells.  Free with g_strfreev(). */
static char **
recall_asked (Dialog *dialog, const char *text, int n_faces)
{
  const char *chosen = dialog->settings->faces;
  GError     *error  = NULL;
  char      **asked  = dfi_asked_parse (text, chosen, n_faces, &error);

  if (! asked && (asked = dfi_asked_parse (text, chosen, FACES_MAX, NULL)))
    {
      for (int i = n_faces; i < FACES_MAX; i++)
        g_clear_pointer (&asked[i], g_free);
      g_free (dialog->note);
      dialog->note = g_strdup (error->message);
    }
  g_clear_error (&error);
  return asked;
}

/* Offers the faces, and uses them unless somebody has said meanwhile where the face is. */
static void
offer_faces (Dialog *dialog, const DfiFace *found, int n_faces)
{
  DfiApplySettings *settings = dialog->settings;
  char            **asked = NULL, **off = NULL;

  if (dialog->asked)
    {
      asked = recall_asked (dialog, dialog->asked, n_faces);
      off   = recall_asked (dialog, dialog->off, n_faces);
    }
  else if (strcmp (settings->faces, "all") == 0)
    {
      asked = dfi_asked_parse (settings->attributes, "all", n_faces, NULL);
      off   = dfi_asked_parse (settings->off, "all", n_faces, NULL);
    }
  dialog->faces = dfi_thumbnails_new (dialog->source, found, n_faces, asked, off, use_faces, dialog);
  gtk_box_pack_start (GTK_BOX (dialog->thumbnails), dfi_thumbnails_widget (dialog->faces), TRUE, TRUE, 0);
  if (n_faces > 1 || dialog->has_face || choosing_eyes (dialog)) /* one that is used is no choice */
    gtk_widget_show_all (dfi_thumbnails_widget (dialog->faces));

  if (! dialog->has_face && ! choosing_eyes (dialog))
    use_first_faces (dialog, asked, n_faces);
  g_strfreev (asked);
  g_strfreev (off);
}

static void
search_done (DfiFace *found, int n_faces, const GError *error, gpointer data)
{
  Dialog *dialog = data;

  dialog->searching = FALSE;
  if (found)
    offer_faces (dialog, found, n_faces);
  else if (dialog->editor && ! dialog->has_face && ! choosing_eyes (dialog) && ! whole (dialog))
    {
      show_subject (dialog);
      say (dialog, error->message);
    }
  g_free (found);
}

/* ---------- eyes ---------- */

static void ask_for_eyes (Dialog *dialog);

static void
eye_clicked (double x, double y, gpointer data)
{
  Dialog *dialog = data;
  GError *error  = NULL;
  double *eye    = dialog->eyes + 2 * dialog->n_clicks++;

  eye[0] = x / dialog->zoom;
  eye[1] = y / dialog->zoom;
  if (dialog->n_clicks == 1)
    {
      say (dialog, _ ("Now click the centre of the other eye."));
      return;
    }

  if (dfi_face_from_eyes (dialog->eyes, dialog->source->width, dialog->source->height, &dialog->face, &error))
    {
      for (int i = 0; i < 4; i++)
        dialog->settings->eyes[i] = dialog->eyes[i] + (i % 2 ? dialog->source->y : dialog->source->x);
      dialog->has_face = TRUE;
      if (dialog->faces)
        dfi_thumbnails_press (dialog->faces, NULL);
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
  GError *error = NULL;
  int     x, y;

  dialog->part = (GeglRectangle){ 0, 0, dialog->source->width, dialog->source->height };
  if (! fetch_photo (dialog, PHOTO_SIZE, TRUE, &x, &y, &error))
    {
      say (dialog, error->message);
      g_clear_error (&error);
      return;
    }
  dialog->n_clicks = 0;
  dfi_picture_area_pick (dialog->picture, eye_clicked, dialog);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  say (dialog, _ ("Click the centre of one eye of the face."));
}

static void
choose_eyes_toggled (GtkToggleButton *button, gpointer data)
{
  Dialog *dialog = data;

  if (gtk_toggle_button_get_active (button))
    {
      ask_for_eyes (dialog);
      return;
    }
  if (! dialog->has_face && ! dialog->searching && ! whole (dialog)) /* there is nothing to go back to */
    {
      gtk_toggle_button_set_active (button, TRUE);
      return;
    }
  dfi_picture_area_pick (dialog->picture, NULL, NULL);
  show_subject (dialog);
}

static void
original_toggled (GtkToggleButton *button, gpointer data)
{
  Dialog *dialog = data;

  dfi_picture_area_show_before (dialog->picture, gtk_toggle_button_get_active (button));
}

static void
split_toggled (GtkToggleButton *button, gpointer data)
{
  Dialog *dialog = data;

  dfi_picture_area_split (dialog->picture, gtk_toggle_button_get_active (button));
}

/* A pixel of the layer is one of the screen then. */
static void
full_size_toggled (GtkToggleButton *button, gpointer data)
{
  Dialog *dialog = data;

  dfi_picture_area_enlarge (dialog->picture, gtk_toggle_button_get_active (button) ? 1.0 / dialog->zoom : 0.0);
}

/* ---------- settings ---------- */

static void
load_editor (Dialog *dialog)
{
  DfiApplySettings *settings = dialog->settings;
  GError           *error    = NULL;

  end_preview (dialog);
  if (dialog->sliders)
    dialog->memory.all = dfi_sliders_all_shown (dialog->sliders);
  if (dialog->sliders)
    gtk_widget_destroy (dfi_sliders_widget (dialog->sliders));
  dialog->sliders = NULL;
  g_clear_pointer (&dialog->editor, dfi_editor_free);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);

  dialog->editor = dfi_editor_new (settings->options.weights, settings->options.database, &error);
  gtk_widget_set_sensitive (dialog->thumbnails, ! whole (dialog));
  gtk_widget_set_sensitive (dialog->choose_eyes, dialog->editor && ! whole (dialog));
  if (! dialog->editor)
    {
      say (dialog, error->message);
      g_clear_error (&error);
      return;
    }

  dialog->sliders =
      dfi_sliders_new (dfi_editor_database (dialog->editor), settings->attributes, settings->off, sliders_changed, dialog);
  dfi_sliders_show_all (dialog->sliders, dialog->memory.all);
  gtk_box_pack_start (GTK_BOX (dialog->place), dfi_sliders_widget (dialog->sliders), TRUE, TRUE, 0);
  gtk_widget_show_all (dfi_sliders_widget (dialog->sliders));
  if (whole (dialog) && choosing_eyes (dialog))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (dialog->choose_eyes), FALSE);
  else
    show_subject (dialog);
}

static void
files_changed (gpointer data)
{
  Dialog *dialog = data;

  keep_changes (dialog);
  load_editor (dialog);
}

/* Says so when the layer cannot have the result that is chosen: not every one can have an effect. */
static gboolean
can_output (Dialog *dialog)
{
  GError  *error = NULL;
  gboolean can   = dialog->settings->output != DFI_OUTPUT_EFFECT || dfi_effect_check (dialog->source, &error);

  if (! can)
    say (dialog, error->message);
  g_clear_error (&error);
  return can;
}

/* The picture does not depend on it. */
static void
output_changed (gpointer data)
{
  can_output (data);
}

/* All but the face goes back to what is usual. */
static void
reset (Dialog *dialog)
{
  DfiApplySettings old = *dialog->settings;

  dfi_apply_settings_init (dialog->settings);
  memcpy (dialog->settings->eyes, old.eyes, sizeof old.eyes);
  g_free (dialog->settings->faces);
  dialog->settings->faces = g_strdup (old.faces);

  dfi_option_widgets_update (dialog->options);
  if (*old.options.weights || *old.options.database || ! dialog->sliders)
    load_editor (dialog);
  else
    dfi_sliders_reset (dialog->sliders);
  if (dialog->sliders)
    dfi_sliders_focus (dialog->sliders);
  dfi_apply_settings_clear (&old);
}

/* The settings are those of a preset. */
static void
preset_loaded (gpointer data)
{
  Dialog *dialog = data;
  char   *unknown;

  dfi_option_widgets_update (dialog->options);
  if (! dialog->sliders)
    return;
  unknown = dfi_sliders_set (dialog->sliders, dialog->settings->attributes, dialog->settings->off);
  sliders_changed (dialog);
  if (*unknown)
    {
      dialog->note = g_strdup_printf (_ ("The preset also names what this database has not: %s."), unknown);
      say (dialog, dialog->note);
    }
  g_free (unknown);
}

static void
say_of_presets (const char *text, gpointer data)
{
  say (data, text);
}

/* ---------- the window ---------- */

static GtkWidget *
new_left_side (Dialog *dialog)
{
  GtkWidget *side    = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *frame   = gtk_frame_new (NULL);
  GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *split   = gtk_toggle_button_new_with_mnemonic (_ ("_Split"));

  dialog->picture    = dfi_picture_area_new (PICTURE_SIZE);
  dialog->progress   = gtk_progress_bar_new ();
  dialog->original   = gtk_toggle_button_new_with_mnemonic (_ ("Ori_ginal"));
  dialog->full_size  = gtk_toggle_button_new_with_mnemonic (_ ("_100 %"));
  dialog->thumbnails = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_frame_set_shadow_type (GTK_FRAME (frame), GTK_SHADOW_IN);
  gtk_container_add (GTK_CONTAINER (frame), dfi_picture_area_widget (dialog->picture));
  gtk_widget_set_size_request (dialog->progress, -1, 6);
  gtk_widget_set_tooltip_text (dialog->original, _ ("Show the photograph as it was"));
  gtk_widget_set_tooltip_text (split,
                               _ ("Show the photograph as it was beside the edited one; the line between them can be dragged"));

  gtk_box_pack_start (GTK_BOX (buttons), dialog->original, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (buttons), split, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (buttons), dialog->full_size, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), frame, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->progress, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->thumbnails, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), buttons, FALSE, FALSE, 0);
  g_signal_connect (dialog->original, "toggled", G_CALLBACK (original_toggled), dialog);
  gtk_widget_set_tooltip_text (dialog->full_size, _ ("Show the photograph in its own size; the wheel enlarges it, too"));
  g_signal_connect (split, "toggled", G_CALLBACK (split_toggled), dialog);
  g_signal_connect (dialog->full_size, "toggled", G_CALLBACK (full_size_toggled), dialog);
  dfi_picture_area_watch (dialog->picture, enlarged, dialog);
  return side;
}

/* What is going on, and what to do when no face is found. */
static GtkWidget *
new_status (Dialog *dialog)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  dialog->status      = gtk_label_new (NULL);
  dialog->choose_eyes = gtk_toggle_button_new_with_mnemonic (_ ("Choose the _Eyes"));
  gtk_label_set_line_wrap (GTK_LABEL (dialog->status), TRUE);
  gtk_label_set_selectable (GTK_LABEL (dialog->status), TRUE);
  gtk_widget_set_can_focus (dialog->status, FALSE);
  dfi_label_set_corner (dialog->status);
  say (dialog, _ ("Looking for faces…"));
  gtk_widget_set_size_request (dialog->status, STATUS_WIDTH, STATUS_SIZE); /* what is said does not move the picture */
  gtk_widget_set_tooltip_text (dialog->choose_eyes, _ ("Say where the face is by clicking its two eyes"));
  gtk_box_pack_start (GTK_BOX (row), dialog->status, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (row), dialog->choose_eyes, FALSE, FALSE, 0);
  g_signal_connect (dialog->choose_eyes, "toggled", G_CALLBACK (choose_eyes_toggled), dialog);
  return row;
}

static GtkWidget *
new_right_side (Dialog *dialog)
{
  GtkWidget *side    = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *presets = dfi_preset_widgets_new (dialog->settings, preset_loaded, say_of_presets, dialog);

  dialog->place   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  dialog->options = dfi_option_widgets_new (dialog->settings, update_preview, files_changed, output_changed, dialog);
  gtk_box_pack_start (GTK_BOX (side), presets, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (side), dialog->place, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (side), dfi_option_widgets_widget (dialog->options), FALSE, FALSE, 0);
  return side;
}

/* What layer is edited, where it is not the one that was chosen. */
static GtkWidget *
new_about (Dialog *dialog)
{
  dialog->about = gtk_label_new (NULL);
  gtk_label_set_line_wrap (GTK_LABEL (dialog->about), TRUE);
  gtk_widget_set_size_request (dialog->about, STATUS_WIDTH, -1);
  dfi_label_set_corner (dialog->about);
  return dialog->about;
}

/* There is nothing to say of most layers. */
static void
show_about (Dialog *dialog)
{
  char *text = dfi_earlier_describe (dialog->source, dialog->earlier);

  gtk_label_set_text (GTK_LABEL (dialog->about), text);
  gtk_widget_set_visible (dialog->about, text != NULL);
  g_free (text);
}

static void
make_window (Dialog *dialog)
{
  GtkWidget *all   = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *sides = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  int        width, height;

  dialog->window =
      gimp_dialog_new (_ ("Deep Feature Interpolation"), ROLE, NULL, 0, gimp_standard_help_func, DFI_EDIT_PROCEDURE, _ ("_Reset"),
                       RESPONSE_RESET, _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_OK"), GTK_RESPONSE_OK, NULL);
  gimp_dialog_set_alternative_button_order (GTK_DIALOG (dialog->window), RESPONSE_RESET, GTK_RESPONSE_OK, GTK_RESPONSE_CANCEL,
                                            -1);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  gimp_window_set_transient (GTK_WINDOW (dialog->window));
  dfi_screen_size (&width, &height);
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), MIN (dialog->memory.width, width),
                               MIN (dialog->memory.height, height - FRAME));

  gtk_box_pack_start (GTK_BOX (sides), new_left_side (dialog), TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (sides), new_right_side (dialog), TRUE, TRUE, 0);
  gtk_container_set_border_width (GTK_CONTAINER (all), 12);
  gtk_box_pack_start (GTK_BOX (all), new_about (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (all), sides, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (all), new_status (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (gtk_dialog_get_content_area (GTK_DIALOG (dialog->window))), all, TRUE, TRUE, 0);
  gtk_widget_show_all (all);
  show_about (dialog);
}

/* Fills the window. */
static gboolean
start (gpointer data)
{
  Dialog *dialog = data;

  dialog->start = 0;
  dfi_earlier_look (dialog->source, dialog->earlier);
  show_about (dialog);
  dialog->has_face  = dfi_apply_face_from_eyes (dialog->source, dialog->settings->eyes, &dialog->face, NULL);
  dialog->searching = TRUE;
  dialog->search    = dfi_search_new (dialog->source, search_done, dialog);
  load_editor (dialog);
  if (dialog->sliders)
    dfi_sliders_focus (dialog->sliders);
  watch_progress (dialog);
  return G_SOURCE_REMOVE;
}

/* The first of what takes a while, when the window is on the screen. */
static gboolean
start_gegl (gpointer data)
{
  Dialog *dialog = data;

  gegl_init (NULL, NULL);
  dialog->start = g_idle_add (start, dialog);
  return G_SOURCE_REMOVE;
}

/* Says so, and offers no OK, when there is nothing any more that could be edited. */
static gboolean
has_source (Dialog *dialog)
{
  GError  *error = NULL;
  gboolean has   = dfi_drawable_check (dialog->source, &error);

  if (! has)
    {
      end_preview (dialog);
      gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
      say (dialog, error->message);
    }
  g_clear_error (&error);
  return has;
}

/* Until OK or Cancel. */
static gboolean
run_window (Dialog *dialog)
{
  int response;

  dialog->start = g_idle_add (start_gegl, dialog);
  do
    {
      response = gimp_dialog_run (GIMP_DIALOG (dialog->window));
      if (response == RESPONSE_RESET)
        reset (dialog);
    }
  while (response == RESPONSE_RESET || (response == GTK_RESPONSE_OK && ! (has_source (dialog) && can_output (dialog))));
  return response == GTK_RESPONSE_OK;
}

static gboolean
has_display (GError **error)
{
  if (gtk_init_check (NULL, NULL))
    return TRUE;

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("There is no display to open a window on; call Deep Feature Interpolation from a script with "
                          "RUN-NONINTERACTIVE."));
  return FALSE;
}

/* Keeps all for the next time, whether it is edited or not. */
static void
remember (Dialog *dialog)
{
  gtk_window_get_size (GTK_WINDOW (dialog->window), &dialog->memory.width, &dialog->memory.height);
  if (dialog->sliders)
    dialog->memory.all = dfi_sliders_all_shown (dialog->sliders);
  dfi_memory_keep (dialog->settings, &dialog->memory);
}

/* Says in the settings what is asked of each face, unless it is one that nobody found. */
static void
settle_faces (Dialog *dialog)
{
  DfiApplySettings *settings = dialog->settings;

  if (! dialog->faces || whole (dialog) || dfi_apply_settings_have_eyes (settings))
    return;
  g_free (settings->attributes);
  g_free (settings->off);
  g_free (settings->faces);
  settings->attributes = dfi_asked_print (dfi_thumbnails_all_asked (dialog->faces), &settings->faces);
  settings->off        = dfi_asked_print (dfi_thumbnails_all_off (dialog->faces), NULL);
}

/* What has been loaded and found is the edit's from now on. */
static void
hand_over (Dialog *dialog, DfiPrepared *prepared)
{
  settle_faces (dialog);
  prepared->editor = g_steal_pointer (&dialog->editor);
  if (dialog->faces)
    prepared->faces = dfi_thumbnails_copy_faces (dialog->faces, &prepared->n_faces);
}

/* An earlier result says what the sliders start from, and else what was chosen in the last window does. */
static void
recall (Dialog *dialog)
{
  DfiApplySettings *settings = dialog->settings;
  gboolean          again    = dfi_earlier_stands (dialog->earlier);

  dfi_memory_recall (again ? NULL : settings, &dialog->memory);
  dialog->off          = g_steal_pointer (&settings->off);
  dialog->asked        = g_steal_pointer (&settings->attributes);
  settings->off        = dfi_asked_of_chosen (dialog->off);
  settings->attributes = dfi_asked_of_chosen (dialog->asked);
  if (! again || dfi_apply_settings_have_eyes (settings)) /* a face that nobody found */
    g_clear_pointer (&dialog->asked, g_free);
}

static void
free_dialog (Dialog *dialog)
{
  gtk_widget_destroy (dialog->window);
  dfi_editor_free (dialog->editor);
  dfi_image_free (dialog->photo);
  g_free (dialog->note);
  g_free (dialog->asked);
  g_free (dialog->off);
}

gboolean
dfi_dialog_run (DfiDrawable *source, DfiApplySettings *settings, DfiPrepared *prepared, DfiEarlier *earlier, GError **error)
{
  Dialog   dialog = { .source = source, .settings = settings, .earlier = earlier, .memory = { WIDTH, HEIGHT, FALSE } };
  gboolean ok;

  if (! has_display (error))
    return FALSE;
  dfi_ui_init ("dfi");

  recall (&dialog);
  make_window (&dialog);
  ok = run_window (&dialog);
  keep_changes (&dialog);
  remember (&dialog);
  if (! ok)
    dfi_error_set_cancelled (error);

  if (dialog.start)
    g_source_remove (dialog.start);
  if (dialog.poll)
    g_source_remove (dialog.poll);
  if (dialog.closer)
    g_source_remove (dialog.closer);
  gtk_widget_hide (dialog.window);
  gdk_display_flush (gtk_widget_get_display (dialog.window)); /* it is gone before the threads are */
  dfi_search_free (dialog.search);
  end_preview (&dialog);
  if (ok)
    hand_over (&dialog, prepared);
  free_dialog (&dialog);
  return ok;
}
