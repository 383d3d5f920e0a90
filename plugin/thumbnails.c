#include "config.h"

#include <glib/gi18n-lib.h>

#include "layer-pixels.h"
#include "picture-area.h"
#include "thumbnails.h"

#define SIZE 48 /* of a small picture, pixels on the screen */
#define ROOM 3  /* so many fit side by side under the large picture; more are scrolled */

struct _DfiThumbnails
{
  DfiFace          *faces;
  char            **asked;   /* one a face, NULL at the end */
  char            **off;     /* likewise */
  GtkWidget       **buttons; /* pressed in: chosen */
  int               n;
  DfiThumbnailsFunc changed;
  gpointer          data;
  gboolean          silent;
  GtkWidget        *widget;
};

static gboolean
chosen (const DfiThumbnails *thumbnails, int face)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (thumbnails->buttons[face]));
}

static void
set_chosen (DfiThumbnails *thumbnails, int face, gboolean active)
{
  thumbnails->silent = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (thumbnails->buttons[face]), active);
  thumbnails->silent = FALSE;
}

static int
first_chosen (const DfiThumbnails *thumbnails)
{
  int face = 0;

  while (face < thumbnails->n && ! chosen (thumbnails, face))
    face++;
  return face;
}

/* Some themes hardly show which buttons are pressed in; and faces that are to be changed are to be known. */
static void
show_chosen (DfiThumbnails *thumbnails)
{
  for (int i = 0; i < thumbnails->n; i++)
    dfi_picture_area_set_faint (g_object_get_data (G_OBJECT (thumbnails->buttons[i]), "dfi-picture"),
                                ! chosen (thumbnails, i) && ! *thumbnails->asked[i]);
}

static gboolean
adding (void)
{
  GdkModifierType state = 0;

  gtk_get_current_event_state (&state);
  return (state & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)) != 0;
}

/* One at least stays chosen. */
static void
toggled (GtkToggleButton *button, gpointer data)
{
  DfiThumbnails *thumbnails = data;
  int            face       = 0;
  gboolean       added      = FALSE;

  if (thumbnails->silent)
    return;
  while (thumbnails->buttons[face] != GTK_WIDGET (button))
    face++;

  if (adding ())
    {
      added = chosen (thumbnails, face);
      if (! added && first_chosen (thumbnails) == thumbnails->n)
        set_chosen (thumbnails, face, TRUE);
      face = added ? face : first_chosen (thumbnails);
    }
  else
    for (int i = 0; i < thumbnails->n; i++)
      set_chosen (thumbnails, i, i == face);

  show_chosen (thumbnails);
  thumbnails->changed (face, added, thumbnails->data);
}

static void
all_clicked (GtkButton *button, gpointer data)
{
  DfiThumbnails *thumbnails = data;
  int            face       = first_chosen (thumbnails) % thumbnails->n;

  for (int i = 0; i < thumbnails->n; i++)
    set_chosen (thumbnails, i, TRUE);
  show_chosen (thumbnails);
  thumbnails->changed (face, TRUE, thumbnails->data);
}

static DfiPictureArea *
new_picture (const DfiDrawable *source, const DfiFace *face)
{
  double          zoom = SIZE / MAX (face->box[2], face->box[3]);
  GeglRectangle   part = { face->box[0] * zoom, face->box[1] * zoom, SIZE, SIZE };
  DfiImage       *image;
  DfiPictureArea *picture;

  if (zoom > 1.0) /* only ever reduced; the picture enlarges */
    {
      part = (GeglRectangle){ face->box[0], face->box[1], MAX (1.0, face->box[2]), MAX (1.0, face->box[3]) };
      zoom = 1.0;
    }
  image   = dfi_drawable_fetch (source, &part, zoom, NULL);
  picture = dfi_picture_area_new (SIZE);
  if (image)
    dfi_picture_area_set_before (picture, image, NULL);
  gtk_widget_set_events (dfi_picture_area_widget (picture), GDK_EXPOSURE_MASK); /* clicks are for the button around it */
  dfi_image_free (image);
  return picture;
}

static GtkWidget *
new_button (DfiThumbnails *thumbnails, const DfiDrawable *source, int face)
{
  GtkWidget      *button  = gtk_toggle_button_new ();
  DfiPictureArea *picture = new_picture (source, &thumbnails->faces[face]);
  char           *hint    = g_strdup_printf (_ ("Face number %d; with Ctrl also beside others"), face + 1);

  gtk_container_add (GTK_CONTAINER (button), dfi_picture_area_widget (picture));
  gtk_widget_set_tooltip_text (button, hint);
  g_object_set_data (G_OBJECT (button), "dfi-picture", picture);
  g_signal_connect (button, "toggled", G_CALLBACK (toggled), thumbnails);
  g_free (hint);
  return button;
}

static GtkWidget *
scrolled (GtkWidget *box)
{
  GtkWidget *window   = gtk_scrolled_window_new (NULL, NULL);
  GtkWidget *viewport = gtk_viewport_new (NULL, NULL);

  gtk_container_add (GTK_CONTAINER (viewport), box);
  gtk_container_add (GTK_CONTAINER (window), viewport);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (window), GTK_POLICY_ALWAYS, GTK_POLICY_NEVER);
  dfi_show_scrollbars (window);
  return window;
}

static void
free_thumbnails (gpointer data)
{
  DfiThumbnails *thumbnails = data;

  g_free (thumbnails->faces);
  g_strfreev (thumbnails->asked);
  g_strfreev (thumbnails->off);
  g_free (thumbnails->buttons);
  g_free (thumbnails);
}

static GtkWidget *
new_all (DfiThumbnails *thumbnails)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("A_ll faces"));

  gtk_widget_set_tooltip_text (button, _ ("Move the sliders for all faces together"));
  g_signal_connect (button, "clicked", G_CALLBACK (all_clicked), thumbnails);
  return button;
}

DfiThumbnails *
dfi_thumbnails_new (const DfiDrawable *source,
                    const DfiFace     *faces,
                    int                n_faces,
                    char *const       *asked,
                    char *const       *off,
                    DfiThumbnailsFunc  changed,
                    gpointer           data)
{
  DfiThumbnails *thumbnails = g_new0 (DfiThumbnails, 1);
  GtkWidget     *box        = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  thumbnails->faces   = g_memdup2 (faces, n_faces * sizeof *faces);
  thumbnails->asked   = g_new0 (char *, n_faces + 1);
  thumbnails->off     = g_new0 (char *, n_faces + 1);
  thumbnails->buttons = g_new (GtkWidget *, n_faces);
  thumbnails->n       = n_faces;
  thumbnails->changed = changed;
  thumbnails->data    = data;
  for (int i = 0; i < n_faces; i++)
    {
      thumbnails->asked[i]   = g_strdup (asked ? asked[i] : "");
      thumbnails->off[i]     = g_strdup (off ? off[i] : "");
      thumbnails->buttons[i] = new_button (thumbnails, source, i);
      gtk_box_pack_start (GTK_BOX (box), thumbnails->buttons[i], FALSE, FALSE, 0);
    }
  show_chosen (thumbnails);
  thumbnails->widget = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_box_pack_start (GTK_BOX (thumbnails->widget), n_faces > ROOM ? scrolled (box) : box, TRUE, TRUE, 0);
  if (n_faces > 1)
    gtk_box_pack_start (GTK_BOX (thumbnails->widget), new_all (thumbnails), FALSE, FALSE, 0);
  g_object_set_data_full (G_OBJECT (box), "dfi-thumbnails", thumbnails, free_thumbnails);
  return thumbnails;
}

GtkWidget *
dfi_thumbnails_widget (DfiThumbnails *thumbnails)
{
  return thumbnails->widget;
}

const DfiFace *
dfi_thumbnails_face (const DfiThumbnails *thumbnails, int face)
{
  return &thumbnails->faces[face];
}

DfiFace *
dfi_thumbnails_copy_faces (const DfiThumbnails *thumbnails, int *n_faces)
{
  *n_faces = thumbnails->n;
  return g_memdup2 (thumbnails->faces, thumbnails->n * sizeof *thumbnails->faces);
}

void
dfi_thumbnails_press (DfiThumbnails *thumbnails, const gboolean *chosen)
{
  for (int i = 0; i < thumbnails->n; i++)
    set_chosen (thumbnails, i, chosen && chosen[i]);
  show_chosen (thumbnails);
}

void
dfi_thumbnails_ask (DfiThumbnails *thumbnails, const char *attributes, const char *off)
{
  for (int i = 0; i < thumbnails->n; i++)
    if (chosen (thumbnails, i))
      {
        g_free (thumbnails->asked[i]);
        g_free (thumbnails->off[i]);
        thumbnails->asked[i] = g_strdup (attributes);
        thumbnails->off[i]   = g_strdup (off);
      }
}

const char *
dfi_thumbnails_asked (const DfiThumbnails *thumbnails, int face)
{
  return thumbnails->asked[face];
}

const char *
dfi_thumbnails_off (const DfiThumbnails *thumbnails, int face)
{
  return thumbnails->off[face];
}

gboolean
dfi_thumbnails_any_asked (const DfiThumbnails *thumbnails)
{
  for (int i = 0; i < thumbnails->n; i++)
    if (*thumbnails->asked[i])
      return TRUE;
  return FALSE;
}

char *const *
dfi_thumbnails_all_asked (const DfiThumbnails *thumbnails)
{
  return thumbnails->asked;
}

char *const *
dfi_thumbnails_all_off (const DfiThumbnails *thumbnails)
{
  return thumbnails->off;
}

char *
dfi_thumbnails_text (const DfiThumbnails *thumbnails)
{
  GString *numbers = g_string_new (NULL);

  for (int i = 0; i < thumbnails->n; i++)
    if (chosen (thumbnails, i))
      g_string_append_printf (numbers, "%s%d", numbers->len ? ", " : "", i + 1);
  return g_string_free (numbers, FALSE);
}
