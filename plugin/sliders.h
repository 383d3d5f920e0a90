/* sliders.h: a slider for each attribute of a database, in groups, with a search. */

#ifndef DFI_SLIDERS_H
#define DFI_SLIDERS_H

#include "dfi.h"
#include "dialog-compat.h"

typedef struct _DfiSliders DfiSliders; /* lives as long as its widget */

typedef void (*DfiSlidersFunc) (gpointer data);

/* @database must outlive it; @attributes, as dfi_requests_parse() reads it, is where the sliders stand at first, or all
 * in the middle where it does not fit.  @changed is called with @data. */
DfiSliders *dfi_sliders_new (const DfiDatabase *database, const char *attributes, DfiSlidersFunc changed, gpointer data);
GtkWidget  *dfi_sliders_widget (DfiSliders *sliders);

/* The sliders that are not in the middle.  Free with g_free(). */
DfiRequest *dfi_sliders_changes (DfiSliders *sliders, int *n_requests);
/* The same as dfi_requests_parse() reads it.  Free with g_free(). */
char *dfi_sliders_text (DfiSliders *sliders);
void  dfi_sliders_reset (DfiSliders *sliders);
/* Moves all of them to where @attributes says; those that it does not name to the middle.  Calls nobody. */
void dfi_sliders_set (DfiSliders *sliders, const char *attributes);

/* Whether all are shown, or the favourites alone. */
void     dfi_sliders_show_all (DfiSliders *sliders, gboolean all);
gboolean dfi_sliders_all_shown (const DfiSliders *sliders);

/* What is typed next is looked for among the attributes. */
void dfi_sliders_focus (DfiSliders *sliders);

#endif
