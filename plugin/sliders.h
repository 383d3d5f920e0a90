/* sliders.h: a slider for each attribute of a database and its opposite, in groups, with a search. */

#ifndef DFI_SLIDERS_H
#define DFI_SLIDERS_H

#include "dfi.h"
#include "dialog-compat.h"

typedef struct _DfiSliders DfiSliders; /* lives as long as its widget */

typedef void (*DfiSlidersFunc) (gpointer data);

/* @database must outlive it; @attributes and @off are where the sliders stand at first, as for dfi_sliders_set().  @changed is
 * called with @data. */
DfiSliders *
dfi_sliders_new (const DfiDatabase *database, const char *attributes, const char *off, DfiSlidersFunc changed, gpointer data);
GtkWidget *dfi_sliders_widget (DfiSliders *sliders);

/* The sliders that are not in the middle, and are switched @on, or off.  Free with g_free(). */
DfiRequest *dfi_sliders_changes (DfiSliders *sliders, gboolean on, int *n_requests);
/* The same as dfi_requests_parse() reads it.  Free with g_free(). */
char *dfi_sliders_text (DfiSliders *sliders, gboolean on);
void  dfi_sliders_reset (DfiSliders *sliders);

/**
 * dfi_sliders_set:
 * @attributes: as dfi_requests_parse() reads it
 * @off: likewise; these are switched off
 *
 * Moves all sliders there; those that are not named to the middle.  Calls nobody.
 *
 * Returns: (transfer full): the names that the database has not, with commas between, or ""; free with g_free()
 */
char *dfi_sliders_set (DfiSliders *sliders, const char *attributes, const char *off);

/* Whether all are shown, or the favourites alone. */
void     dfi_sliders_show_all (DfiSliders *sliders, gboolean all);
gboolean dfi_sliders_all_shown (const DfiSliders *sliders);

/* What is typed next is looked for among the attributes. */
void dfi_sliders_focus (DfiSliders *sliders);

#endif
