/* command-build.h: `dfi database build`. */

#ifndef DFI_DATABASE_BUILD_H
#define DFI_DATABASE_BUILD_H

/* As in commands.h; argv[0] is "build". */
int dfi_database_build_command (int argc, char **argv);

/* Names on standard error the attributes of the database at @path that too few pictures have or lack for an edit. */
void dfi_database_warn_few (const char *path);

#endif
