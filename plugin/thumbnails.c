#include "config.h"

#include <glib/gi18n-lib.h>

#include "layer-pixels.h"
#include "picture.h"
#include "thumbnails.h"

#define SIZE 48 /* of a small picture, pixels on the screen */
#define ROOM 6  /* so many fit side by side under the large picture; more are scrolled */

struct _DfiThumbnails
{
  DfiFace          *faces;
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

/* To look at is the face that was clicked, or the first chosen when that one is given up; one at least stays. */
static void
toggled (GtkToggleButton *button, gpointer data)
{
  DfiThumbnails *thumbnails = data;
  int            active     = 0;

  if (thumbnails->silent)
    return;
  if (gtk_toggle_button_get_active (button))
    while (thumbnails->buttons[active] != GTK_WIDGET (button))
      active++;
  else
    while (active < thumbnails->n && ! chosen (thumbnails, active))
      active++;

  if (active < thumbnails->n)
    thumbnails->changed (active, thumbnails->data);
  else
    gtk_toggle_button_set_active (button, TRUE);
}

static DfiPicture *
new_picture (const DfiDrawable *source, const DfiFace *face)
{
  double        zoom = SIZE / MAX (face->box[2], face->box[3]);
  GeglRectangle part = { face->box[0] * zoom, face->box[1] * zoom, SIZE, SIZE };
  DfiImage     *image;
  DfiPicture   *picture;

  if (zoom > 1.0) /* only ever reduced; the picture enlarges */
    {
      part = (GeglRectangle){ face->box[0], face->box[1], MAX (1.0, face->box[2]), MAX (1.0, face->box[3]) };
      zoom = 1.0;
    }
  image   = dfi_drawable_fetch (source, &part, zoom, NULL);
  picture = dfi_picture_new (SIZE);
  if (image)
    dfi_picture_set_before (picture, image);
  gtk_widget_set_events (dfi_picture_widget (picture), GDK_EXPOSURE_MASK); /* clicks are for the button around it */
  dfi_image_free (image);
  return picture;
}

/* Some themes hardly show which buttons are pressed in. */
static void
show_chosen (GtkToggleButton *button, gpointer picture)
{
  dfi_picture_set_faint (picture, ! gtk_toggle_button_get_active (button));
}

static GtkWidget *
new_button (DfiThumbnails *thumbnails, const DfiDrawable *source, int face)
{
  GtkWidget  *button  = gtk_toggle_button_new ();
  DfiPicture *picture = new_picture (source, &thumbnails->faces[face]);
  char       *hint    = g_strdup_printf (_ ("Edit face number %d, too, and show it"), face + 1);

  gtk_container_add (GTK_CONTAINER (button), dfi_picture_widget (picture));
  gtk_widget_set_tooltip_text (button, hint);
  dfi_picture_set_faint (picture, TRUE);
  g_signal_connect (button, "toggled", G_CALLBACK (show_chosen), picture);
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
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (window), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  return window;
}

static void
free_thumbnails (gpointer data)
{
  DfiThumbnails *thumbnails = data;

  g_free (thumbnails->faces);
  g_free (thumbnails->buttons);
  g_free (thumbnails);
}

DfiThumbnails *
dfi_thumbnails_new (const DfiDrawable *source,
                    const DfiFace     *faces,
                    int                n_faces,
                    gboolean           all,
                    DfiThumbnailsFunc  changed,
                    gpointer           data)
{
  DfiThumbnails *thumbnails = g_new0 (DfiThumbnails, 1);
  GtkWidget     *box        = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  thumbnails->faces   = g_memdup2 (faces, n_faces * sizeof *faces);
  thumbnails->buttons = g_new (GtkWidget *, n_faces);
  thumbnails->n       = n_faces;
  thumbnails->changed = changed;
  thumbnails->data    = data;
  for (int i = 0; i < n_faces; i++)
    {
      thumbnails->buttons[i] = new_button (thumbnails, source, i);
      set_chosen (thumbnails, i, all);
      gtk_box_pack_start (GTK_BOX (box), thumbnails->buttons[i], FALSE, FALSE, 0);
    }
  thumbnails->widget = n_faces > ROOM ? scrolled (box) : box;
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
dfi_thumbnails_press (DfiThumbnails *thumbnails, gboolean first)
{
  for (int i = 0; i < thumbnails->n; i++)
    set_chosen (thumbnails, i, first && i == 0);
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
