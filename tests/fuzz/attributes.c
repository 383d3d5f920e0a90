/* Key files of attributes, for a build, and beside a database. */

#include "config.h"

#include <string.h>

#include "database/attribute-file.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[]  = { "smiling", "frowning", "male", "eyeglasses" };
  static const char *const others[] = { "young", NULL };
  const char              *path     = fuzz_file ("in.attributes", data, size);
  GStringChunk            *strings  = g_string_chunk_new (256);
  GError                  *error    = NULL;
  GHashTable              *thresholds;
  DfiAttribute            *attributes;
  char                   **found;

  attributes = dfi_attributes_read (path, names, G_N_ELEMENTS (names), others, strings, &error);
  fuzz_told (attributes != NULL, &error);
  for (size_t i = 0; attributes && i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (attributes[i].strength >= -DFI_STRENGTH_MAX && attributes[i].strength <= DFI_STRENGTH_MAX);
      g_assert_true (g_utf8_validate (attributes[i].label, -1, NULL));
    }
  g_free (attributes);
  g_string_chunk_free (strings);

  thresholds = dfi_attributes_read_thresholds (path, &error);
  fuzz_told (thresholds != NULL, &error);
  g_clear_pointer (&thresholds, g_hash_table_unref);
  found = dfi_attributes_read_names (path, &error);
  fuzz_told (found != NULL, &error);
  g_strfreev (found);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const char *const texts[] = {
    "# all\n[smiling]\nLabel=Smiling\nOpposite=frowning\nOppositeLabel=Frowning\nGroup=expression\nStrength=2\nRegion=face\n"
    "Favourite=true\nWithin=male;eyeglasses\nThreshold=0.5\n",
    "[eyeglasses]\nLabel=Eye\\sglasses \\n\nRegion=head\n\n[young]\nStrength=-1,5e0\n",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char name[2] = { '0' + i, '\0' };

      fuzz_seed (folder, name, texts[i], strlen (texts[i]));
    }
}
