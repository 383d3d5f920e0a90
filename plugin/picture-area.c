#include "config.h"

#include "picture-area.h"

#define MAX_MARKS 2
#define MARK_SIZE 6.0  /* pixels */
#define FAINT     0.4  /* opacity */
#define ZOOM_STEP 1.25 /* of one notch of the wheel */
#define ZOOM_MAX  32.0 /* times as large as it fits */
#define DRAG      4.0  /* pixels that the pointer moves before it drags */
#define GRIP      8.0  /* pixels from the line within which it is taken hold of */
#define CHECK     8    /* pixels of the photograph */

struct _DfiPictureArea
{
  GtkWidget *area;
  GdkPixbuf *before;
  GdkPixbuf *after;
  gboolean   show_before;
  gboolean   faint;
  float     *alpha;     /* of both, or NULL */
  double     zoom;      /* 1: as large as it fits */
  double     middle[2]; /* of the area, in the photograph's pixels */
  gboolean   split;
  double     line; /* where it is split, 0..1 of the area's width */
  enum
  {
    IDLE,
    PRESSED, /* not moved yet */
    PANNING,
    SPLITTING
  } pointer;
  double             grip[2]; /* where the pointer was last */
  DfiPictureAreaFunc pick;
  gpointer           pick_data;
  DfiEnlargedFunc    enlarged; /* or NULL */
  gpointer           enlarged_data;
  double             marks[MAX_MARKS][2];
  int                n_marks;
};

/* @alpha: (nullable): where it is not 1, checks show. */
static GdkPixbuf *
to_pixbuf (const DfiImage *image, const float *alpha)
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
          {
            size_t i     = (size_t) y * image->width + x;
            float  check = (x / CHECK + y / CHECK) % 2 ? 0.4f : 0.6f;
            float  value = CLAMP (image->data[c * n + i], 0.0f, 1.0f);

            *row++ = (alpha ? check + alpha[i] * (value - check) : value) * 255.0f + 0.5f;
          }
    }
  return pixbuf;
}

/* ---------- where the photograph lies ---------- */

/* How large it is when all of it fits. */
static double
fit (const DfiPictureArea *picture)
{
  GtkAllocation area;

  gtk_widget_get_allocation (picture->area, &area);
  return MIN (area.width / (double) gdk_pixbuf_get_width (picture->before),
              area.height / (double) gdk_pixbuf_get_height (picture->before));
}

/* The middle of the area along one side, so that no room is left unused beside a photograph of @size pixels. */
static double
keep_inside (double middle, double size, double shown)
{
  return shown >= size ? size / 2.0 : CLAMP (middle, shown / 2.0, size - shown / 2.0);
}

/* Its corner in the area, and its enlargement. */
static void
place (DfiPictureArea *picture, double *x, double *y, double *zoom)
{
  GtkAllocation area;

  gtk_widget_get_allocation (picture->area, &area);
  *zoom              = fit (picture) * picture->zoom;
  picture->middle[0] = keep_inside (picture->middle[0], gdk_pixbuf_get_width (picture->before), area.width / *zoom);
  picture->middle[1] = keep_inside (picture->middle[1], gdk_pixbuf_get_height (picture->before), area.height / *zoom);
  *x                 = area.width / 2.0 - *zoom * picture->middle[0];
  *y                 = area.height / 2.0 - *zoom * picture->middle[1];
}

double
dfi_picture_area_enlargement (const DfiPictureArea *picture)
{
  return picture->before ? fit (picture) * picture->zoom * dfi_scale_factor (picture->area) : 0.0;
}

static void
notice_enlargement (DfiPictureArea *picture)
{
  gtk_widget_queue_draw (picture->area);
  if (picture->enlarged && dfi_picture_area_enlargement (picture) > 1.0)
    picture->enlarged (picture->enlarged_data);
}

void
dfi_picture_area_enlarge (DfiPictureArea *picture, double enlargement)
{
  if (! picture->before)
    return;
  picture->zoom = MIN (enlargement > 0.0 ? enlargement / (fit (picture) * dfi_scale_factor (picture->area)) : 1.0, ZOOM_MAX);
  notice_enlargement (picture);
}

/* What is under (@x, @y) stays there. */
static void
zoom_at (DfiPictureArea *picture, double x, double y, double factor)
{
  double before = picture->zoom, left, top, zoom;

  place (picture, &left, &top, &zoom);
  picture->zoom = CLAMP (picture->zoom * factor, 1.0, ZOOM_MAX);
  factor        = picture->zoom / before;
  picture->middle[0] += (1.0 - 1.0 / factor) * ((x - left) / zoom - picture->middle[0]);
  picture->middle[1] += (1.0 - 1.0 / factor) * ((y - top) / zoom - picture->middle[1]);
  notice_enlargement (picture);
}

/* ---------- drawing ---------- */

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

/* Draws @pixbuf where the photograph lies, from @left to @right in the area. */
static void
draw_photo (DfiPictureArea *picture, cairo_t *cr, GdkPixbuf *pixbuf, double left, double right)
{
  GtkAllocation area;
  double        x, y, zoom;

  gtk_widget_get_allocation (picture->area, &area);
  place (picture, &x, &y, &zoom);
  zoom *=
      gdk_pixbuf_get_width (picture->before) / (double) gdk_pixbuf_get_width (pixbuf); /* of before the photograph was refined */
  cairo_save (cr);
  cairo_rectangle (cr, left, 0, right - left, area.height);
  cairo_clip (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, zoom, zoom);
  gdk_cairo_set_source_pixbuf (cr, pixbuf, 0, 0);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_rectangle (cr, 0, 0, gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf));
  cairo_clip (cr);
  cairo_paint_with_alpha (cr, picture->faint ? FAINT : 1.0);
  cairo_restore (cr);
}

static gboolean
splits (const DfiPictureArea *picture)
{
  return picture->split && picture->after && ! picture->pick && ! picture->show_before;
}

static void
draw_split (DfiPictureArea *picture, cairo_t *cr, double width, double height)
{
  double line = picture->line * width;

  draw_photo (picture, cr, picture->before, 0.0, line);
  draw_photo (picture, cr, picture->after, line, width);
  for (int i = 0; i < 2; i++)
    {
      cairo_set_source_rgb (cr, i, i, i);
      cairo_set_line_width (cr, 3.0 - 2.0 * i);
      cairo_move_to (cr, line, 0.0);
      cairo_line_to (cr, line, height);
      cairo_stroke (cr);
    }
}

static gboolean
draw (GtkWidget *widget, cairo_t *cr, gpointer data)
{
  DfiPictureArea *picture = data;
  gboolean        before  = picture->show_before || picture->pointer == PRESSED || picture->pick || ! picture->after;
  GtkAllocation   area;
  double          x, y, zoom;

  if (! picture->before)
    return TRUE;

  gtk_widget_get_allocation (widget, &area);
  if (splits (picture))
    draw_split (picture, cr, area.width, area.height);
  else
    draw_photo (picture, cr, before ? picture->before : picture->after, 0.0, area.width);

  place (picture, &x, &y, &zoom);
  for (int i = 0; picture->pick && i < picture->n_marks; i++)
    draw_mark (cr, x + zoom * picture->marks[i][0], y + zoom * picture->marks[i][1]);
  return TRUE;
}

/* ---------- the pointer ---------- */

static void
pick_at (DfiPictureArea *picture, double widget_x, double widget_y)
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
press (GtkWidget *widget, GdkEventButton *event, gpointer data)
{
  DfiPictureArea *picture = data;
  GtkAllocation   area;

  if (! picture->before || event->button != 1 || event->type != GDK_BUTTON_PRESS)
    return FALSE;
  gtk_widget_get_allocation (widget, &area);
  picture->pointer = splits (picture) && ABS (event->x - picture->line * area.width) < GRIP ? SPLITTING : PRESSED;
  picture->grip[0] = event->x;
  picture->grip[1] = event->y;
  gtk_widget_queue_draw (widget);
  return TRUE;
}

/* A point is chosen when the pointer has not moved since it was pressed. */
static gboolean
release (GtkWidget *widget, GdkEventButton *event, gpointer data)
{
  DfiPictureArea *picture = data;
  gboolean        still   = picture->pointer == PRESSED;

  if (event->button != 1)
    return FALSE;
  picture->pointer = IDLE;
  gtk_widget_queue_draw (widget);
  if (still && picture->pick)
    pick_at (picture, event->x, event->y);
  return TRUE;
}

static gboolean
motion (GtkWidget *widget, GdkEventMotion *event, gpointer data)
{
  DfiPictureArea *picture = data;
  double          dx = event->x - picture->grip[0], dy = event->y - picture->grip[1];
  GtkAllocation   area;
  double          zoom;

  if (picture->pointer == IDLE || ! picture->before)
    return FALSE;
  gtk_widget_get_allocation (widget, &area);
  if (picture->pointer == PRESSED && (ABS (dx) > DRAG || ABS (dy) > DRAG) && picture->zoom > 1.0)
    picture->pointer = PANNING;
  if (picture->pointer == PRESSED)
    return TRUE;

  zoom = fit (picture) * picture->zoom;
  if (picture->pointer == SPLITTING)
    picture->line = CLAMP (event->x / area.width, 0.0, 1.0);
  else
    {
      picture->middle[0] -= dx / zoom;
      picture->middle[1] -= dy / zoom;
    }
  picture->grip[0] = event->x;
  picture->grip[1] = event->y;
  gtk_widget_queue_draw (widget);
  return TRUE;
}

static gboolean
scroll (GtkWidget *widget, GdkEventScroll *event, gpointer data)
{
  DfiPictureArea *picture = data;

  if (! picture->before || (event->direction != GDK_SCROLL_UP && event->direction != GDK_SCROLL_DOWN))
    return FALSE;
  zoom_at (picture, event->x, event->y, event->direction == GDK_SCROLL_UP ? ZOOM_STEP : 1.0 / ZOOM_STEP);
  return TRUE;
}

/* ---------- the widget ---------- */

static void
free_picture (gpointer data)
{
  DfiPictureArea *picture = data;

  g_clear_object (&picture->before);
  g_clear_object (&picture->after);
  g_free (picture->alpha);
  g_free (picture);
}

DfiPictureArea *
dfi_picture_area_new (int size)
{
  DfiPictureArea *picture = g_new0 (DfiPictureArea, 1);

  picture->zoom = 1.0;
  picture->line = 0.5;
  picture->area = gtk_drawing_area_new ();
  gtk_widget_set_size_request (picture->area, size, size);
  gtk_widget_add_events (picture->area,
                         GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK | GDK_BUTTON1_MOTION_MASK | GDK_SCROLL_MASK);
  dfi_connect_draw (picture->area, draw, picture);
  g_signal_connect (picture->area, "button-press-event", G_CALLBACK (press), picture);
  g_signal_connect (picture->area, "button-release-event", G_CALLBACK (release), picture);
  g_signal_connect (picture->area, "motion-notify-event", G_CALLBACK (motion), picture);
  g_signal_connect (picture->area, "scroll-event", G_CALLBACK (scroll), picture);
  g_object_set_data_full (G_OBJECT (picture->area), "dfi-picture", picture, free_picture);
  return picture;
}

GtkWidget *
dfi_picture_area_widget (DfiPictureArea *picture)
{
  return picture->area;
}

void
dfi_picture_area_set_before (DfiPictureArea *picture, const DfiImage *before, const float *alpha)
{
  g_clear_object (&picture->before);
  g_clear_object (&picture->after);
  g_free (picture->alpha);
  picture->alpha  = alpha ? g_memdup2 (alpha, (size_t) before->width * before->height * sizeof *alpha) : NULL;
  picture->before = to_pixbuf (before, alpha);
  picture->zoom   = 1.0;
  gtk_widget_queue_draw (picture->area);
}

/* The edited photograph stays in sight, blurred, until there is a new one. */
void
dfi_picture_area_refine (DfiPictureArea *picture, const DfiImage *before, const float *alpha)
{
  double     zoom  = picture->zoom;
  double     more  = before->width / (double) gdk_pixbuf_get_width (picture->before);
  GdkPixbuf *after = g_steal_pointer (&picture->after);

  dfi_picture_area_set_before (picture, before, alpha);
  picture->after = after;
  picture->zoom  = zoom;
  for (int i = 0; i < 2; i++)
    {
      picture->middle[i] *= more;
      for (int mark = 0; mark < picture->n_marks; mark++)
        picture->marks[mark][i] *= more;
    }
}

void
dfi_picture_area_set_after (DfiPictureArea *picture, const DfiImage *after)
{
  g_clear_object (&picture->after);
  picture->after = to_pixbuf (after, picture->alpha);
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_area_show_before (DfiPictureArea *picture, gboolean show)
{
  picture->show_before = show;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_area_split (DfiPictureArea *picture, gboolean split)
{
  picture->split = split;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_area_set_faint (DfiPictureArea *picture, gboolean faint)
{
  picture->faint = faint;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_area_pick (DfiPictureArea *picture, DfiPictureAreaFunc func, gpointer data)
{
  picture->pick      = func;
  picture->pick_data = data;
  picture->n_marks   = 0;
  gtk_widget_queue_draw (picture->area);
}

void
dfi_picture_area_watch (DfiPictureArea *picture, DfiEnlargedFunc enlarged, gpointer data)
{
  picture->enlarged      = enlarged;
  picture->enlarged_data = data;
}
