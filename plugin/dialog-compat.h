/* dialog-compat.h: GTK 2 with GIMP 2.10's widgets, GTK 3 with GIMP 3's.  Code is written as for GTK 3. */

#ifndef DFI_DIALOG_COMPAT_H
#define DFI_DIALOG_COMPAT_H

#include "gimp-compat.h"

#include <libgimp/gimpui.h>

/* A long entry does not make the window wider. */
static inline void
dfi_combo_ellipsize (GtkWidget *combo)
{
  GList *cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (combo));

  g_object_set (cells->data, "ellipsize", PANGO_ELLIPSIZE_MIDDLE, NULL);
  g_list_free (cells);
}

#if GTK_CHECK_VERSION(3, 0, 0)

#define dfi_ui_init(program)                    gimp_ui_init (program)
#define dfi_connect_draw(widget, handler, data) g_signal_connect (widget, "draw", G_CALLBACK (handler), data)

/* Of the screen that windows open on, but for panels. */
static inline void
dfi_screen_size (int *width, int *height)
{
  GdkDisplay  *display = gdk_display_get_default ();
  GdkMonitor  *primary = gdk_display_get_primary_monitor (display);
  GdkRectangle area;

  gdk_monitor_get_workarea (primary ? primary : gdk_display_get_monitor (display, 0), &area);
  *width  = area.width;
  *height = area.height;
}

/* Of the device, a pixel of GTK's. */
#define dfi_scale_factor(widget) gtk_widget_get_scale_factor (widget)

/* GTK 3 would let scrollbars vanish, and lay them over what they scroll. */
#define dfi_show_scrollbars(scrolled) gtk_scrolled_window_set_overlay_scrolling (GTK_SCROLLED_WINDOW (scrolled), FALSE)

/* The text begins in the upper left corner. */
#define dfi_label_set_corner(label) (gtk_label_set_xalign (GTK_LABEL (label), 0.0), gtk_label_set_yalign (GTK_LABEL (label), 0.0))

#else

#define dfi_ui_init(program)           gimp_ui_init (program, FALSE)
#define dfi_label_set_corner(label)    gtk_misc_set_alignment (GTK_MISC (label), 0.0, 0.0)
#define dfi_scale_factor(widget)       1
#define dfi_screen_size(width, height) (*(width) = gdk_screen_width (), *(height) = gdk_screen_height ())
#define dfi_show_scrollbars(scrolled)  /* they show */
#define gtk_box_new(way, spacing) \
  ((way) == GTK_ORIENTATION_HORIZONTAL ? gtk_hbox_new (FALSE, spacing) : gtk_vbox_new (FALSE, spacing))
#define gtk_scale_new(way, adjustment)           gtk_hscale_new (adjustment)
#define gimp_dialog_set_alternative_button_order gtk_dialog_set_alternative_button_order
#define gtk_label_set_xalign(label, x)           gtk_misc_set_alignment (GTK_MISC (label), x, 0.5)

typedef gboolean (*DfiDrawFunc) (GtkWidget *widget, cairo_t *cr, gpointer data);

static inline void
gtk_widget_get_preferred_width (GtkWidget *widget, int *least, int *usual)
{
  GtkRequisition needed;

  gtk_widget_size_request (widget, &needed);
  *least = *usual = needed.width;
}

static inline gboolean
dfi_draw_on_expose (GtkWidget *widget, GdkEventExpose *event, gpointer data)
{
  DfiDrawFunc draw = (DfiDrawFunc) g_object_get_data (G_OBJECT (widget), "dfi-draw");
  cairo_t    *cr   = gdk_cairo_create (gtk_widget_get_window (widget));
  gboolean    done = draw (widget, cr, data);

  cairo_destroy (cr);
  return done;
}

#define dfi_connect_draw(widget, handler, data)                                           \
  (g_object_set_data (G_OBJECT (widget), "dfi-draw", (gpointer) (DfiDrawFunc) (handler)), \
   g_signal_connect (widget, "expose-event", G_CALLBACK (dfi_draw_on_expose), data))

#endif

#endif
