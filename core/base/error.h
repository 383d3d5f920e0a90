/* error.h: what can go wrong at run time.  Every message is a sentence that a person at GIMP can act on. */

#ifndef DFI_ERROR_H
#define DFI_ERROR_H

#include <glib.h>

#define DFI_ERROR (dfi_error_quark ())

/**
 * DfiError:
 * @DFI_ERROR_IO: the system refused; the message carries its reason and the path
 * @DFI_ERROR_FORMAT: a file is not what it claims; the message names the file and what is wrong with it
 * @DFI_ERROR_SHAPE: good parts that do not fit together, e.g. a database made with other weights
 * @DFI_ERROR_VALUE: something asked for cannot be done: eyes outside the picture, NaN pixels
 * @DFI_ERROR_ATTRIBUTE: a database has no attribute of that name
 * @DFI_ERROR_NO_FACE: no face was found in a picture
 * @DFI_ERROR_OTHER_BUILD: what a build is to go on from was made for another plan
 * @DFI_ERROR_MISSING: most pictures of a build are not there
 * @DFI_ERROR_MEMORY: the message names the bytes asked for
 * @DFI_ERROR_CANCELLED: a progress function asked to stop
 */
typedef enum
{
  DFI_ERROR_IO,
  DFI_ERROR_FORMAT,
  DFI_ERROR_SHAPE,
  DFI_ERROR_VALUE,
  DFI_ERROR_ATTRIBUTE,
  DFI_ERROR_NO_FACE,
  DFI_ERROR_OTHER_BUILD,
  DFI_ERROR_MISSING,
  DFI_ERROR_MEMORY,
  DFI_ERROR_CANCELLED
} DfiError;

GQuark dfi_error_quark (void);

/* Sets DFI_ERROR_CANCELLED; returns FALSE, so that a caller can return it. */
gboolean dfi_error_set_cancelled (GError **error);

/* Puts the sentence @advice behind the message of @error (nullable), if that has this @code of DFI_ERROR: what can be done
 * about it where the caller is, of whose windows, commands and options core knows nothing. */
void dfi_error_advise (GError *error, int code, const char *advice);

/* Sets DFI_ERROR_MEMORY, since there are no @count times @size bytes; returns FALSE. */
gboolean dfi_error_set_no_memory (GError **error, size_t count, size_t size);

/* Both set DFI_ERROR_IO with @path and what errno says, and return FALSE. */
gboolean dfi_error_set_unreadable (GError **error, const char *path);
gboolean dfi_error_set_unwritable (GError **error, const char *path);

/* As g_try_malloc_n(), with large blocks in large pages where the system has them.  NULL with DFI_ERROR_MEMORY, also when
 * @count * @size overflows.  Free with g_free(). */
gpointer dfi_try_alloc (size_t count, size_t size, GError **error);

/**
 * DfiProgressFunc:
 * @fraction: share of the work that is done, 0..1, never falling
 * @data: as given with the function
 *
 * Called between steps of long work, on the thread that asked for it.
 *
 * Returns: FALSE to stop; the work then ends with DFI_ERROR_CANCELLED
 */
typedef gboolean (*DfiProgressFunc) (double fraction, gpointer data);

/* The same where nobody knows what share of the work is done. */
typedef gboolean (*DfiGoOnFunc) (gpointer data);

#endif
