/* Lists of labels: yes and no, and scores. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "database/attribute.h"
#include "database/labels.h"
#include "fuzz.h"

static void
read_list (const char *path, double threshold, const char *const *columns)
{
  DfiLabelsOptions options = { .threshold = threshold, .columns = columns };
  GError          *error   = NULL;
  DfiLabels       *labels  = dfi_labels_read (path, &options, &error);

  fuzz_told (labels != NULL, &error);
  if (labels)
    g_assert_cmpuint (labels->bits->len, ==, labels->files->len * dfi_labels_bytes (labels->names->len));
  dfi_labels_free (labels);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const columns[] = { "smiling", NULL };
  const char              *path      = fuzz_file ("in.csv", data, size);

  read_list (path, NAN, NULL);
  read_list (path, 0.5, NULL);
  read_list (path, NAN, columns);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const char *const texts[] = {
    "file,smiling,glasses\na.png,1,0\n\"x, y.png\",-1,1\n",
    "file;smiling;glasses\nf0.jpg;1,0;0,0\nf1.jpg;0,0;1,0\n",
    "Unnamed: 0\tfile\tsmiling\tglasses\n0\tf0.jpg\tTrue\tno\n1\tf1.jpg\tfalse\tYES\n",
    "2\r\nBald 5_o_Clock_Shadow smiling \r\n000001.jpg -1  1 1\r\n000002.jpg  1 -1 1\r\n",
    "\xef\xbb\xbf\146ile,smiling,age,\n\na.png,0.75,31,\nb.png,-2e3,\"\"\"\",\n",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char  name[2] = { '0' + i, '\0' };
      gsize size;
      char *wide = g_convert (texts[i], -1, i % 2 ? "UTF-16LE" : "UTF-16BE", "UTF-8", NULL, &size, NULL);

      fuzz_seed (folder, name, texts[i], strlen (texts[i]));
      name[0] = 'a' + i;
      fuzz_seed (folder, name, wide, size);
      g_free (wide);
    }
}
