#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/emphasis.h"
#include "build/plan.h"

int
dfi_plan_stages (const DfiBuildPlan *plan)
{
  return plan->detail_rows > 0 ? 4 : 3;
}

const guint8 *
dfi_plan_labels (const DfiBuildPlan *plan, size_t file)
{
  return plan->labels + file * dfi_labels_bytes (plan->n_attributes);
}

/* @path, or if there is no such file, with an ending.  Takes @path; NULL: neither. */
static char *
find_file (char *path)
{
  static const char *const endings[] = { "", ".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ".tif", ".tiff", ".webp", ".bmp" };
  char                    *found     = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (endings) && ! found; i++)
    {
      char *file = g_strconcat (path, endings[i], NULL);

      if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
        found = file;
      else
        g_free (file);
    }
  g_free (path);
  return found;
}

/* NULL when the picture is not there. */
static char *
find_picture (const DfiBuildPlan *plan, size_t file)
{
  const char *name  = plan->files[file];
  char       *found = find_file (g_build_filename (plan->folder, name, NULL));

  if (! found && strchr (name, '\\'))
    {
      char *slashes = g_strdelimit (g_strdup (name), "\\", '/');

      found = find_file (g_build_filename (plan->folder, slashes, NULL));
      g_free (slashes);
    }
  return found;
}

char *
dfi_plan_path (const DfiBuildPlan *plan, size_t file)
{
  char *found = find_picture (plan, file);

  return found ? found : g_build_filename (plan->folder, plan->files[file], NULL);
}

/* When most pictures are not there, the folder or the names are not those that were meant. */
static gboolean
check_pictures (const DfiBuildPlan *plan, GError **error)
{
  size_t there = 0, missing = 0; /* the latter: the first that is not there */

  for (size_t file = 0; file < plan->n_files; file++)
    {
      char *found = find_picture (plan, file);

      if (! found && there == file)
        missing = file;
      there += found != NULL;
      g_free (found);
    }
  if (there >= plan->n_files - there || plan->allow_missing)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_MISSING,
               _ ("Only %zu of the %zu pictures that the labels name are in the folder “%s”; “%s” is not. Check the folder and "
                  "the names."),
               there, plan->n_files, plan->folder, plan->files[missing]);
  return FALSE;
}

gboolean
dfi_plan_check (const DfiBuildPlan *plan, GError **error)
{
  if (! g_file_test (plan->folder, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("There is no folder “%s” of pictures."), plan->folder);
      return FALSE;
    }
  if (plan->n_files < DFI_BUILD_FACES_MIN)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database needs at least %d pictures; the labels have %zu."),
                   DFI_BUILD_FACES_MIN, plan->n_files);
      return FALSE;
    }
  if (plan->rows < 1 || plan->rows > G_MAXINT / 2)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database needs at least one row, and %d are asked for."), plan->rows);
      return FALSE;
    }
  if (plan->detail_rows < 0)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A detail has 0 or more rows, and %d are asked for."),
                   plan->detail_rows);
      return FALSE;
    }
  if (plan->n_attributes < 1 || plan->n_attributes > DFI_ATTRIBUTES_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database has 1 to %d attributes; the labels have %d."),
                   DFI_ATTRIBUTES_MAX, plan->n_attributes);
      return FALSE;
    }
  return dfi_emphasis_check (plan, error) && dfi_framing_check (&plan->framing, error) && check_pictures (plan, error);
}
