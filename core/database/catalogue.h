/* catalogue.h: which databases there are on this computer. */

#ifndef DFI_CATALOGUE_H
#define DFI_CATALOGUE_H

/**
 * dfi_databases_list:
 * @more: (array zero-terminated=1): folders to look in besides those of dfi_bundled_file(); they need not exist
 *
 * Returns: (transfer full): paths of the databases that can be read, sorted by name within a folder, none twice; free with
 *   g_strfreev()
 */
char **dfi_databases_list (const char *const *more);

#endif
