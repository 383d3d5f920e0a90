#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/plan.h"

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
  if (plan->n_attributes < 1 || plan->n_attributes > DFI_ATTRIBUTES_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database has 1 to %d attributes; the labels have %d."),
                   DFI_ATTRIBUTES_MAX, plan->n_attributes);
      return FALSE;
    }
  return dfi_framing_check (&plan->framing, error);
}

const guint8 *
dfi_plan_labels (const DfiBuildPlan *plan, size_t file)
{
  return plan->labels + file * dfi_labels_bytes (plan->n_attributes);
}

char *
dfi_plan_path (const DfiBuildPlan *plan, size_t file)
{
  return g_build_filename (plan->folder, plan->files[file], NULL);
}
