/* thumbnails.h: small pictures of the faces of a layer, each a button: those that are pressed in are edited. */

#ifndef DFI_THUMBNAILS_H
#define DFI_THUMBNAILS_H

#include "dialog-compat.h"
#include "drawable.h"

typedef struct _DfiThumbnails DfiThumbnails; /* goes with its widget */

/* Called with @data when the choice has changed, and number @active, counted from 0, is the face to look at. */
typedef void (*DfiThumbnailsFunc) (int active, gpointer data);

/**
 * dfi_thumbnails_new:
 * @faces: (array length=n_faces): in @source, copied
 * @all: TRUE presses all of them, FALSE none
 */
DfiThumbnails *dfi_thumbnails_new (const DfiDrawable *source,
                                   const DfiFace     *faces,
                                   int                n_faces,
                                   gboolean           all,
                                   DfiThumbnailsFunc  changed,
                                   gpointer           data);
GtkWidget     *dfi_thumbnails_widget (DfiThumbnails *thumbnails);
const DfiFace *dfi_thumbnails_face (const DfiThumbnails *thumbnails, int face);

/* All of them.  Free with g_free(). */
DfiFace *dfi_thumbnails_copy_faces (const DfiThumbnails *thumbnails, int *n_faces);

/* Presses the first alone, or none: then something else says where the face is.  Calls nobody. */
void dfi_thumbnails_press (DfiThumbnails *thumbnails, gboolean first);

/* Those that are pressed, as the settings have it: "1, 3".  Free with g_free(). */
char *dfi_thumbnails_text (const DfiThumbnails *thumbnails);

#endif
