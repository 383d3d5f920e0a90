#include "config.h"

#include "picture.h"

#define MAX_MARKS 2
#define MARK_SIZE 6.0 /* pixels */
#define FAINT     0.4 /* opacity */

struct _DfiPicture
{
  GtkWidget     *area;
  GdkPixbuf     *before;
  GdkPixbuf     *after;
  gboolean       show_before;
  gboolean       faint;
  gboolean       pressed;
  DfiPictureFunc pick;
  gpointer       pick_data;
  double         marks[MAX_MARKS][2];
  int            n_marks;
};

static GdkPixbuf *
to_pixbuf (const DfiImage *image)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, image->width, image->height);
  size_t     n      = (size_t) image->height * image->width;

  if (! pixbuf)
    return NULL;
  for (int y = 0; y < image->height; y++)
    {
      guint8 *row = gdk_pixbuf_get_pixels (pixbuf) + (size_t) y * gdk_pixbuf_get_rowstride (pixbuf);

      for (int x = 0; x < image->width; x++)
        for (int c = 0; c < 3; c++)
          *row++ = CLAMP (image->data[c * n + (size_t) y * image->width + x], 0.0f, 1.0f) * 255.0f + 0.5f;
    }
  return pixbuf;
}

/* Where the photograph lies in the widget: as large as it fits, in the middle. */
static void
place (DfiPicture *picture, double *x, double *y, double *zoom)
{
  GtkAllocation area;
  int           width  = gdk_pixbuf_get_width (picture->before);
  int           height = gdk_pixbuf_get_height (picture->before);

  gtk_widget_get_allocation (picture->area, &area);
  *zoom = MIN (area.width / (double) width, area.height / (double) height);
  *x    = (area.width - *zoom * width) / 2.0;
  *y    = (area.height - *zoom * height) / 2.0;
}

static void
draw_mark (cairo_t *cr, double x, double y)
{
  static const double grey[] = { 0.0, 1.0 };

  for (int i = 0; i < 2; i++)
    {
      cairo_set_source_rgb (cr, grey[i], grey[i], grey[i]);
      cairo_set_line_width (cr, 3.0 - 2.0 * i);
      cairo_new_sub_path (cr);
      cairo_arc (cr, x, y, MARK_SIZE, 0.0, 2.0 * G_PI);
      cairo_stroke (cr);
    }
}

static gboolean
draw (GtkWidget *area, cairo_t *cr, gpointer data)
{
  DfiPicture *picture = data;
  gboolean    before  = picture->show_before || picture->pressed || picture->pick || ! picture->after;
  double      x, y, zoom;

  if (! picture->before)
    return TRUE;

  place (picture, &x, &y, &zoom);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, zoom, zoom);
  gdk_cairo_set_source_pixbuf (cr, before ? picture->before : picture->after, 0, 0);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_rectangle (cr, 0, 0, gdk_pixbuf_get_width (picture->before), gdk_pixbuf_get_height (picture->before));
  cairo_clip (cr);
  cairo_paint_with_alpha (cr, picture->faint ? FAINT : 1.0);
  cairo_restore (cr);

  for (int i = 0; picture->pick && i < picture->n_marks; i++)
    draw_mark (cr, x + zoom * picture->marks[i][0], y + zoom * picture->marks[i][1]);
  return TRUE;
}

static void
pick_at (DfiPicture *picture, double widget_x, double widget_y)
{
  double x, y, zoom;

  place (picture, &x, &y, &zoom);
  x = (widget_x - x) / zoom;
  y = (widget_y - y) / zoom;
  if (x < 0.0 || y < 0.0 || x >= gdk_pixbuf_get_width (picture->before) || y >= gdk_pixbuf_get_height (picture->before))
    return;

  picture->n_marks %= MAX_MARKS;
  picture->marks[picture->n_marks][0] = x;
  picture->marks[picture->n_marks][1] = y;
  picture->n_marks++;
  gtk_widget_queue_draw (picture->area);
  picture->pick (x, y, picture->pick_data);
}

static gboolean
press (GtkWidget *area, GdkEventButton *event, gpointer data)
{
  DfiPicture *picture = data;

  if (! picture->before || event->button != 1 || event->type == GDK_2BUTTON_PRESS || event->type == GDK_3BUTTON_PRESS)
    return FALSE;
  if (event->type == GDK_BUTTON_PRESS && picture->pick)
    pick_at (picture, event->x, event->y);
  else
    picture->pressed = event->type == GDK_BUTTON_PRESS;
  gtk_widget_queue_draw (area);
  return TRUE;
}

static void
free_picture (gpointer data)
{
  DfiPicture *picture = data;

  g_clear_object (&picture->before);
  g_clear_object (&picture->after);
  g_free (picture);
}

DfiPicture *
dfi_picture_new (int size)
{
  DfiPicture *picture = g_new0 (DfiPicture, 1);

  picture->area = gtk_drawing_area_new ();
  gtk_widget_set_size_request (picture->area, size, size);
  gtk_widget_add_events (picture->area, GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK);
  dfi_connect_draw (picture->area, draw, picture);
  g_signal_connect (picture->area, "button-press-event", G_CALLBACK (press), picture);
  g_signal_connect (picture->area, "button-release-event", G_CALLBACK (press), picture);
  g_object_set_data_full (G_OBJECT (picture->area), "dfi-picture", picture, free_picture);
  return picture;
}

GtkWidget *
dfi_picture_widget (DfiPicture *picture)
{
  return picture->area;
}

void
dfi_picture_set_before (DfiPicture *picture, const DfiImage *before)
{
  g_clear_object (&picture->before);
  g_clear_object (&picture->after);
  picture->before = to_pixbuf (before);
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_set_after (DfiPicture *picture, const DfiImage *after)
{
  g_clear_object (&picture->after);
  picture->after = to_pixbuf (after);
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_show_before (DfiPicture *picture, gboolean show)
{
  picture->show_before = show;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_set_faint (DfiPicture *picture, gboolean faint)
{
  picture->faint = faint;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_pick (DfiPicture *picture, DfiPictureFunc func, gpointer data)
{
  picture->pick      = func;
  picture->pick_data = data;
  picture->n_marks   = 0;
  gtk_widget_queue_draw (picture->area);
}
