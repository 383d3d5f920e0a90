/* profile.h: files of ours in GIMP's profile. */

#ifndef DFI_PROFILE_H
#define DFI_PROFILE_H

#include <glib.h>

/* Where the file @name of ours is, or would be.  Free with g_free(). */
char *dfi_profile_path (const char *name);

/* Writes @file to the @path, and makes its folder first.  FALSE with GLib's error. */
gboolean dfi_profile_write (GKeyFile *file, const char *path, GError **error);

#endif
