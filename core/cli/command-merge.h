/* command-merge.h: `dfi database merge`. */

#ifndef DFI_DATABASE_MERGE_H
#define DFI_DATABASE_MERGE_H

/* As in commands.h; argv[0] is "merge". */
int dfi_database_merge_command (int argc, char **argv);

#endif
