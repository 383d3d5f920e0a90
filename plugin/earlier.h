/* earlier.h: what came of an earlier edit: a layer, of which it is known which layer it was made from, or an effect, and what was
 * asked for.  Whoever edits that again means the layer below, with other values; to edit the result itself would compound. */

#ifndef DFI_EARLIER_H
#define DFI_EARLIER_H

#include "drawable.h"
#include "settings.h"

/* Free what it holds with dfi_earlier_clear(). */
typedef struct
{
  gboolean     effect;  /* the source's topmost effect is the earlier result, which the next one is to replace; or it is this */
  DfiGimpLayer layer;   /* or DFI_NO_LAYER, and then all below is nothing */
  gboolean     by_hand; /* it has been changed since: it is kept, hidden */
  gboolean     instead; /* its source was hidden for it */
  guint64      digest;  /* of its pixels and its mask, when it was new */
  int          x, y;    /* of its corner in its source, likewise */
  char        *name;    /* likewise */
  char        *source;  /* what its source was called; known also of a source that is gone, to which there is no layer */
} DfiEarlier;

void dfi_earlier_init (DfiEarlier *earlier); /* there is none */
void dfi_earlier_clear (DfiEarlier *earlier);

/**
 * dfi_earlier_find:
 * @drawable: (inout): a layer; becomes its source where it is the result of an edit and the source is still there, and bare where
 *   that is an effect
 * @settings: (inout) (nullable): become those of that edit then
 * @earlier: (out)
 */
void dfi_earlier_find (DfiDrawable *drawable, DfiApplySettings *settings, DfiEarlier *earlier);

/* Looks whether the result has been changed by hand since; wants GEGL. */
void dfi_earlier_look (const DfiDrawable *source, DfiEarlier *earlier);

/* Whether there is a result to be replaced, and whether it is a layer: people may delete that meanwhile. */
gboolean dfi_earlier_stands (const DfiEarlier *earlier);
gboolean dfi_earlier_is_layer (const DfiEarlier *earlier);

/* What people are to know of it, or NULL.  Free with g_free(). */
char *dfi_earlier_describe (const DfiDrawable *source, const DfiEarlier *earlier);

/* ---------- for result-layer.c, within its undo step ---------- */

/* Gives @layer, which is new in the image, what people have set for the earlier result, and takes that away, or hides it.  @name:
 * that it is to have; @instead: @source is hidden for it. */
void dfi_earlier_replace (const DfiEarlier  *earlier,
                          const DfiDrawable *source,
                          DfiGimpLayer       layer,
                          const char        *name,
                          gboolean           instead);

/* Takes the earlier result away, or hides it; @source, where it was hidden for it, is shown. */
void dfi_earlier_give_way (const DfiEarlier *earlier, const DfiDrawable *source);

/* Keeps with @layer, which is new in the image, what it came of. */
void dfi_earlier_keep (const DfiDrawable      *source,
                       DfiGimpLayer            layer,
                       const char             *name,
                       const DfiApplySettings *settings,
                       gboolean                instead);

#endif
