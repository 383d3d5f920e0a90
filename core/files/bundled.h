/* bundled.h: where the bundled weights and database are. */

#ifndef DFI_BUNDLED_H
#define DFI_BUNDLED_H

#include <glib.h>

#define DFI_BUNDLED_WEIGHTS  "vgg19-slim.safetensors"
#define DFI_BUNDLED_FACE     "face.safetensors"
#define DFI_BUNDLED_DATABASE "faces.safetensors"
#define DFI_BUNDLED_ICON     "dfi.svg"
#define DFI_BUNDLED_HELP     "help" /* a folder of GIMP's help pages */

/**
 * dfi_bundled_file:
 * @name: one of the above
 * @error: DFI_ERROR_IO naming the folders that were looked in
 *
 * Looks in the folders that $DFI_DATA_DIR lists, as $PATH would, and nowhere else when that is set; otherwise beside the
 * running program, so that a folder with the plug-in in it can be moved, then in ../share/dfi from there, then where it was
 * installed.
 *
 * Returns: (transfer full) (nullable): path; free with g_free()
 */
char *dfi_bundled_file (const char *name, GError **error);

/* The folders that dfi_bundled_file() looks in, in that order; they need not exist.  Free with g_strfreev(). */
char **dfi_bundled_folders (void);

/* Folder of the translations: locale/ beside the running program when there is one, else where they were installed.  Free
 * with g_free(). */
char *dfi_bundled_locale (void);

#endif
