/* bundled.h: where the files are that come with the program: weights, databases, translations. */

#ifndef DFI_BUNDLED_H
#define DFI_BUNDLED_H

#include <glib.h>

#define DFI_BUNDLED_WEIGHTS  "vgg19-slim.safetensors"
#define DFI_BUNDLED_FACE     "face.safetensors"
#define DFI_BUNDLED_HAIR     "hair.safetensors"
#define DFI_BUNDLED_DATABASE "faces.safetensors"

/**
 * dfi_bundled_file:
 * @name: of a file or a folder, such as one of the above
 * @error: DFI_ERROR_IO naming the folders that were looked in
 *
 * Looks in the folders that $DFI_DATA_DIR lists, as $PATH would, and nowhere else when that is set; otherwise beside the
 * running program, so that a folder with the plug-in in it can be moved, then in ../share/dfi from there, so that a tree
 * with bin and share in it can be moved, then where it was installed.
 *
 * Returns: (transfer full) (nullable): absolute path; free with g_free()
 */
char *dfi_bundled_file (const char *name, GError **error);

/* A copy of @path, what somebody has chosen; where that is NULL or "", the bundled file @name, as above. */
char *dfi_chosen_file (const char *path, const char *name, GError **error);

/* Takes @file for the running program from now on: where this code is part of a library, and the program somebody else's.  To
 * be called before anything else here, by one thread. */
void dfi_bundled_set_program (const char *file);

/* The folders that dfi_bundled_file() looks in, in that order: absolute paths, which need not exist.  Free with g_strfreev(). */
char **dfi_bundled_folders (void);

/* Folder of the translations: locale beside the running program, or ../share/locale from there if our data are in ../share/dfi,
 * or where they were installed.  Free with g_free(). */
char *dfi_bundled_locale (void);

#endif
