/* JSON, and what databases say of themselves in it. */

#include "config.h"

#include <string.h>

#include "database/metadata.h"
#include "files/json.h"
#include "fuzz.h"

static void
read_metadata (const char *text)
{
  GError       *error = NULL;
  JsonNode     *owner = NULL;
  DfiFrame      frame;
  DfiLayout     layout;
  DfiAttribute *attributes;
  int           n;

  if (dfi_frame_parse (text, &frame))
    {
      char *again = dfi_frame_print (&frame);

      g_assert_true (dfi_frame_parse (again, &frame));
      g_free (again);
    }
  if (dfi_layout_parse (text, &layout))
    {
      char *again = dfi_layout_print (&layout);

      g_assert_true (dfi_layout_parse (again, &layout));
      g_free (again);
    }

  attributes = dfi_attributes_parse (text, "in", &owner, &n, &error);
  fuzz_told (attributes != NULL, &error);
  if (attributes)
    {
      char *again = dfi_attributes_print (attributes, n);

      g_free (attributes);
      g_clear_pointer (&owner, json_node_unref);
      attributes = dfi_attributes_parse (again, "again", &owner, &n, &error);
      g_assert_no_error (error);
      g_free (again);
    }
  g_free (attributes);
  g_clear_pointer (&owner, json_node_unref);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char     *text = g_strndup ((const char *) data, size);
  JsonNode *node = dfi_json_parse ((const char *) data, size);

  g_assert_true (! node || g_utf8_validate ((const char *) data, size, NULL));
  g_clear_pointer (&node, json_node_unref);
  read_metadata (text);
  g_free (text);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const char *const texts[] = {
    "{\"size\":192,\"eyes\":[69.5,82,122.5,82.0e0],\"mouth\":[96,134]}",
    "{\"size\":320,\"whole\":true}",
    "{\"relu3_1\":[64,48,48],\"relu4_1\":[128,24,24],\"relu5_1\":[128,12,12],\"chroma\":[2,40,40]}",
    "[[64,48,48],[128,24,24],[128,12,12]]",
    "[{\"name\":\"male\"},{\"name\":\"smiling\",\"opposite\":\"frowning\",\"label\":\"Smiling\",\"opposite_label\":\"Frowning\","
    "\"group\":\"expression\",\"strength\":-1.5,\"region\":\"head\",\"colour\":1,"
    "\"light\":0.5,\"alike\":7,\"renew\":\"mouth\",\"favourite\":true,\"within\":[\"male\"]},"
    "{\"name\":\"frowning\",\"opposite\":\"smiling\",\"region\":\"face\"}]",
    "[null,true,false,-0,1E-2,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",[],{},[[[[[[]]]]]]]",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char name[2] = { '0' + i, '\0' };

      fuzz_seed (folder, name, texts[i], strlen (texts[i]));
    }
}
