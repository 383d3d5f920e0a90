/* procedure.h: what the procedures say of themselves and do, the same in both GIMPs. */

#ifndef DFI_PROCEDURE_H
#define DFI_PROCEDURE_H

#include "apply.h"

#define DFI_EDIT_PROCEDURE   "plug-in-dfi"
#define DFI_EDIT_MENU_LABEL  N_ ("Deep Feature _Interpolation…")
#define DFI_EDIT_MENU_PATH   "<Image>/Filters"
#define DFI_EDIT_IMAGE_TYPES "RGB*, GRAY*"
#define DFI_EDIT_BLURB       N_ ("Change attributes of a face: smile, age, beard, glasses")
#define DFI_EDIT_HELP                                                                          \
  N_ ("Edits a face by Deep Feature Interpolation: moves it in the feature space of a neural " \
      "network along the difference between similar faces with and without an attribute. "     \
      "The result is a new layer above the drawable, which itself stays as it is. Only what "  \
      "is selected changes. Works on RGB and grey images of any precision and profile.")

/* What the procedures say of the arguments that are not in the table of options; to be translated. */
#define DFI_ATTRIBUTES_ARGUMENT                                                                                               \
  N_ ("What to change and how strongly: \"smiling=2, eyeglasses=1.5\"; \"2: senior=1\" is for face number 2 alone. 1 is the " \
      "average difference between people with and without; negative values go the other way; a name alone means its usual "   \
      "strength. plug-in-dfi-attributes lists the names")
#define DFI_OUTPUT_ARGUMENT                                                                                                    \
  N_ ("What the result is: layer; mask: a layer whose mask holds the change, to be painted on; or, in GIMP 3, effect: one of " \
      "the layer itself that stays editable (usually layer)")
#define DFI_FACES_ARGUMENT N_ ("Which faces: all, or their numbers, such as \"1\" or \"1, 3\"; the largest face is number 1")

#define DFI_ATTRIBUTES_PROCEDURE "plug-in-dfi-attributes"
#define DFI_ATTRIBUTES_BLURB     N_ ("List the attributes that a database of faces knows")
#define DFI_ATTRIBUTES_HELP      N_ ("Gives the names that plug-in-dfi understands.")

#define DFI_AUTHORS "The authors of dfi"
#define DFI_DATE    "2026"

/* To be called first. */
void dfi_procedure_init (void);

/* Path of the icon, or NULL when it is not installed.  Free with g_free(). */
char *dfi_procedure_icon (void);

/* What GIMP's help pages of the plug-in are known by, and where they are, as a URI; NULL when they are not installed.  Free
 * with g_free(). */
#define DFI_HELP_DOMAIN "org.gimp.GIMP.Plugin.DFI"
char *dfi_procedure_help_uri (void);

/**
 * dfi_procedure_edit:
 * @settings: (inout): what the dialog starts from, and what was chosen in it
 * @error: as dfi_drawable_init() and dfi_apply() set it; DFI_ERROR_CANCELLED when the dialog is closed
 *
 * Does what plug-in-dfi does, and shows progress.
 *
 * Returns: the new layer, or the one that has the effect; or DFI_NO_LAYER
 */
DfiGimpLayer dfi_procedure_edit (GimpRunMode       run_mode,
                                 DfiGimpImage      image,
                                 DfiGimpDrawable   drawable,
                                 DfiApplySettings *settings,
                                 GError          **error);

/* Whether @error stands for a dialog that was closed, which is GIMP_PDB_CANCEL.  In a script that would be wrong: it goes on
 * after GIMP_PDB_CANCEL as if all were well. */
gboolean dfi_procedure_cancelled (GimpRunMode run_mode, const GError *error);

/**
 * dfi_procedure_attributes:
 * @database: (nullable): path; none or "": the bundled database
 * @error: as dfi_bundled_file() and dfi_database_peek() set it
 *
 * Returns: (transfer full) (nullable): the names of those that have a slider of their own; free with g_strfreev()
 */
char **dfi_procedure_attributes (const char *database, GError **error);

#endif
