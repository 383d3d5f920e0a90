/* dfi.h: what core offers: edits, faces, databases, builds, and files.  The plug-in and the command line include this header of
 * core and no other (tests/check-boundary). */

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
#include "files/bundled.h"
#include "files/listing.h"
#include "files/temporary-file.h"
#include "options.h"
#include "picture/blend.h"
#include "picture/face.h"
#include "picture/image.h"
#include "picture/photo.h"
#include "vectors.h"

#endif
