/* picture.h: a widget that shows a photograph, before and after an edit. */

#ifndef DFI_PICTURE_H
#define DFI_PICTURE_H

#include "dialog-compat.h"
#include "dfi.h"

typedef struct _DfiPicture DfiPicture; /* lives as long as its widget */

/* Called with a position in the photograph's pixels. */
typedef void (*DfiPictureFunc) (double x, double y, gpointer data);

/* A square of @size pixels. */
DfiPicture *dfi_picture_new (int size);
GtkWidget  *dfi_picture_widget (DfiPicture *picture);

/* The photograph, and the photograph as edited; they are copied. */
void dfi_picture_set_before (DfiPicture *picture, const DfiImage *before);
void dfi_picture_set_after (DfiPicture *picture, const DfiImage *after);

/* Shows the photograph as it was, as pressing on the picture does. */
void dfi_picture_show_before (DfiPicture *picture, gboolean show);

void dfi_picture_set_faint (DfiPicture *picture, gboolean faint);

/* While @func is not NULL, clicks choose points, which are marked. */
void dfi_picture_pick (DfiPicture *picture, DfiPictureFunc func, gpointer data);

#endif
