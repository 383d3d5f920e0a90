/* settings.h: what can be asked of an edit, as both GIMPs' procedures offer it and keep it for the next time. */

#ifndef DFI_SETTINGS_H
#define DFI_SETTINGS_H

#include "edit.h"

typedef struct
{
  char          *attributes; /* as dfi_requests_parse() reads it */
  char          *faces;      /* which of the faces that are found: "all", or their numbers, "1, 3", the largest is 1 */
  double         eyes[4];    /* x1, y1, x2, y2 in pixels of the image, not of the layer; all 0: find faces */
  char          *quality;    /* as dfi_quality_parse() reads it */
  int            iterations; /* 0: as many as the quality says */
  char          *weights;    /* "": the bundled ones */
  char          *database;   /* "": the bundled one */
  char          *taps;       /* "": all the database's, else as dfi_taps_parse() reads it */
  char          *preset;     /* "", or what dfi_apply_settings_preset() is to set first */
  DfiEditOptions edit;       /* all but the iterations and the taps counts */
} DfiApplySettings;

void dfi_apply_settings_init (DfiApplySettings *settings);  /* as usual, no attributes */
void dfi_apply_settings_clear (DfiApplySettings *settings); /* frees the texts */

/* What an edit is to be made with; the iterations are those of the quality unless the settings say how many.
 * DFI_ERROR_VALUE for a quality or layers that there are not. */
gboolean dfi_apply_settings_options (const DfiApplySettings *settings, DfiEditOptions *options, GError **error);

/* Sets @settings' method: iterations and all that an edit depends on but feather, box and taps.  @name: as
 * dfi_edit_options_preset() has it, or "", which is as usual.  DFI_ERROR_VALUE for another name. */
gboolean dfi_apply_settings_preset (DfiApplySettings *settings, const char *name, GError **error);
gboolean dfi_apply_settings_same_method (const DfiApplySettings *settings, const DfiApplySettings *other);

/* ---------- as arguments of a procedure ---------- */

typedef enum
{
  DFI_ARGUMENT_TEXT,    /* char * */
  DFI_ARGUMENT_FILE,    /* char *; "" is none */
  DFI_ARGUMENT_NUMBER,  /* double */
  DFI_ARGUMENT_INTEGER, /* int */
  DFI_ARGUMENT_BOOLEAN  /* gboolean */
} DfiArgumentType;

typedef struct
{
  const char     *name;
  const char     *label; /* with a mnemonic; to be translated */
  const char     *blurb; /* to be translated */
  DfiArgumentType type;
  size_t          offset;   /* of its value in DfiApplySettings */
  double          min, max; /* of numbers */
} DfiArgument;

#define DFI_N_ARGUMENTS 21

/* In the order in which procedures take them, after run mode, image and drawable. */
extern const DfiArgument dfi_arguments[DFI_N_ARGUMENTS];

/* The value of an argument in @settings, by its type. */
#define DFI_ARGUMENT_VALUE(settings, argument, type) (*(type *) ((char *) (settings) + (argument)->offset))

#endif
