/* dialog-compat.h: GTK 2 with GIMP 2.10's widgets, GTK 3 with GIMP 3's.  Code is written as for GTK 3. */

#ifndef DFI_DIALOG_COMPAT_H
#define DFI_DIALOG_COMPAT_H

#include "gimp-compat.h"

#include <libgimp/gimpui.h>

#if GTK_CHECK_VERSION(3, 0, 0)

#define dfi_ui_init(program)                    gimp_ui_init (program)
#define dfi_connect_draw(widget, handler, data) g_signal_connect (widget, "draw", G_CALLBACK (handler), data)

/* The text begins in the upper left corner. */
#define dfi_label_set_corner(label) (gtk_label_set_xalign (GTK_LABEL (label), 0.0), gtk_label_set_yalign (GTK_LABEL (label), 0.0))

#else

#define dfi_ui_init(program)        gimp_ui_init (program, FALSE)
#define dfi_label_set_corner(label) gtk_misc_set_alignment (GTK_MISC (label), 0.0, 0.0)
#define gtk_box_new(way, spacing) \
  ((way) == GTK_ORIENTATION_HORIZONTAL ? gtk_hbox_new (FALSE, spacing) : gtk_vbox_new (FALSE, spacing))
#define gtk_scale_new(way, adjustment)           gtk_hscale_new (adjustment)
#define gimp_dialog_set_alternative_button_order gtk_dialog_set_alternative_button_order
#define gtk_label_set_xalign(label, x)           gtk_misc_set_alignment (GTK_MISC (label), x, 0.5)

typedef gboolean (*DfiDrawFunc) (GtkWidget *widget, cairo_t *cr, gpointer data);

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
