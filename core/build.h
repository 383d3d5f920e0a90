/* build.h: a database out of pictures. */

#ifndef DFI_BUILD_H
#define DFI_BUILD_H

#include "database.h"
#include "error.h"

#define DFI_BUILD_FACES_MIN (2 * DFI_NEIGHBOURS_MIN)

typedef struct
{
  const char         *folder;
  const char * const *files;          /* (n_files) names of pictures in it, or paths */
  size_t              n_files;
  const guint8       *labels;         /* (n_files, ceil (A / 8)), as in database.h */
  const DfiAttribute *attributes;     /* (A) */
  int                 n_attributes;
  double              rectangle[4];   /* left, top, right, bottom: the square of every picture that becomes the frame */
  DfiFrame            frame;          /* its size, and where the eyes and the mouth are in it */
  int                 rows;           /* of the basis, at most; fewer when the pictures are fewer than twice as many */
  const char         *provenance;     /* (nullable) */
} DfiBuildPlan;

/* Told of every picture that is left out, and why. */
typedef void (* DfiSkipFunc) (const char   *file,
                              const GError *reason,
                              gpointer      data);

/**
 * dfi_build:
 * @plan: what to build
 * @encoder: weights to build it with
 * @path: of the database; it appears when it is complete
 * @skip: (nullable): called with @data for pictures that cannot be used
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE for a plan that makes no sense, when fewer than DFI_BUILD_FACES_MIN pictures are usable, or when
 *         features are not finite or too large for a half; DFI_ERROR_IO; DFI_ERROR_MEMORY; DFI_ERROR_CANCELLED
 *
 * Reads all pictures three times, one at a time.  Memory does not grow with their number, except by the names and labels
 * themselves: it is about 4 D (2 @rows + A + 100) bytes, 0.7 GB for the bundled database.
 *
 * The same pictures, labels and plan give the same bytes on the same machine.
 */
gboolean dfi_build (const DfiBuildPlan  *plan,
                    const DfiEncoder    *encoder,
                    const char          *path,
                    DfiSkipFunc          skip,
                    DfiProgressFunc      progress,
                    gpointer             data,
                    GError             **error);

#endif
