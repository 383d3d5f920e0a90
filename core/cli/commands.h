/* commands.h: the commands of the program `dfi`.  Each takes the arguments from its own name on, says on standard error what
 * went wrong, and returns the exit status: 0 done, 1 failed, 2 called wrongly. */

#ifndef DFI_COMMANDS_H
#define DFI_COMMANDS_H

#include <glib.h>

int dfi_command_edit (int argc, char **argv);
int dfi_command_faces (int argc, char **argv);
int dfi_command_features (int argc, char **argv);
int dfi_command_database (int argc, char **argv);
int dfi_command_weights (int argc, char **argv);

/* Of `dfi database`. */
int dfi_command_build (int argc, char **argv);
int dfi_command_label (int argc, char **argv);
int dfi_command_merge (int argc, char **argv);

/* Names on standard error the attributes of the database at @path that too few pictures have or lack for an edit. */
void dfi_command_warn_few (const char *path);

/* When @error, which may be NULL, is that the weights @path, which may be NULL, cannot be used, but they could be imported, it
 * says that instead. */
void dfi_command_explain_weights (const char *path, GError **error);

#endif
