/* edit-stages.h: the stages of an edit, each with a file of its own, and what each leaves for the next.  For edit.c and these
 * files alone. */

#ifndef DFI_EDIT_STAGES_H
#define DFI_EDIT_STAGES_H

#include "edit-hair.h"
#include "edit.h"
#include "known-face.h"
#include "network/decoder.h"
#include "network/pass.h"

struct _DfiEditor
{
  DfiEncoder  *encoder;
  DfiDatabase *database;
  DfiPass     *pass;    /* for pictures of the frame's size and the layers that were in use last, or NULL */
  DfiDecoder  *decoder; /* NULL when there is none for these weights, this frame and these layers */
  DfiKnownFace known;   /* the face that was edited last */
  DfiEditHair  hair;    /* of the face whose hair was edited last */
};

/* An edit under way. */
typedef struct
{
  DfiEditor            *editor;
  const DfiImage       *photo;
  const DfiFace        *face;
  const DfiRequest     *requests;
  int                   n_requests;
  const DfiEditOptions *options;
  DfiProgressFunc       progress; /* or NULL */
  gpointer              progress_data;

  DfiStage      stage;       /* that is under way, */
  gint64        since;       /* from this time on, in microseconds, */
  double        from, until; /* and that is this part of the whole */
  gboolean      in_face;     /* something changes in the frame, */
  gboolean      in_hair;     /* and in the hair, */
  DfiTone       tone;        /* by which its tone does, */
  const char   *fringe;      /* and a fringe of this label is drawn, or NULL, */
  double        length;      /* so long: dfi_fringe_draw() */
  DfiSimilarity to_frame;    /* photograph -> frame */
  DfiImage     *crop;        /* the face in its frame */
  gboolean      grey;        /* the face is */
  gboolean      colour;      /* all three channels are sought, and not luma alone */
  float        *mask;        /* (size, size) where something may change */
  float        *chroma;      /* what the direction says of the colours, or NULL */
  float        *fresh;       /* (size, size) where the decoder draws something new, or NULL */
  DfiImage     *change;      /* to be added to the face's R'G'B' in the frame */
  DfiEditReport report;
} DfiEdit;

/* ---------- edit.c ---------- */

/* A DfiProgressFunc of what is under way; @edit is a DfiEdit. */
gboolean dfi_edit_progress (double fraction, gpointer edit);

/* ---------- editor.c ---------- */

/* A pass for these layers.  There is one at a time, since at full width it takes most of the memory. */
DfiPass *dfi_editor_use_taps (DfiEditor *editor, DfiTaps taps, GError **error);

/* @to_frame: (out): photograph -> frame */
gboolean
dfi_editor_align (const DfiEditor *editor, const DfiFace *face, int width, int height, DfiSimilarity *to_frame, GError **error);

/* ---------- edit-mask.c ---------- */

/* Where an attribute acts in the frame: what is meant for hair or a fringe, where hair has no part of its own, in all of the
 * head. */
DfiRegion dfi_edit_region (const DfiAttribute *attribute);

/* `crop` -> `mask`, and what is known of the face has the masks of the requests' regions. */
gboolean dfi_edit_make_mask (DfiEdit *edit, GError **error);

/* ---------- edit-target.c ---------- */

/* `crop` -> phi(x) and its code, unless they are known. */
gboolean dfi_edit_find_features (DfiEdit *edit, DfiPass *pass, GError **error);

/* `crop` -> phi(x) + sum of alpha w, and what the sum says of colours. */
gboolean dfi_edit_find_target (DfiEdit *edit, GError **error);

/* ---------- edit-search.c ---------- */

/* phi(x) -> what the decoder makes of it, unless that is known, or the search starts from something else. */
gboolean dfi_edit_find_decoded (DfiEdit *edit, GError **error);

/* target -> z0: the decoder's, or what an earlier edit came to, or x. */
gboolean dfi_edit_begin_search (DfiEdit *edit, GError **error);

/* z0 -> z, whose features are nearest to the target's. */
gboolean dfi_edit_search (DfiEdit *edit, GError **error);

/* ---------- edit-colour.c ---------- */

/* `crop` -> its dfi_colour_tints(), unless they are known. */
gboolean dfi_edit_find_tints (DfiEdit *edit, GError **error);

/* z -> z - x, matched; from luma's change that of the channels follows, and the direction's colours are added. */
gboolean dfi_edit_make_change (DfiEdit *edit, GError **error);

#endif
