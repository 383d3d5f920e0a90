/* predict.h: what a database says of pictures whose labels nobody wrote: a table that another database can be built of. */

#ifndef DFI_PREDICT_H
#define DFI_PREDICT_H

#include "build/plan.h"
#include "database/database.h"
#include "face/finder.h"
#include "network/encoder.h"

/**
 * dfi_predict_folder:
 * @database: opened with @encoder
 * @finder: (nullable): NULL only for a database of whole pictures
 * @limits: (nullable): as dfi_photo_load() has them
 * @folder: pictures, of which the largest face of each is brought into place as in a build
 * @path: of the table (CSV) to write; it appears when it is complete
 * @skip: (nullable): called with @data for files in which no face is found or that are no pictures; they have no row
 * @note: (nullable): called with @data for pictures that were not read as they are
 * @progress: (nullable): called with @data
 * @n_rows: (out): pictures in the table
 * @error: DFI_ERROR_IO, DFI_ERROR_MEMORY, DFI_ERROR_CANCELLED; DFI_ERROR_VALUE when no picture can be used
 *
 * The first row names the attributes, then a row a picture, in the order of their names: the file and for each attribute what
 * the predictor says: above 0 for yes, and the more the surer.
 */
gboolean dfi_predict_folder (const DfiDatabase    *database,
                             const DfiEncoder     *encoder,
                             const DfiFaceFinder  *finder,
                             const DfiPhotoLimits *limits,
                             const char           *folder,
                             const char           *path,
                             DfiSkipFunc           skip,
                             DfiNoteFunc           note,
                             DfiProgressFunc       progress,
                             gpointer              data,
                             size_t               *n_rows,
                             GError              **error);

#endif
