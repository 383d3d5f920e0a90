/* settings.h: what can be asked of an edit in GIMP: what a procedure is given, and what the dialog chooses. */

#ifndef DFI_SETTINGS_H
#define DFI_SETTINGS_H

#include "dfi.h"

/* What an edit adds to the image. */
typedef enum
{
  DFI_OUTPUT_LAYER, /* "layer": the face, with transparency around it */
  DFI_OUTPUT_MASK,  /* "mask": the same with a layer mask in the place of the transparency, so that one can paint in it */
  DFI_OUTPUT_EFFECT /* "effect": no layer, but an effect of the one that is edited (effect.h) */
} DfiOutput;

typedef struct
{
  char      *attributes; /* as dfi_asked_parse() reads it */
  char      *off;        /* likewise: what is switched off in the dialog, with its value */
  char      *faces;      /* which of the faces that are found: "all", or their numbers, "1, 3", the largest is 1 */
  double     eyes[4];    /* x1, y1, x2, y2 in pixels of the image, not of the layer; all 0: find faces */
  DfiOutput  output;
  DfiOptions options;
} DfiApplySettings;

/* One of its words; DFI_ERROR_VALUE for another. */
gboolean    dfi_output_parse (const char *word, DfiOutput *output, GError **error);
const char *dfi_output_word (DfiOutput output);

void dfi_apply_settings_init (DfiApplySettings *settings);  /* as usual, no attributes */
void dfi_apply_settings_clear (DfiApplySettings *settings); /* frees the texts */

/* Whether somebody says where the eyes are. */
gboolean dfi_apply_settings_have_eyes (const DfiApplySettings *settings);

/* Writes attributes and options, but not which faces they are for, into a group of @file.  With @files also which weights and
 * database. */
void dfi_apply_settings_store (const DfiApplySettings *settings, GKeyFile *file, const char *group, gboolean files);

/* Sets attributes and options to what the above has written.  Without @files, weights and database stay.  What another version
 * wrote and this one cannot read stays as well. */
void dfi_apply_settings_recall (DfiApplySettings *settings, GKeyFile *file, const char *group, gboolean files);

#endif
