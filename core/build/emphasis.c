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

/* The attribute whose name @text begins with, up to a "+" or the end: the longest, since a "+" may be part of a name, too. Moves
 * @text behind it, to NULL at the end. -1 for none. */
static int
take_name (const DfiBuildPlan *plan, const char **text)
{
  size_t length = strlen (*text);

  for (;;)
    {
      char       *name      = g_strstrip (g_strndup (*text, length));
      int         attribute = dfi_attributes_find (plan->attributes, plan->n_attributes, name);
      const char *end = *text + length, *shorter = g_strrstr_len (*text, length, "+");

      g_free (name);
      if (attribute >= 0)
        *text = *end ? end + 1 : NULL;
      if (attribute >= 0 || ! shorter)
        return attribute;
      length = shorter - *text;
    }
}

static gboolean
set_no_attribute (const char *text, GError **error)
{
  char *name = g_strstrip (g_strndup (text, strcspn (text, "+")));

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("Details are asked for of faces that have “%s”, and the labels have no such attribute. Write its name as "
                  "in the labels."),
               name);
  g_free (name);
  return FALSE;
}

static gboolean
parse_entry (const DfiBuildPlan *plan, const char *entry, Wanted wanted, GError **error)
{
  memset (wanted, 0, sizeof (Wanted));
  while (entry)
    {
      int attribute = take_name (plan, &entry);

      if (attribute < 0)
        return set_no_attribute (entry, error);
      dfi_labels_set (wanted, attribute);
    }
  return TRUE;
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
