/* database-build.h: `dfi database build`. */

#ifndef DFI_DATABASE_BUILD_H
#define DFI_DATABASE_BUILD_H

/* As in commands.h; argv[0] is "build". */
int dfi_database_build_command (int    argc,
                                char **argv);

#endif
