/* thumbnails.h: small pictures of the faces of a layer, each a button.  The sliders are for those that are pressed in; a click
 * presses one alone, with Ctrl it adds one or takes it away.  Each face keeps what is asked of it. */

#ifndef DFI_THUMBNAILS_H
#define DFI_THUMBNAILS_H

#include "dialog-compat.h"
#include "drawable.h"

typedef struct _DfiThumbnails DfiThumbnails; /* goes with its widget */

/* Called with @data when the choice has changed: number @active, counted from 0, is the face to look at; it was @added to the
 * chosen ones, or is now the only one. */
typedef void (*DfiThumbnailsFunc) (int active, gboolean added, gpointer data);

/**
 * dfi_thumbnails_new:
 * @faces: (array length=n_faces): in @source, copied
 * @asked: (nullable): what is asked of each at first, none: nothing
 * @off: (nullable): likewise: what is switched off
 *
 * None is pressed yet.
 */
DfiThumbnails *dfi_thumbnails_new (const DfiDrawable *source,
                                   const DfiFace     *faces,
                                   int                n_faces,
                                   char *const       *asked,
                                   char *const       *off,
                                   DfiThumbnailsFunc  changed,
                                   gpointer           data);
GtkWidget     *dfi_thumbnails_widget (DfiThumbnails *thumbnails);
const DfiFace *dfi_thumbnails_face (const DfiThumbnails *thumbnails, int face);

/* All of them.  Free with g_free(). */
DfiFace *dfi_thumbnails_copy_faces (const DfiThumbnails *thumbnails, int *n_faces);

/* Presses those that are @chosen (n_faces), or, for NULL, none: then something else says where the face is.  Calls nobody. */
void dfi_thumbnails_press (DfiThumbnails *thumbnails, const gboolean *chosen);

/* Those that are pressed, as the settings have it: "1, 3".  Free with g_free(). */
char *dfi_thumbnails_text (const DfiThumbnails *thumbnails);

/* What is asked of those that are pressed, and what is switched off, as dfi_requests_parse() reads it; "" is nothing. */
void        dfi_thumbnails_ask (DfiThumbnails *thumbnails, const char *attributes, const char *off);
const char *dfi_thumbnails_asked (const DfiThumbnails *thumbnails, int face);
const char *dfi_thumbnails_off (const DfiThumbnails *thumbnails, int face);

/* Whether something is asked of one of them. */
gboolean dfi_thumbnails_any_asked (const DfiThumbnails *thumbnails);

/* All of that, one text a face, NULL at the end. */
char *const *dfi_thumbnails_all_asked (const DfiThumbnails *thumbnails);
char *const *dfi_thumbnails_all_off (const DfiThumbnails *thumbnails);

#endif
