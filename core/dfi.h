/* dfi.h: what core offers: edits, faces, databases, builds, imports, and files.  The plug-in and the command line include this
 * header of core and no other (tests/check-boundary), but for what writes JSON, files/json-writer.h, which the command line
 * includes where it reports in JSON: not every caller has json-glib.
 *
 * What import/import.h declares is in a library of its own, which needs HDF5 and is missing where dfi was built without it. */

#ifndef DFI_H
#define DFI_H

#include "base/error.h"
#include "build/build.h"
#include "build/merge.h"
#include "build/predict.h"
#include "database/catalogue.h"
#include "database/database.h"
#include "database/request.h"
#include "database/table.h"
#include "edit.h"
#include "face/finder.h"
#include "hair/face-tone.h"
#include "files/bundled.h"
#include "files/listing.h"
#include "files/temporary-file.h"
#include "import/import.h"
#include "options.h"
#include "picture/blend.h"
#include "picture/face.h"
#include "picture/image.h"
#include "picture/photo.h"
#include "vectors.h"

#endif
