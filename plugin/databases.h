/* databases.h: a widget to choose among the databases that there are here, or any other file. */

#ifndef DFI_DATABASES_H
#define DFI_DATABASES_H

#include "dialog-compat.h"

typedef struct _DfiDatabases DfiDatabases; /* goes with its widget */

typedef void (*DfiDatabasesFunc) (gpointer data);

/* Offers the bundled database, others beside it, and those in the folder dfi of GIMP's profile and of the user's data.  @chosen
 * is called with @data when another one is chosen. */
DfiDatabases *dfi_databases_new (DfiDatabasesFunc chosen, gpointer data);
GtkWidget    *dfi_databases_widget (DfiDatabases *databases);

/* "": the bundled one.  Calls nobody; what is not offered yet is from then on. */
void        dfi_databases_set (DfiDatabases *databases, const char *path);
const char *dfi_databases_get (const DfiDatabases *databases);

#endif
