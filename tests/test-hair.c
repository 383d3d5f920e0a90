/* Hair: the network against its plain definition, and the part of a photograph that it sees. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "common.h"
#include "files/safetensors-reader.h"
#include "hair/hair-network.h"
#include "hair/view.h"

static char *folder;

/* ---------- the network ---------- */

/* A map of the reference: (channels, side, side). */
typedef struct
{
  int    channels, side;
  float *data;
} Map;

static float *
tensor (const DfiSafetensors *file, const char *layer, const char *what, size_t *filters)
{
  char            *name  = g_strdup_printf ("hair.%s.%s", layer, what);
  const DfiTensor *found = NULL;
  float           *values;

  for (guint i = 0; (found = dfi_safetensors_nth (file, i)) && ! g_str_equal (found->name, name); i++)
    ;
  g_assert_nonnull (found);
  values = g_new (float, found->count);
  g_assert_true (dfi_safetensors_floats (file, found, values, NULL));
  *filters = found->shape[0];
  g_free (name);
  return values;
}

static float
pixel (const Map *x, int c, int i, int j)
{
  return i >= 0 && j >= 0 && i < x->side && j < x->side ? x->data[((size_t) c * x->side + i) * x->side + j] : 0.0f;
}

/* A filter a channel, or a filter that sees all channels, 3x3 or 1x1; frees what it is given. */
static Map
convolve (Map x, float *filters, int n_filters, int size, int stride, gboolean separate)
{
  Map y      = { n_filters, x.side / stride, g_new (float, n_filters *(x.side / stride) * (x.side / stride)) };
  int before = stride == 1 ? size / 2 : 0;

  for (int k = 0; k < n_filters; k++)
    for (int i = 0; i < y.side; i++)
      for (int j = 0; j < y.side; j++)
        {
          const float *f   = filters + (size_t) k * (separate ? 1 : x.channels) * size * size;
          double       sum = 0.0;

          for (int c = separate ? k : 0; c < (separate ? k + 1 : x.channels); c++)
            for (int u = 0; u < size; u++)
              for (int v = 0; v < size; v++, f++)
                sum += (double) *f * pixel (&x, c, i * stride + u - before, j * stride + v - before);
          y.data[((size_t) k * y.side + i) * y.side + j] = sum;
        }
  g_free (filters);
  g_free (x.data);
  return y;
}

static Map
copy (Map x)
{
  return (Map){ x.channels, x.side, g_memdup2 (x.data, (size_t) x.channels * x.side * x.side * sizeof (float)) };
}

/* Adds the bias, then @added where there is one, and rectifies unless it is the last layer; frees @added. */
static Map
finish (const DfiSafetensors *file, const char *layer, Map y, Map *added)
{
  size_t n, plane = (size_t) y.side * y.side;
  float *bias = tensor (file, layer, "bias", &n);

  for (size_t i = 0; i < y.channels * plane; i++)
    {
      y.data[i] += bias[i / plane] + (added ? added->data[i] : 0.0f);
      if (! g_str_equal (layer, "out"))
        y.data[i] = MAX (y.data[i], 0.0f);
    }
  if (added)
    g_free (added->data);
  g_free (bias);
  return y;
}

static Map
separable (const DfiSafetensors *file, const char *layer, Map x, int stride, Map *added)
{
  size_t n;
  float *planes = tensor (file, layer, "depthwise_filter", &n), *points;

  x      = convolve (x, planes, x.channels, 3, stride, TRUE);
  points = tensor (file, layer, "pointwise_filter", &n);
  return finish (file, layer, convolve (x, points, n, 1, 1, FALSE), added);
}

static Map
doubled (Map x)
{
  Map y = { x.channels, 2 * x.side, g_new (float, 4 * (size_t) x.channels * x.side * x.side) };

  for (int c = 0; c < y.channels; c++)
    for (int i = 0; i < y.side; i++)
      for (int j = 0; j < y.side; j++)
        {
          double at[2] = { CLAMP (0.5 * i - 0.25, 0.0, x.side - 1.0), CLAMP (0.5 * j - 0.25, 0.0, x.side - 1.0) };
          int    row = at[0], column = at[1], below = MIN (row + 1, x.side - 1), right = MIN (column + 1, x.side - 1);
          double down = at[0] - row, across = at[1] - column;

          y.data[((size_t) c * y.side + i) * y.side + j] =
              (1.0 - down) * ((1.0 - across) * pixel (&x, c, row, column) + across * pixel (&x, c, row, right)) +
              down * ((1.0 - across) * pixel (&x, c, below, column) + across * pixel (&x, c, below, right));
        }
  g_free (x.data);
  return y;
}

/* What the header says, in its words. */
static Map
reference (const DfiSafetensors *file, const DfiImage *view)
{
  Map    x = copy ((Map){ 3, DFI_HAIR_VIEW, view->data }), down0, keep1, keep2;
  size_t n;
  float *filters;

  for (int i = 0; i < 3 * DFI_HAIR_VIEW * DFI_HAIR_VIEW; i++)
    x.data[i] -= 0.5f;
  filters = tensor (file, "down0", "filters", &n);
  down0   = finish (file, "down0", convolve (x, filters, n, 3, 2, FALSE), NULL);
  keep1   = separable (file, "keep1", separable (file, "down1", copy (down0), 2, NULL), 1, NULL);
  keep2   = separable (file, "keep2", separable (file, "down2", copy (keep1), 2, NULL), 1, NULL);
  x       = separable (file, "keep3", separable (file, "down3", copy (keep2), 2, NULL), 1, NULL);
  x       = separable (file, "keep4", x, 1, NULL);
  x       = separable (file, "join2", separable (file, "up2", doubled (x), 1, &keep2), 1, NULL);
  x       = separable (file, "join1", separable (file, "up1", doubled (x), 1, &keep1), 1, NULL);
  x       = separable (file, "join0", separable (file, "up0", doubled (x), 1, &down0), 1, NULL);
  filters = tensor (file, "out", "weights", &n);
  x       = finish (file, "out", convolve (x, filters, n, 1, 1, FALSE), NULL);
  for (int i = 0; i < x.side * x.side; i++)
    x.data[i] = 1.0 / (1.0 + exp (-x.data[i]));
  return x;
}

static void
test_network (void)
{
  char           *path    = test_hair_random (folder, 0);
  GError         *error   = NULL;
  DfiSafetensors *file    = dfi_safetensors_open (path, "hair", 1, NULL);
  DfiHairNetwork *network = dfi_hair_network_new (path, &error);
  DfiImage       *view    = dfi_image_new (DFI_HAIR_VIEW, DFI_HAIR_VIEW, NULL);
  float           shares[DFI_HAIR_SHARES * DFI_HAIR_SHARES], low = 1.0f, high = 0.0f, most = 0.0f;
  Map             expected;

  g_assert_no_error (error);
  test_uniform (1, view->data, (size_t) 3 * DFI_HAIR_VIEW * DFI_HAIR_VIEW);
  g_assert_true (dfi_hair_network_run (network, view, shares, &error));
  expected = reference (file, view);
  g_assert_cmpint (expected.side, ==, DFI_HAIR_SHARES);
  for (int i = 0; i < DFI_HAIR_SHARES * DFI_HAIR_SHARES; i++)
    {
      low  = MIN (low, shares[i]);
      high = MAX (high, shares[i]);
      most = MAX (most, fabsf (shares[i] - expected.data[i]));
    }
  g_test_message ("shares %g to %g, largest difference %g", low, high, most);
  g_assert_cmpfloat (high - low, >, 0.5f); /* or the network would not be put to a test */
  g_assert_cmpfloat (most, <, 1e-4f);

  g_free (expected.data);
  dfi_image_free (view);
  dfi_hair_network_free (network);
  dfi_safetensors_free (file);
  g_free (path);
}

static void
test_network_refused (void)
{
  GError *error = NULL;
  char   *path;

  g_assert_null (dfi_hair_network_new ("/nonexistent/hair.safetensors", &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/hair.safetensors"));
  g_clear_error (&error);

  path = test_hair_random (folder, 1);
  g_assert_null (dfi_hair_network_new (path, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "hair.out.bias"));
  g_clear_error (&error);
  g_free (path);
}

/* ---------- the view ---------- */

static void
test_view (void)
{
  const DfiFrame      frame    = { .size = 320, .eyes = { 110.0, 130.0, 210.0, 130.0 }, .mouth = { 160.0, 240.0 } };
  const DfiSimilarity to_frame = { .a = 0.0, .b = 2.0, .tx = 10.0, .ty = 20.0 };
  DfiSimilarity       to_view  = dfi_view_place (&frame, &to_frame, 320), to_photo;
  double              x, y;

  /* The frame's (160, 130), between the eyes, comes to the middle column, 2.4 of 6.4 down. */
  to_photo = dfi_similarity_invert (&to_frame);
  dfi_similarity_apply (&to_photo, 160.0, 130.0, &x, &y);
  dfi_similarity_apply (&to_view, x, y, &x, &y);
  g_assert_cmpfloat_with_epsilon (x, 160.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (y, 120.0, 1e-9);

  /* The eyes are a unit, 50 pixels, apart and level. */
  dfi_similarity_apply (&to_photo, 210.0, 130.0, &x, &y);
  dfi_similarity_apply (&to_view, x, y, &x, &y);
  g_assert_cmpfloat_with_epsilon (x, 185.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (y, 120.0, 1e-9);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/hair/network", test_network);
  g_test_add_func ("/hair/network-refused", test_network_refused);
  g_test_add_func ("/hair/view", test_view);
  result = g_test_run ();
  test_folder_remove (folder);
  return result;
}
