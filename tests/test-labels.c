/* What `dfi database build` reads besides pictures: lists of labels, and what the attributes are called. */

#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "database/attribute-file.h"
#include "common.h"
#include "base/error.h"
#include "database/labels.h"

static char *folder;

static char *
write_text (const char *name, const char *text)
{
  char   *path  = g_build_filename (folder, name, NULL);
  GError *error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

/* ---------- labels ---------- */

static DfiLabels *
read_labels (const char *path, double threshold, GHashTable *thresholds, GError **error)
{
  return dfi_labels_read (path, &(DfiLabelsOptions){ .threshold = threshold, .thresholds = thresholds }, error);
}

static void
test_labels (void)
{
  static const char *texts[] = {
    "file,a,b-c\na.png,1,0\n\"x, y.png\",-1,1\n",
    "\xef\xbb\xbf"
    "file,a,b-c\r\n\r\na.png, 1 ,0\r\n\"x, y.png\",0,\"1\"",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char      *path   = write_text ("labels.csv", texts[i]);
      GError    *error  = NULL;
      DfiLabels *labels = read_labels (path, NAN, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (labels->names->len, ==, 2);
      g_assert_cmpstr (labels->names->pdata[0], ==, "a");
      g_assert_cmpstr (labels->names->pdata[1], ==, "b-c");
      g_assert_cmpuint (labels->files->len, ==, 2);
      g_assert_cmpstr (labels->files->pdata[0], ==, "a.png");
      g_assert_cmpstr (labels->files->pdata[1], ==, "x, y.png");
      g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 1, 2 }), 2);
      dfi_labels_free (labels);
      g_free (path);
    }
}

/* As CelebA's list_attr_celeba.txt is written. */
static void
test_celeba (void)
{
  char      *path   = write_text ("list.txt", "2\r\nBald 5_o_Clock_Shadow \r\n000001.jpg -1  1\r\n000002.jpg  1 -1\r\n");
  GError    *error  = NULL;
  DfiLabels *labels = read_labels (path, NAN, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (labels->names->len, ==, 2);
  g_assert_cmpstr (labels->names->pdata[0], ==, "Bald");
  g_assert_cmpstr (labels->names->pdata[1], ==, "5_o_Clock_Shadow");
  g_assert_cmpuint (labels->files->len, ==, 2);
  g_assert_cmpstr (labels->files->pdata[1], ==, "000002.jpg");
  g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 2, 1 }), 2);
  dfi_labels_free (labels);
  g_free (path);
}

/* Tables as other programs write them, all of the same: smiling and glasses of two pictures. */
static void
test_dialects (void)
{
  static const struct
  {
    const char *text;
    int         notes;
  } cases[] = {
    { "file;smiling;glasses\nf0.jpg;1;0\nf1.jpg;0;1\n", 0 },
    { "file\tsmiling\tglasses\nf0.jpg\t1\t0\nf1.jpg\t0\t1\n", 0 },
    { "file,smiling,glasses\nf0.jpg,True,False\nf1.jpg,false,TRUE\n", 0 },
    { "file,smiling,glasses\nf0.jpg,yes,no\nf1.jpg,No,Yes\n", 0 },
    { "file,smiling,glasses\nf0.jpg,1.0,0.0\nf1.jpg,-1.0,1.00\n", 0 },
    { "file;smiling;glasses\nf0.jpg;1,0;0,0\nf1.jpg;0,0;1,0\n", 0 },
    { "file,smiling,glasses,\nf0.jpg,1,0,\nf1.jpg,0,1,\n", 0 },
    { "file,smiling,glasses,\nf0.jpg,1,0\nf1.jpg,0,1\n", 0 },
    { "file,smiling,glasses\nf0.jpg,1,0,\nf1.jpg,0,1,,\n", 0 },
    { ",file,smiling,glasses\n0,f0.jpg,1,0\n1,f1.jpg,0,1\n", 0 },
    { "Unnamed: 0;file;smiling;glasses\n0;f0.jpg;1;0\n1;f1.jpg;0;1\n", 0 },
    { ",smiling,glasses\nf0.jpg,1,0\nf1.jpg,0,1\n", 0 },
    { "\"file\";\"smiling\";\"glasses\"\r\n\"f0.jpg\";\"1\";\"0\"\r\n\"f1.jpg\";\"0\";\"1\"\r\n", 0 },
    { "2\nsmiling glasses\nf0.jpg 1 -1\nf1.jpg -1 1\n", 0 },
    { "202599\nsmiling glasses\nf0.jpg 1 -1\nf1.jpg -1 1\n", 1 },
    { "smiling glasses\nf0.jpg 1 -1\nf1.jpg -1 1\n", 0 },
    { "image_id smiling glasses\nf0.jpg 1 -1\nf1.jpg -1 1\n", 0 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int wide = 0; wide < 5; wide++)
      {
        static const char *const encodings[] = { "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-8" };
        char                    *path        = g_build_filename (folder, "dialect.csv", NULL);
        char                    *marked      = g_strconcat (wide == 4 ? "\xef\xbb\xbf" : "", cases[i].text, NULL);
        gsize                    size;
        char                    *bytes = g_convert (marked, -1, encodings[wide], "UTF-8", NULL, &size, NULL);
        GError                  *error = NULL;
        DfiLabels               *labels;

        g_assert_true (g_file_set_contents (path, bytes, size, NULL));
        labels = read_labels (path, NAN, NULL, &error);
        if (error)
          g_error ("case %d in %s: %s", (int) i, encodings[wide], error->message);
        g_assert_cmpuint (labels->names->len, ==, 2);
        g_assert_cmpstr (labels->names->pdata[0], ==, "smiling");
        g_assert_cmpstr (labels->names->pdata[1], ==, "glasses");
        g_assert_cmpuint (labels->files->len, ==, 2);
        g_assert_cmpstr (labels->files->pdata[0], ==, "f0.jpg");
        g_assert_cmpstr (labels->files->pdata[1], ==, "f1.jpg");
        g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 1, 2 }), 2);
        g_assert_cmpuint (labels->notes->len, ==, cases[i].notes);
        if (cases[i].notes)
          g_assert_nonnull (strstr (labels->notes->pdata[0], "says that it has 202599 pictures, and has 2"));
        dfi_labels_free (labels);
        g_free (bytes);
        g_free (marked);
        g_free (path);
      }
}

/* A column of something else than labels: in the way, unless others are asked for or described. */
static void
test_columns (void)
{
  static const char *const chosen[] = { "glasses", "smiling", NULL }, *const described[] = { "smiling", "glasses", NULL };
  static const char *const missing[] = { "smiling", "hat", NULL }, *const other[] = { "split", NULL };
  char   *path  = write_text ("extra.csv", "file,smiling,split,glasses\nf0.jpg,1,train,0\nf1.jpg,0,test,1\n");
  GError *error = NULL;

  g_assert_null (read_labels (path, NAN, NULL, &error));
  g_assert_nonnull (strstr (error->message, "line 2, column 3: a label must be"));
  g_clear_error (&error);

  for (int i = 0; i < 2; i++)
    {
      DfiLabelsOptions options = { .threshold = NAN, .columns = i ? NULL : chosen, .described = i ? described : NULL };
      DfiLabels       *labels  = dfi_labels_read (path, &options, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (labels->names->len, ==, 2);
      g_assert_cmpstr (labels->names->pdata[0], ==, "smiling");
      g_assert_cmpstr (labels->names->pdata[1], ==, "glasses");
      g_assert_cmpstr (labels->others->pdata[0], ==, "split");
      g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 1, 2 }), 2);
      g_assert_cmpuint (labels->notes->len, ==, i);
      dfi_labels_free (labels);
    }

  g_assert_null (dfi_labels_read (path, &(DfiLabelsOptions){ .threshold = NAN, .columns = missing }, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "no column “hat”"));
  g_clear_error (&error);
  g_assert_null (dfi_labels_read (path, &(DfiLabelsOptions){ .threshold = NAN, .columns = other }, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_clear_error (&error);
  g_free (path);
}

static gpointer
write_without_end (gpointer path)
{
  char rows[32768];
  int  pipe = open (path, O_WRONLY);

  signal (SIGPIPE, SIG_IGN);
  memset (rows, 'a', sizeof rows);
  while (write (pipe, rows, sizeof rows) > 0)
    continue;
  close (pipe);
  return NULL;
}

/* What has no end is not read to its end. */
static void
test_endless (void)
{
  char    *path   = g_build_filename (folder, "pipe", NULL);
  GError  *error  = NULL;
  GThread *writer = NULL;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  writer = g_thread_new ("writer", write_without_end, path);
  g_assert_null (read_labels (path, NAN, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "more than 256 MiB"));
  g_clear_error (&error);
  g_thread_join (writer);
  g_free (path);
}

static void
test_thresholds (void)
{
  char       *scores     = write_text ("scores.csv", "file,a,b,c\nx,0.7,-3,1\ny,.5,2e3,0\n");
  char       *keys       = write_text ("scores.attributes", "[b]\nThreshold=-4\n[c]\nLabel=C\n");
  GError     *error      = NULL;
  GHashTable *thresholds = dfi_attributes_read_thresholds (keys, &error);
  DfiLabels  *labels;

  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (thresholds), ==, 1);
  labels = read_labels (scores, 0.5, thresholds, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 7, 2 }), 2);
  dfi_labels_free (labels);

  g_assert_null (read_labels (scores, NAN, thresholds, &error)); /* a has none */
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "line 2, column 2"));
  g_clear_error (&error);
  g_free (scores);

  for (int i = 0; i < 3; i++)
    {
      scores = write_text ("scores.csv", ((const char *[]){ "file,a\nx,nan\n", "file,a\nx,\n", "file,a\nx,1.5 m\n" })[i]);
      g_assert_null (read_labels (scores, 0.5, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "line 2, column 2: a score must be a number"));
      g_clear_error (&error);
      g_free (scores);
    }

  g_hash_table_unref (thresholds);
  g_free (keys);
  keys = write_text ("scores.attributes", "[b]\nThreshold=much\n");
  g_assert_null (dfi_attributes_read_thresholds (keys, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_clear_error (&error);
  g_free (keys);
}

static void
test_many_labels (void)
{
  GString   *text  = g_string_new ("file");
  GError    *error = NULL;
  DfiLabels *labels;
  char      *path;

  for (int a = 0; a < 19; a++)
    g_string_append_printf (text, ",a%d", a);
  for (int row = 0; row < 300; row++)
    {
      g_string_append_printf (text, "\n%d.png", row);
      for (int a = 0; a < 19; a++)
        g_string_append_printf (text, ",%d", row % (a + 2) == 0);
    }
  path   = write_text ("labels.csv", text->str);
  labels = read_labels (path, NAN, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (labels->bits->len, ==, 300 * 3);
  for (int row = 0; row < 300; row++)
    for (int a = 0; a < 19; a++)
      g_assert_cmpint (labels->bits->data[row * 3 + a / 8] >> a % 8 & 1, ==, row % (a + 2) == 0);

  dfi_labels_free (labels);
  g_free (path);
  g_string_free (text, TRUE);
}

static void
test_bad_labels (void)
{
  static const struct
  {
    const char *text;
    const char *message;
  } cases[] = {
    { "", "no picture" },
    { "file\na.png\n", "line 1, column 2: there is no attribute" },
    { "file,a\n", "no picture" },
    { "file,a b\nx,1\n", "line 1, column 2" },
    { "file,a,\nx,1,1\n", "line 2, column 3: this column has no name" },
    { "file,,a\nx,1,1\n", "line 1, column 2: an attribute's name" },
    { "x.jpg,1,0\ny.jpg,0,1\n", "line 1, column 1: the first row must name the attributes" },
    { "x.jpg;1;0\n", "line 1, column 1: the first row must name the attributes" },
    { "x.jpg\tyes\tno\n", "line 1, column 1: the first row must name the attributes" },
    { "f\xc3,a\n\xff\xff,1\n,1", "line 3, column 1: the name of a picture" },
    { "file,a,b,a\nx,1,1,1\n", "line 1, column 4: this attribute has a column already" },
    { "file,a\nx,1\n\nx,0\n", "line 4, column 1: this picture has a row already" },
    { "file,a\n,1\n", "line 2, column 1" },
    { "file,a,b\nx,1,0\ny,1,2\n", "line 3, column 3: a label must be 1, 0 or -1" },
    { "file,a,b\nx,1,\n", "line 2, column 3: a label must be 1, 0 or -1" },
    { "file,a,b\nx,1,perhaps\n", "line 2, column 3: a label must be 1, 0 or -1" },
    { "file,a,b\nx,1,1.5\n", "line 2, column 3: a label must be 1, 0 or -1" },
    { "file,a,b\nx,1\n", "line 2, column 3: there are fewer fields" },
    { "file,a,b\nx,1,0,1\n", "line 2, column 4: there are more fields" },
    { "file,a\nx,\"1\n", "line 2, column 2: the quotation marks" },
    { "1\na b\nx 1\n", "line 3, column 3: there are fewer fields" },
    { "1\na b\nx 1 1 1\n", "line 3, column 4: there are more fields" },
    { "1\na b\nx 1 2\n", "line 3, column 3: a label must be 1, 0 or -1" },
    { "1\n\n", "no picture" },
    { "file,a\nx\"y\",1\n", "line 2, column 1: the quotation marks" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char   *path  = write_text ("labels.csv", cases[i].text);
      GError *error = NULL;

      g_assert_null (read_labels (path, NAN, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      if (! strstr (error->message, cases[i].message) || ! strstr (error->message, path))
        g_error ("case %d: %s", (int) i, error->message);
      g_error_free (error);
      g_free (path);
    }
}

static void
test_labels_file (void)
{
  char   *path  = g_build_filename (folder, "zero.csv", NULL);
  GError *error = NULL;

  g_assert_null (read_labels (path, NAN, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);

  g_free (path);
}

/* Zero bytes are UTF-16's, all of which makes sense, or there must be none. */
static void
test_zero_bytes (void)
{
  static const struct
  {
    const char *text;
    size_t      length;
    const char *message; /* NULL: it is read */
  } cases[] = {
#define CASE(text, message) { text, sizeof text - 1, message }
    CASE ("\xff\xfe"
          "f\0,\0a\0\n\0x\0,\0"
          "1\0\n\0",
          NULL),
    CASE ("\xfe\xff"
          "\0f\0,\0a\0\n\0x\0,\0"
          "1\0\n",
          NULL),
    CASE ("f\0,\0a\0\n\0x\0,\0"
          "1\0\n\0",
          NULL),
    CASE ("\0f\0,\0a\0\n\0x\0,\0"
          "1\0\n",
          NULL),
    CASE ("\xff"
          "f,a\nx,1\n",
          NULL), /* no mark, but a name that does not matter */
    CASE ("\xfe"
          "f,a\nx,1\n",
          NULL),
    CASE ("\xff\xfe"
          "f\0,\0a\0\n",
          "line 1, column 1: the text looks like UTF-16"),
    CASE ("f\0,\0a\0\0\xd8\n\0", "line 1, column 1: the text looks like UTF-16"), /* half of a pair */
    CASE ("f\0,\0a\0\n\0x\0,\0\0\xd8\n\0", "line 2, column 1: the text looks like UTF-16"),
    CASE ("\xfe\xff"
          "\0f\0,\0a\0\n\n\0\0,\0"
          "1\0\n\0", /* U+0A00 ends no line */
          "line 3, column 1: the text looks like UTF-16"),
    CASE ("\xff\xfe"
          "f",
          "line 1"),
    CASE ("file,a\nx\0y,1\n", "line 2, column 1: there is a zero byte"),
    CASE ("f\0il,a\nx,1\n", "line 1, column 1: there is a zero byte"),
    CASE ("f\0\0l,a\nx,1\n", "line 1, column 1: there is a zero byte"),
    CASE ("\0fil,a\nx,1\n", "line 1, column 1: there is a zero byte"),
    CASE ("\0f\0\0,a\nx,1\n", "line 1, column 1: there is a zero byte"),
    CASE ("\0\0\0l,a\nx,1\n", "line 1, column 1: there is a zero byte"),
    CASE ("1\na b\nx\0 1 1\n", "line 3, column 1: there is a zero byte"),
#undef CASE
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char      *path  = g_build_filename (folder, "zero.csv", NULL);
      GError    *error = NULL;
      DfiLabels *labels;

      g_test_message ("%zu", i);
      g_assert_true (g_file_set_contents (path, cases[i].text, cases[i].length, NULL));
      labels = read_labels (path, NAN, NULL, &error);
      if (cases[i].message)
        {
          g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
          g_test_message ("%s", error->message);
          g_assert_nonnull (strstr (error->message, cases[i].message));
          g_error_free (error);
        }
      else
        {
          g_assert_no_error (error);
          g_assert_cmpstr (labels->names->pdata[0], ==, "a");
          g_assert_cmpstr (labels->files->pdata[0], ==, "x");
          g_assert_cmpmem (labels->bits->data, labels->bits->len, ((guint8[]){ 1 }), 1);
        }
      dfi_labels_free (labels);
      g_free (path);
    }
}

static void
test_many_attributes (void)
{
  GString *text  = g_string_new ("file");
  GError  *error = NULL;
  char    *path;

  for (int i = 0; i <= DFI_ATTRIBUTES_MAX; i++)
    g_string_append_printf (text, ",a%d", i);
  g_string_append (text, "\nx");
  for (int i = 0; i <= DFI_ATTRIBUTES_MAX; i++)
    g_string_append (text, ",1");
  path = write_text ("many.csv", text->str);
  g_assert_null (read_labels (path, NAN, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "too many attributes"));
  g_error_free (error);
  g_free (path);
  g_string_free (text, TRUE);
}

/* ---------- attributes ---------- */

static const char *names[] = { "big-nose", "male", "female" };

static DfiAttribute *
read_attributes (const char *text, GStringChunk *strings, GError **error)
{
  char         *path       = write_text ("test.attributes", text);
  DfiAttribute *attributes = dfi_attributes_read (path, names, G_N_ELEMENTS (names), NULL, strings, error);

  g_free (path);
  return attributes;
}

static void
test_attributes (void)
{
  GStringChunk *strings = g_string_chunk_new (64);
  GError       *error   = NULL;
  DfiAttribute *attributes;

  attributes = dfi_attributes_read (NULL, names, G_N_ELEMENTS (names), NULL, strings, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (attributes[0].name, ==, "big-nose");
  g_assert_cmpstr (attributes[0].label, ==, "Big nose");
  g_assert_null (attributes[0].opposite_label);
  g_assert_null (attributes[0].group);
  g_assert_cmpint (attributes[0].opposite, ==, -1);
  g_assert_cmpint (attributes[0].within[0], ==, -1);
  g_assert_cmpfloat (attributes[0].strength, ==, 2.0);
  g_assert_cmpint (attributes[0].region, ==, DFI_REGION_FACE);
  g_assert_cmpfloat (attributes[0].colour, ==, 0.0);
  g_assert_cmpfloat (attributes[0].hair, ==, 0.0);
  g_assert_cmpfloat (attributes[0].light, ==, 1.0);
  g_assert_cmpint (attributes[0].alike, ==, 20);
  g_assert_cmpint (attributes[0].renew, ==, -1);
  g_free (attributes);

  attributes = read_attributes (
      "[male]\nOpposite=female\nRegion=head\nFavourite=true\n"
      "[female]\nOpposite=male\nOppositeLabel=Mannish\n"
      "[big-nose]\nLabel=Large nose\nGroup=face\nStrength=-1.5\nColour=2.5\nLight=0.25\nAlike=100\nRenew=mouth\nWithin=male\n",
      strings, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (attributes[0].label, ==, "Large nose");
  g_assert_cmpstr (attributes[0].group, ==, "face");
  g_assert_cmpfloat (attributes[0].strength, ==, -1.5);
  g_assert_cmpfloat (attributes[0].colour, ==, 2.5);
  g_assert_cmpfloat (attributes[0].light, ==, 0.25);
  g_assert_cmpint (attributes[0].alike, ==, 100);
  g_assert_cmpint (attributes[0].renew, ==, DFI_REGION_MOUTH);
  g_assert_cmpint (attributes[0].within[0], ==, 1);
  g_assert_cmpint (attributes[0].within[1], ==, -1);
  g_assert_cmpint (attributes[1].opposite, ==, 2);
  g_assert_cmpstr (attributes[1].opposite_label, ==, "Female");
  g_assert_cmpint (attributes[1].region, ==, DFI_REGION_HEAD);
  g_assert_true (attributes[1].favourite);
  g_assert_false (attributes[2].favourite);
  g_assert_cmpint (attributes[2].opposite, ==, 1);
  g_assert_cmpstr (attributes[2].opposite_label, ==, "Mannish");
  g_assert_cmpint (attributes[0].mirror, ==, -1);
  g_assert_cmpint (attributes[1].mirror, ==, -1);
  g_assert_cmpint (attributes[2].mirror, ==, 1); /* which is the favourite */
  g_free (attributes);

  attributes = read_attributes ("[male]\nOpposite=female\n[female]\nOpposite=male\nFavourite=true\n[big-nose]\nOpposite=male\n",
                                strings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (attributes[0].mirror, ==, -1); /* whose opposite has another opposite */
  g_assert_cmpint (attributes[1].mirror, ==, 2);
  g_assert_cmpint (attributes[2].mirror, ==, -1);
  g_free (attributes);

  attributes = read_attributes ("[male]\nOpposite=female\n[female]\nOpposite=male\n", strings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (attributes[1].mirror, ==, -1); /* which is the first */
  g_assert_cmpint (attributes[2].mirror, ==, 1);
  g_free (attributes);

  attributes = read_attributes ("[male]\nRegion=hair\n[female]\nRegion=hair\nHair=0.25\n[big-nose]\nHair=2\n", strings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (attributes[1].region, ==, DFI_REGION_HAIR);
  g_assert_cmpfloat (attributes[1].hair, ==, 1.0);
  g_assert_cmpfloat (attributes[2].hair, ==, 0.25);
  g_assert_cmpint (attributes[0].region, ==, DFI_REGION_FACE);
  g_assert_cmpfloat (attributes[0].hair, ==, 2.0);
  g_free (attributes);

  attributes = read_attributes ("[big-nose]\nRegion=forehead\n", strings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (attributes[0].region, ==, DFI_REGION_FOREHEAD);
  g_assert_cmpfloat (attributes[0].hair, ==, 0.0);
  g_free (attributes);

  attributes = read_attributes ("[big-nose]\nWithin=female;male\n", strings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (attributes[0].within[0], ==, 2);
  g_assert_cmpint (attributes[0].within[1], ==, 1);
  g_assert_cmpint (attributes[0].within[2], ==, -1);
  g_free (attributes);
  g_string_chunk_free (strings);
}

static void
test_called (void)
{
  static const DfiAttribute bangs = { .name = "full-bangs", .label = "Fringe", .words = "pony;Ponyfransen" };

  g_assert_true (dfi_attribute_is_called (&bangs, "full-bangs"));
  g_assert_true (dfi_attribute_is_called (&bangs, " Full Bangs "));
  g_assert_true (dfi_attribute_is_called (&bangs, "fringe"));
  g_assert_true (dfi_attribute_is_called (&bangs, "PONYFRANSEN"));
  g_assert_false (dfi_attribute_is_called (&bangs, "bangs"));
  g_assert_false (dfi_attribute_is_called (&bangs, "pony;Ponyfransen"));
  g_assert_false (dfi_attribute_is_called (&bangs, ""));
}

static void
test_bad_attributes (void)
{
  static const char *cases[] = {
    "[nose]\nLabel=Nose\n",
    "[male]\nLable=Male\n",
    "[male]\nOpposite=males\n",
    "[male]\nOpposite=male\n",
    "[male]\nWithin=males\n",
    "[male]\nWithin=male\n",
    "[big-nose]\nWithin=male;female;male;female\n",
    "[male]\nStrength=much\n",
    "[male]\nStrength=2x\n",
    "[male]\nStrength=11\n",
    "[male]\nColour=-1\n",
    "[male]\nColour=red\n",
    "[male]\nHair=-0.1\n",
    "[male]\nHair=2.1\n",
    "[male]\nHair=grey\n",
    "[male]\nLight=-0.1\n",
    "[male]\nLight=1.1\n",
    "[male]\nAlike=0\n",
    "[male]\nAlike=2.5\n",
    "[male]\nRenew=foot\n",
    "[male]\nRenew=hair\n",
    "[male]\nRenew=forehead\n",
    "[male]\nStrength=nan\n",
    "[male]\nRegion=Face\n",
    "[male]\nFavourite=yes\n",
    "Label=Male\n",
    "[male\n",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GStringChunk *strings = g_string_chunk_new (64);
      GError       *error   = NULL;

      if (read_attributes (cases[i], strings, &error))
        g_error ("“%s” is accepted", cases[i]);
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "test.attributes"));
      g_error_free (error);
      g_string_chunk_free (strings);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/labels/good", test_labels);
  g_test_add_func ("/labels/celeba", test_celeba);
  g_test_add_func ("/labels/dialects", test_dialects);
  g_test_add_func ("/labels/columns", test_columns);
  g_test_add_func ("/labels/endless", test_endless);
  g_test_add_func ("/labels/thresholds", test_thresholds);
  g_test_add_func ("/labels/many", test_many_labels);
  g_test_add_func ("/labels/bad", test_bad_labels);
  g_test_add_func ("/labels/file", test_labels_file);
  g_test_add_func ("/labels/zero-bytes", test_zero_bytes);
  g_test_add_func ("/labels/many-attributes", test_many_attributes);
  g_test_add_func ("/attributes/good", test_attributes);
  g_test_add_func ("/attributes/called", test_called);
  g_test_add_func ("/attributes/bad", test_bad_attributes);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
