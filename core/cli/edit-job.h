/* edit-job.h: edits of photographs in the way that a command line asks for. */

#ifndef DFI_EDIT_JOB_H
#define DFI_EDIT_JOB_H

#include <json-glib/json-glib.h>

#include "dfi.h"
#include "option-entries.h"

/* What is asked for. What was not given is NULL or FALSE. */
typedef struct
{
  char          **set;
  char           *eyes;
  char           *face;
  char           *vectors;
  gboolean        json;
  gboolean        timings;
  DfiPhotoLimits  limits;
  DfiGivenOptions given;
} DfiEditOrder;

typedef struct _DfiEditJob DfiEditJob; /* what was loaded for it, once for all photographs; one thread at a time */

/* @order must outlive it.  DFI_ERROR_VALUE for what cannot be done with any photograph, and errors of dfi_editor_new().  Free
 * with dfi_edit_job_free(). */
DfiEditJob *dfi_edit_job_new (const DfiEditOrder *order, GError **error);
void        dfi_edit_job_free (DfiEditJob *job); /* NULL is fine */

/**
 * dfi_edit_job_run:
 * @photo: path
 * @out: path
 * @name: (nullable): what the photograph is called in notes on standard error, when there are several
 * @json: (nullable): an array of what was done to each face is added
 * @error: as dfi_photo_load(), dfi_face_finder_find(), dfi_edit() and dfi_photo_save() set it
 *
 * Edits the faces that are asked for, and writes the whole picture.
 */
gboolean dfi_edit_job_run (DfiEditJob     *job,
                           const char     *photo,
                           const char     *out,
                           const char     *name,
                           DfiProgressFunc progress,
                           gpointer        data,
                           JsonBuilder    *json,
                           GError        **error);

#endif
