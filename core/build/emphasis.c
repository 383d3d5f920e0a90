#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/emphasis.h"

/* The attributes that an entry asks for, as labels. */
typedef guint8 Wanted[DFI_ATTRIBUTES_MAX / 8];

/* End with g_strfreev(). */
static char **
split_entries (const DfiBuildPlan *plan)
{
  return g_strsplit (plan->detail_faces ? plan->detail_faces : "", ",", -1);
}

static gboolean
parse_entry (const DfiBuildPlan *plan, const char *entry, Wanted wanted, GError **error)
{
  char   **names = g_strsplit (*entry ? entry : " ", "+", -1); /* "" would split into no name, and every face has all of none */
  gboolean good  = TRUE;

  memset (wanted, 0, sizeof (Wanted));
  for (int i = 0; good && names[i]; i++)
    {
      int attribute = dfi_attributes_find (plan->attributes, plan->n_attributes, g_strstrip (names[i]));

      good = attribute >= 0;
      if (good)
        dfi_labels_set (wanted, attribute);
      else
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("Details are asked for of faces that have “%s”, and the labels have no such attribute. Write its name as "
                        "in the labels."),
                     names[i]);
    }
  g_strfreev (names);
  return good;
}

static gboolean
has_all (const DfiBuildPlan *plan, size_t file, const Wanted wanted)
{
  const guint8 *labels = dfi_plan_labels (plan, file);

  for (size_t i = 0; i < dfi_labels_bytes (plan->n_attributes); i++)
    if (wanted[i] & ~labels[i])
      return FALSE;
  return TRUE;
}

static gboolean
check_entry (const DfiBuildPlan *plan, const char *entry, GError **error)
{
  Wanted wanted;

  if (! parse_entry (plan, entry, wanted, error))
    return FALSE;
  for (size_t file = 0; file < plan->n_files; file++)
    if (has_all (plan, file, wanted))
      return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("Details are asked for of faces that have “%s”, and by the labels no face does. Name attributes that some "
                  "faces have together."),
               entry);
  return FALSE;
}

gboolean
dfi_emphasis_check (const DfiBuildPlan *plan, GError **error)
{
  char   **entries = split_entries (plan);
  gboolean good    = TRUE;

  for (int i = 0; good && entries[i]; i++)
    good = check_entry (plan, entries[i], error);
  g_strfreev (entries);
  return good;
}

/* Spreads @weight over the faces of the entry. */
static void
weigh_entry (const DfiBuildState *state, const char *entry, double weight, float *weights)
{
  const DfiBuildPlan *plan  = state->plan;
  size_t              count = 0;
  Wanted              wanted;

  parse_entry (plan, entry, wanted, NULL);
  for (size_t file = 0; file < plan->n_files; file++)
    count += dfi_state_uses (state, file) && has_all (plan, file, wanted);
  for (size_t file = 0; file < plan->n_files && count > 0; file++)
    if (has_all (plan, file, wanted))
      weights[file] += weight / count;
}

void
dfi_emphasis_weigh (const DfiBuildState *state, float *weights)
{
  char **entries = split_entries (state->plan);
  guint  n       = g_strv_length (entries);
  double half    = dfi_state_count_faces (state) / 2.0;

  for (size_t file = 0; file < state->plan->n_files; file++)
    weights[file] = n > 0 ? 0.5 : 1.0;
  for (guint i = 0; i < n; i++)
    weigh_entry (state, entries[i], half / n, weights);
  g_strfreev (entries);
}
