#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "common.h"
#include "files/bundled.h"
#include "files/safetensors-writer.h"

#define DECODER_LAYERS 13

guint64
test_random (int seed, size_t i)
{
  guint64 x = ((guint64) seed << 40) + i + 1;

  x *= G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * G_GUINT64_CONSTANT (0x94D049BB133111EB);
  return x ^ x >> 31;
}

void
test_uniform (int seed, float *out, size_t n)
{
  for (size_t i = 0; i < n; i++)
    out[i] = (float) (test_random (seed, i) >> 40) * 0x1p-24f;
}

double
test_error_length (const float *vector, size_t n, const double expected[32])
{
  double projections[32] = {
    0.0,
  };
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      guint64 word = test_random (99, i);

      for (int k = 0; k < 32; k++)
        projections[k] += word >> k & 1 ? -vector[i] : vector[i];
    }
  for (int k = 0; k < 32; k++)
    sum += (projections[k] - expected[k]) * (projections[k] - expected[k]);
  return sqrt (sum / 32);
}

char *
test_folder_new (void)
{
  GError *error  = NULL;
  char   *folder = g_dir_make_tmp ("dfi-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
test_folder_remove (char *folder)
{
  GDir       *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && ! g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        {
          test_folder_remove (path); /* frees it */
          continue;
        }
      g_remove (path);
      g_free (path);
    }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
}

guint
test_files_in (const char *folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  guint n   = 0;

  while (g_dir_read_name (dir))
    n++;
  g_dir_close (dir);
  return n;
}

/* Called instead of the C library's: no file of a test needs to outlast a loss of power. */
int
fsync (int fd)
{
  return 0;
}

/* A file that is made empty first has its blocks taken from it and given again, which takes ten times as long. */
void
test_write_over (const char *path, const void *bytes, size_t size)
{
  int fd = g_open (path, O_WRONLY | O_CREAT, 0666);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, bytes, size), ==, size);
  g_assert_cmpint (ftruncate (fd, size), ==, 0);
  g_assert_cmpint (close (fd), ==, 0);
}

char *
test_network_new (const char *folder, const DfiVgg *vgg, int base)
{
  static const char *note[]                         = { "note", "random", NULL };
  const int          n                              = vgg->n_convs;
  DfiTensor          tensors[2 * DFI_VGG_CONVS_MAX] = {
             {
                 NULL,
    },
  };
  char                 *path     = g_strdup_printf ("%s/random-%s-%d.safetensors", folder, vgg->name, base);
  GError               *error    = NULL;
  int                   channels = 3;
  DfiSafetensorsWriter *writer;

  for (int l = 0; l < n; l++)
    {
      DfiTensor *weight = &tensors[2 * l], *bias = &tensors[2 * l + 1];

      *weight = (DfiTensor){ dfi_vgg_tensor_name (&vgg->convs[l], "weight"),
                             DFI_DTYPE_F32,
                             4,
                             { (size_t) base * vgg->convs[l].units, channels, 3, 3 },
                             0,
                             NULL };
      *bias   = (DfiTensor){
          dfi_vgg_tensor_name (&vgg->convs[l], "bias"), DFI_DTYPE_F32, 1, { (size_t) base * vgg->convs[l].units }, 0, NULL
      };
      channels = base * vgg->convs[l].units;
    }

  writer = dfi_safetensors_create (path, note, tensors, 2 * n, &error);
  g_assert_no_error (error);

  channels = 3;
  for (int l = 0; l < n; l++)
    {
      size_t filters = (size_t) base * vgg->convs[l].units;
      size_t count   = filters * channels * 9;
      float *values  = g_new (float, count);
      float  scale   = sqrtf (6.0f / (float) (9 * channels));

      test_uniform (1000 + l, values, count);
      for (size_t i = 0; i < count; i++)
        values[i] = (values[i] * 2.0f - 1.0f) * scale;
      g_assert_true (dfi_safetensors_append_numbers (writer, values, count, sizeof (float), &error));

      test_uniform (2000 + l, values, filters);
      for (size_t i = 0; i < filters; i++)
        values[i] = (values[i] - 0.5f) * 0.2f;
      g_assert_true (dfi_safetensors_append_numbers (writer, values, filters, sizeof (float), &error));
      g_free (values);
      channels = filters;
    }
  g_assert_true (dfi_safetensors_commit (writer, &error));

  for (int i = 0; i < 2 * n; i++)
    g_free ((char *) tensors[i].name);
  return path;
}

char *
test_weights_new (const char *folder, int base)
{
  return test_network_new (folder, &dfi_vggs[1], base);
}

char *
test_decoder_new (const char *folder, const char *name, const char *sha256, int missing)
{
  static const int      channels[DECODER_LAYERS] = { 128, 128, 256, 128, 128, 128, 64, 64, 64, 32, 32, 32, 16 };
  static const int      filters[DECODER_LAYERS]  = { 128, 128, 128, 128, 64, 64, 64, 64, 32, 32, 32, 16, 1 };
  const char           *metadata[]               = { "dfi.kind", "decoder", "dfi.version", "1", "dfi.encoder", sha256, NULL };
  char                 *path                     = g_build_filename (folder, name, NULL);
  char                  names[2 * DECODER_LAYERS][24];
  DfiTensor             tensors[2 * DECODER_LAYERS];
  GError               *error = NULL;
  DfiSafetensorsWriter *writer;

  for (int n = 0; n < DECODER_LAYERS; n++)
    {
      g_snprintf (names[2 * n], sizeof names[0], "decoder.%d.weight", n);
      g_snprintf (names[2 * n + 1], sizeof names[0], "decoder.%d.bias", n);
      tensors[2 * n]     = (DfiTensor){ names[2 * n], DFI_DTYPE_F32, 4, { filters[n], channels[n], 3, 3 }, 0, NULL };
      tensors[2 * n + 1] = (DfiTensor){ names[2 * n + 1], DFI_DTYPE_F32, 1, { filters[n] }, 0, NULL };
    }
  writer = dfi_safetensors_create (path, metadata, tensors, 2 * DECODER_LAYERS - missing, &error);
  g_assert_no_error (error);

  for (int t = 0; t < 2 * DECODER_LAYERS - missing; t++)
    {
      int    n = t / 2, bias = t % 2;
      size_t count  = bias ? filters[n] : filters[n] * channels[n] * 9;
      float  scale  = bias ? 0.2f : sqrtf (6.0f / (float) (9 * channels[n]));
      float *values = g_new (float, count);

      test_uniform ((bias ? 4000 : 3000) + n, values, count);
      for (size_t i = 0; i < count; i++)
        values[i] = bias ? (values[i] - 0.5f) * scale : (values[i] * 2.0f - 1.0f) * scale;
      g_assert_true (dfi_safetensors_append_numbers (writer, values, count, sizeof (float), &error));
      g_free (values);
    }
  g_assert_true (dfi_safetensors_commit (writer, &error));
  return path;
}

/* ---------- hair ---------- */

#define HAIR_LAYERS 15

static const struct
{
  const char *name;
  int         channels, filters;
} hair_layers[HAIR_LAYERS] = {
  { "down0", 3, 24 },   { "down1", 24, 48 },   { "keep1", 48, 48 },   { "down2", 48, 96 }, { "keep2", 96, 96 },
  { "down3", 96, 192 }, { "keep3", 192, 192 }, { "keep4", 192, 192 }, { "up2", 192, 96 },  { "join2", 96, 96 },
  { "up1", 96, 48 },    { "join1", 48, 48 },   { "up0", 48, 24 },     { "join0", 24, 24 }, { "out", 24, 1 },
};

/* The tensors of layer @n in the file's order: two for the first and the last, three for the others. */
static int
hair_tensors (int n, DfiTensor *tensors)
{
  const size_t channels = hair_layers[n].channels, filters = hair_layers[n].filters;
  const char  *name = hair_layers[n].name;
  int          i    = 0;

  if (n == 0)
    tensors[i++] = (DfiTensor){ g_strconcat ("hair.", name, ".filters", NULL), DFI_DTYPE_F32, 4, { filters, channels, 3, 3 } };
  else if (n == HAIR_LAYERS - 1)
    tensors[i++] = (DfiTensor){ g_strconcat ("hair.", name, ".weights", NULL), DFI_DTYPE_F32, 2, { filters, channels } };
  else
    {
      tensors[i++] = (DfiTensor){ g_strconcat ("hair.", name, ".depthwise_filter", NULL), DFI_DTYPE_F32, 3, { channels, 3, 3 } };
      tensors[i++] =
          (DfiTensor){ g_strconcat ("hair.", name, ".pointwise_filter", NULL), DFI_DTYPE_F32, 2, { filters, channels } };
    }
  tensors[i++] = (DfiTensor){ g_strconcat ("hair.", name, ".bias", NULL), DFI_DTYPE_F32, 1, { filters } };
  return i;
}

/* @fill gives the values (n) of a tensor. */
static char *
hair_new (const char *folder, int missing, void (*fill) (const DfiTensor *tensor, int t, float *values, size_t n))
{
  const char           *metadata[] = { "dfi.kind", "hair", "dfi.version", "1", NULL };
  char                 *path       = g_build_filename (folder, DFI_BUNDLED_HAIR, NULL);
  DfiTensor             tensors[3 * HAIR_LAYERS];
  int                   n_tensors = 0;
  GError               *error     = NULL;
  DfiSafetensorsWriter *writer;

  for (int n = 0; n < HAIR_LAYERS; n++)
    n_tensors += hair_tensors (n, tensors + n_tensors);
  writer = dfi_safetensors_create (path, metadata, tensors, n_tensors - missing, &error);
  g_assert_no_error (error);

  for (int t = 0; t < n_tensors; t++)
    {
      size_t count;
      float *values;

      g_assert_true (dfi_shape_count (tensors[t].shape, tensors[t].rank, &count));
      values = g_new0 (float, count);
      fill (&tensors[t], t, values, count);
      if (t < n_tensors - missing)
        g_assert_true (dfi_safetensors_append_numbers (writer, values, count, sizeof (float), &error));
      g_free (values);
      g_free ((char *) tensors[t].name);
    }
  g_assert_true (dfi_safetensors_commit (writer, &error));
  return path;
}

static void
fill_randomly (const DfiTensor *tensor, int t, float *values, size_t n)
{
  size_t inputs = tensor->rank == 1 ? 24 : n / tensor->shape[0];

  test_uniform (5000 + t, values, n);
  for (size_t i = 0; i < n; i++)
    values[i] = (values[i] * 2.0f - 1.0f) * sqrtf (6.0f / inputs);
}

/* The first layer's first channel is how much darker than a quarter the mean of 2x2 pixels is; the last two pass it on. */
static void
fill_dark (const DfiTensor *tensor, int t, float *values, size_t n)
{
  if (g_str_equal (tensor->name, "hair.down0.filters"))
    for (int c = 0; c < 3; c++)
      values[9 * c] = values[9 * c + 1] = values[9 * c + 3] = values[9 * c + 4] = -1.0f / 12.0f;
  else if (g_str_equal (tensor->name, "hair.down0.bias"))
    values[0] = -0.25f; /* the network sees pixels less a half */
  else if (g_str_equal (tensor->name, "hair.join0.depthwise_filter"))
    values[4] = 1.0f;
  else if (g_str_equal (tensor->name, "hair.join0.pointwise_filter"))
    values[0] = 1.0f;
  else if (g_str_equal (tensor->name, "hair.out.weights"))
    values[0] = 400.0f;
  else if (g_str_equal (tensor->name, "hair.out.bias"))
    values[0] = -12.0f;
}

char *
test_hair_random (const char *folder, int missing)
{
  return hair_new (folder, missing, fill_randomly);
}

char *
test_hair_dark (const char *folder)
{
  return hair_new (folder, 0, fill_dark);
}

char *
test_source_file (const char *name)
{
  return g_build_filename (g_getenv ("DFI_SOURCE_ROOT"), name, NULL);
}

DfiImage *
test_image_part (const DfiImage *image, int x, int y, int width, int height)
{
  DfiImage *part = dfi_image_new (width, height, NULL);

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < height; i++)
      memcpy (part->data + ((size_t) c * height + i) * width,
              image->data + ((size_t) c * image->height + y + i) * image->width + x, width * sizeof (float));
  return part;
}
