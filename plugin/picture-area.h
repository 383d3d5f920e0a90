/* picture-area.h: a widget that shows a photograph, before and after an edit. */

#ifndef DFI_PICTURE_AREA_H
#define DFI_PICTURE_AREA_H

#include "dialog-compat.h"
#include "dfi.h"

typedef struct _DfiPictureArea DfiPictureArea; /* lives as long as its widget */

/* Called with a position in the photograph's pixels. */
typedef void (*DfiPictureAreaFunc) (double x, double y, gpointer data);

typedef void (*DfiEnlargedFunc) (gpointer data);

/* At least a square of @size pixels.  The wheel zooms, and a drag moves what does not fit. */
DfiPictureArea *dfi_picture_area_new (int size);
GtkWidget      *dfi_picture_area_widget (DfiPictureArea *picture);

/* The photograph, and the photograph as edited; they are copied.  @alpha: (nullable): of each pixel; where it is not 1, checks
 * show. */
void dfi_picture_area_set_before (DfiPictureArea *picture, const DfiImage *before, const float *alpha);
void dfi_picture_area_set_after (DfiPictureArea *picture, const DfiImage *after);

/* Shows the same photograph with another number of pixels, where and as large as it is. */
void dfi_picture_area_refine (DfiPictureArea *picture, const DfiImage *before, const float *alpha);

/* How many pixels of the screen, along a side, show one of the photograph; 0: there is none. */
double dfi_picture_area_enlargement (const DfiPictureArea *picture);
/* Sets it; 0: as large as it fits. */
void dfi_picture_area_enlarge (DfiPictureArea *picture, double enlargement);
/* Lets @enlarged be called, with @data, whenever it has come to be more than 1. */
void dfi_picture_area_watch (DfiPictureArea *picture, DfiEnlargedFunc enlarged, gpointer data);

/* Shows the photograph as it was to the left of a line that can be dragged, and as edited to its right. */
void dfi_picture_area_split (DfiPictureArea *picture, gboolean split);

/* Shows the photograph as it was, as pressing on the picture does. */
void dfi_picture_area_show_before (DfiPictureArea *picture, gboolean show);

void dfi_picture_area_set_faint (DfiPictureArea *picture, gboolean faint);

/* While @func is not NULL, clicks choose points, which are marked. */
void dfi_picture_area_pick (DfiPictureArea *picture, DfiPictureAreaFunc func, gpointer data);

#endif
