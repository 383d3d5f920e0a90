/* hdf5-process.h: the arrays of floating-point numbers in an HDF5 file, read by the HDF5 library.
 *
 * A damaged file can keep that library busy for very long, and nobody vouches that none can crash it.  So it runs in a process of
 * its own, which has a limit on its computing time and memory, looks into no other file, loads no plug-in, and passes on what it
 * has read through a pipe; its end, whatever comes of it, is no more than an error.
 */

#ifndef DFI_IMPORT_HDF5_PROCESS_H
#define DFI_IMPORT_HDF5_PROCESS_H

#include "import/source.h"

#define DFI_HDF5_SECONDS_MAX 15          /* of computing; the published networks, compressed, take two */
#define DFI_HDF5_MEMORY_MAX  (2ul << 30) /* bytes that the process may have */
#define DFI_HDF5_ARRAYS_MAX  (1 << 16)   /* arrays of all kinds in a file */
#define DFI_HDF5_BYTES_MAX   (1ul << 30) /* of all arrays that are read */
#define DFI_HDF5_RATIO_MAX   64          /* of these to the file's; weights hardly get smaller by compression */

/* Called for each array: its name with the groups that it is in, between slashes, and its values, row-major, which last as long
 * as the source. */
typedef gboolean (
    *DfiHdf5Func) (DfiSource *source, const char *name, int rank, const size_t *shape, const float *values, GError **error);

/* Calls @func for all arrays with one or four dimensions in @image, the bytes of a whole file.  DFI_ERROR_FORMAT, _IO or
 * _MEMORY. */
gboolean dfi_hdf5_read (DfiSource *source, const DfiCursor *image, DfiHdf5Func func, GError **error);

#endif
