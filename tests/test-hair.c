/* Hair: the network against its plain definition, and a drawn head whose hair is known. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "database/request.h"
#include "drawn-faces.h"
#include "edit.h"
#include "files/safetensors-reader.h"
#include "hair/colours.h"
#include "hair/hair.h"
#include "picture/chroma.h"
#include "vectors.h"

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
  char           *path    = test_hair_random (drawn.folder, 0);
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

  path = test_hair_random (drawn.folder, 1);
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
  const DfiFrame      small   = { .size = 320, .eyes = { 110.0, 130.0, 210.0, 130.0 }, .mouth = { 160.0, 240.0 } };
  const DfiSimilarity turned  = { .a = 0.0, .b = 2.0, .tx = 10.0, .ty = 20.0 };
  DfiSimilarity       to_view = dfi_view_place (&small, &turned, 320), to_photo;
  double              x, y;

  /* The frame's (160, 130), between the eyes, comes to the middle column, 2.4 of 6.4 down. */
  to_photo = dfi_similarity_invert (&turned);
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

/* ---------- a drawn head ---------- */

#define PHOTO 640 /* pixels; the view of a head whose eyes are a tenth of it apart, and no more */

/* Its eyes are at (270, 240) and (370, 240), and the photograph is the frame. */
static const DfiFrame      frame    = { .size = PHOTO, .eyes = { 270.0, 240.0, 370.0, 240.0 }, .mouth = { 320.0, 350.0 } };
static const DfiSimilarity to_frame = { .a = 1.0 };

/* Hair is what is around the face up to this distance from (320, 260): dark brown strands. */
#define HAIR  190.0
#define SKULL 130.0
#define EDGE  8.0  /* half of it: four cells of the matte */
#define FAR   30.0 /* from hair, and more than the filter's windows reach */

static double
distance (int x, int y)
{
  return hypot (x + 0.5 - 320.0, y + 0.5 - 260.0);
}

static void
set_pixel (DfiImage *image, int x, int y, float r, float g, float b)
{
  float *at = image->data + (size_t) y * image->width + x;

  at[0]                                         = r;
  at[(size_t) image->width * image->height]     = g;
  at[(size_t) image->width * image->height * 2] = b;
}

/* @bald: without hair.  Brows are as dark as hair, and so is a beard. */
static DfiImage *
draw_head (gboolean bald)
{
  DfiImage *image = dfi_image_new (PHOTO, PHOTO, NULL);

  for (int y = 0; y < PHOTO; y++)
    for (int x = 0; x < PHOTO; x++)
      {
        float strand = 0.12f + 0.06f * sinf (0.9f * x);

        if ((y > 228 && y < 236 && ABS (x - 320) > 20 && ABS (x - 320) < 70) || (y > 380 && y < 400 && ABS (x - 320) < 30))
          set_pixel (image, x, y, 0.1f, 0.08f, 0.06f);
        else if (distance (x, y) < SKULL || (ABS (x - 320) < 90 && y > 260 && y < 430))
          set_pixel (image, x, y, 0.8f, 0.6f, 0.5f);
        else if (distance (x, y) < HAIR && ! bald)
          set_pixel (image, x, y, 1.3f * strand, strand, 0.7f * strand);
        else
          set_pixel (image, x, y, 0.55f, 0.6f, 0.7f);
      }
  return image;
}

static DfiHair *
find_hair (const DfiImage *photo, const DfiSimilarity *place)
{
  char           *path    = test_hair_dark (drawn.folder);
  GError         *error   = NULL;
  DfiHairNetwork *network = dfi_hair_network_new (path, &error);
  DfiSimilarity   to_view = dfi_view_place (&frame, place, DFI_HAIR_VIEW);
  DfiImage       *seen    = dfi_view_cut (photo, &to_view, DFI_HAIR_VIEW, &error);
  DfiHair        *hair    = dfi_hair_find (network, seen, photo, &frame, place, NULL, &error);

  g_assert_no_error (error);
  dfi_image_free (seen);
  dfi_hair_network_free (network);
  g_free (path);
  return hair;
}

static DfiPatch *
recolour (const DfiHair *hair, const DfiImage *photo, const DfiTone *change, int n_threads)
{
  DfiThreads *threads = dfi_threads_new (n_threads);
  GError     *error   = NULL;
  DfiPatch   *patch   = dfi_hair_recolour (hair, photo, change, threads, NULL, NULL, &error);

  g_assert_no_error (error);
  dfi_threads_free (threads);
  return patch;
}

static void
rgb_at (const DfiImage *image, int x, int y, float rgb[3])
{
  for (int c = 0; c < 3; c++)
    rgb[c] = image->data[((size_t) c * image->height + y) * image->width + x];
}

static const DfiTone to_blond = { .luma = 0.4f, .deviation = 0.03f, .cb = -0.08f, .cr = 0.03f };

/* What may be hair is hair where it is as dark as what is hair for certain, and none where it is like the wall; without anything
 * certain all stays as it is. */
static void
test_colours (void)
{
  enum
  {
    N = 1000
  };
  float  shares[N], colours[3 * N], weights[N];
  double dark = 0.0, bright = 0.0;

  for (int certain = 1; certain >= 0; certain--)
    {
      test_uniform (9, colours, 3 * N);
      for (int i = 0; i < N; i++)
        {
          weights[i] = 1.0f;
          shares[i]  = i < 300 ? (certain ? 0.95f : 0.3f) : i < 600 ? 0.3f : 0.02f;
          for (int c = 0; c < 3; c++)
            colours[c * N + i] = 0.1f * colours[c * N + i] + (i < 300 || i % 2 ? 0.1f : 0.7f);
          if (i >= 600)
            for (int c = 0; c < 3; c++)
              colours[c * N + i] += 0.5f * (i % 2); /* no dark ground */
        }
      g_assert_true (dfi_hair_colours_weigh (shares, colours, weights, N, NULL));
      dark = bright = 0.0;
      for (int i = 300; i < 600; i++)
        *(i % 2 ? &dark : &bright) += shares[i] / 150.0;
      g_test_message ("dark %.3f, bright %.3f", dark, bright);
      if (certain)
        g_assert_true (dark > 0.7 && bright < 0.1);
    }
  g_assert_true (fabs (dark - 0.3) < 0.15);
}

static void
test_matte (void)
{
  DfiImage *photo = draw_head (FALSE);
  DfiHair  *hair  = find_hair (photo, &to_frame);

  g_assert_true (dfi_hair_is_there (hair));
  for (int y = 0; y < PHOTO; y++)
    for (int x = 0; x < PHOTO; x++)
      {
        double from_middle = distance (x, y);
        float  rgb[3], matte;

        rgb_at (photo, x, y, rgb);
        matte = dfi_matte_at (&hair->matte, 0.5 * (x + 0.5), 0.5 * (y + 0.5), rgb);
        if (from_middle > HAIR + EDGE || from_middle < SKULL - EDGE)
          g_assert_cmpfloat (matte, <, 0.1f);
        if (from_middle > HAIR + FAR || from_middle < SKULL - FAR) /* the ground and the face, its brows and its beard */
          g_assert_cmpfloat (matte, ==, 0.0f);
        if (from_middle < HAIR - EDGE && from_middle > SKULL + 10.0 && ! (ABS (x - 320) < 130 && y > 260))
          g_assert_cmpfloat (matte, >, from_middle < HAIR - 25.0 && from_middle > SKULL + 25.0 ? 0.85f : 0.6f);
      }
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

static void
test_tone (void)
{
  DfiImage *photo  = draw_head (FALSE);
  DfiHair  *hair   = find_hair (photo, &to_frame);
  float     rgb[3] = { 1.3f * 0.12f, 0.12f, 0.7f * 0.12f }, luma = dfi_luma (rgb);

  g_assert_cmpfloat_with_epsilon (hair->tone.luma, luma, 0.01f);
  g_assert_cmpfloat_with_epsilon (hair->tone.deviation, 0.5f * luma / sqrtf (2.0f), 0.01f);
  g_assert_cmpfloat_with_epsilon (hair->tone.cb, DFI_CB_SCALE * (rgb[2] - luma), 0.003f);
  g_assert_cmpfloat_with_epsilon (hair->tone.cr, DFI_CR_SCALE * (rgb[0] - luma), 0.003f);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

static void
test_no_hair (void)
{
  DfiImage *photo = draw_head (TRUE);
  DfiHair  *hair  = find_hair (photo, &to_frame);

  g_assert_false (dfi_hair_is_there (hair));
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* What is as dark, and apart from the head, is hair of somebody else. */
static void
test_neighbour (void)
{
  DfiImage *photo = draw_head (FALSE);
  float     dark[3];
  DfiHair  *hair;

  for (int y = 200; y < 300; y++)
    for (int x = 20; x < 80; x++)
      set_pixel (photo, x, y, 0.15f, 0.12f, 0.08f);
  rgb_at (photo, 50, 250, dark);
  hair = find_hair (photo, &to_frame);
  g_assert_true (dfi_hair_is_there (hair));
  g_assert_cmpfloat (dfi_matte_at (&hair->matte, 25.0, 125.0, dark), ==, 0.0f);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* What the network takes for hair, and is of the face's own colours. */
static void
test_bald (void)
{
  DfiImage *photo = draw_head (FALSE);
  DfiHair  *hair;

  for (int y = 0; y < PHOTO; y++)
    for (int x = 0; x < PHOTO; x++)
      if (distance (x, y) < HAIR)
        set_pixel (photo, x, y, 0.15f, 0.09f + 0.01f * (y % 2),
                   0.06f); /* dark skin to a network that takes what is dark for hair */
  hair = find_hair (photo, &to_frame);
  g_assert_false (dfi_hair_is_there (hair));
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* Nothing of the ground and of the face changes, to the bit; hair has the tone asked for, and its strands. */
static void
test_recolour (void)
{
  DfiImage *photo = draw_head (FALSE), *edited = dfi_image_copy (photo, NULL);
  DfiHair  *hair  = find_hair (photo, &to_frame);
  DfiPatch *patch = recolour (hair, photo, &to_blond, 1);
  double    n = 0.0, x_sum = 0.0, y_sum = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;

  dfi_patch_composite (patch, edited);
  for (int y = 0; y < PHOTO; y++)
    for (int x = 0; x < PHOTO; x++)
      {
        double from_middle = distance (x, y), before, after;
        float  was[3], is[3];

        rgb_at (photo, x, y, was);
        rgb_at (edited, x, y, is);
        if (from_middle > HAIR + FAR || from_middle < SKULL - FAR)
          g_assert_cmpmem (was, sizeof was, is, sizeof is);
        if (from_middle > HAIR - EDGE || from_middle < SKULL + 10.0 || (ABS (x - 320) < 130 && y > 260))
          continue;
        before = dfi_luma (was);
        after  = dfi_luma (is);
        n++, x_sum += before, y_sum += after, xx += before * before, yy += after * after, xy += before * after;
        for (int c = 0; c < 3; c++)
          g_assert_true (is[c] >= 0.0f && is[c] <= 1.0f);
      }
  g_assert_cmpfloat_with_epsilon (y_sum / n, hair->tone.luma + to_blond.luma, 0.02);
  g_assert_cmpfloat (n * xy - x_sum * y_sum, >, 0.99 * sqrt ((n * xx - x_sum * x_sum) * (n * yy - y_sum * y_sum)));

  dfi_patch_free (patch);
  dfi_hair_free (hair);
  dfi_image_free (edited);
  dfi_image_free (photo);
}

/* Grey hair is not blue, however far somebody goes towards it. */
static void
test_greyer (void)
{
  const DfiTone far   = { .luma = 0.3f, .deviation = 0.02f, .cb = 0.2f, .cr = -0.2f };
  DfiImage     *photo = draw_head (FALSE);
  DfiHair      *hair  = find_hair (photo, &to_frame);
  DfiPatch     *patch = recolour (hair, photo, &far, 1);

  for (size_t i = 0; i < (size_t) patch->width * patch->height; i++)
    if (patch->rgba[4 * i + 3] > 0.95f)
      g_assert_cmpfloat (patch->rgba[4 * i + 2], <, patch->rgba[4 * i] + 0.03f);
  dfi_patch_free (patch);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* Whatever is asked for. */
static void
test_grey (void)
{
  DfiImage *photo = draw_head (FALSE);
  DfiHair  *hair;
  DfiPatch *patch;

  memcpy (photo->data + PHOTO * PHOTO, photo->data, sizeof (float) * PHOTO * PHOTO);
  memcpy (photo->data + 2 * PHOTO * PHOTO, photo->data, sizeof (float) * PHOTO * PHOTO);
  hair = find_hair (photo, &to_frame);
  g_assert_true (dfi_hair_is_there (hair) && isnan (hair->tone.cb) && isnan (hair->tone.cr));
  patch = recolour (hair, photo, &to_blond, 1);
  for (size_t i = 0; i < (size_t) patch->width * patch->height; i++)
    {
      const float *rgba = patch->rgba + 4 * i;

      g_assert_true (rgba[0] == rgba[1] && rgba[0] == rgba[2]);
    }
  dfi_patch_free (patch);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

static void
test_threads (void)
{
  DfiImage *photo = draw_head (FALSE);
  DfiHair  *hair  = find_hair (photo, &to_frame);
  DfiPatch *one = recolour (hair, photo, &to_blond, 1), *three = recolour (hair, photo, &to_blond, 3);
  size_t    bytes = (size_t) one->width * one->height * 4 * sizeof (float);

  g_assert_true (one->x == three->x && one->y == three->y && one->width == three->width && one->height == three->height);
  g_assert_cmpmem (one->rgba, bytes, three->rgba, bytes);
  dfi_patch_free (three);
  dfi_patch_free (one);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* Of a head at a photograph's corner, what is there is recoloured as it would be in the whole photograph. */
static void
test_corner (void)
{
  const int           side  = 300;
  const DfiSimilarity place = { .a = 1.0, .tx = PHOTO - side };
  DfiImage           *photo = draw_head (FALSE), *corner = test_image_part (photo, PHOTO - side, 0, side, side);
  DfiHair            *hair = find_hair (photo, &to_frame), *part = find_hair (corner, &place);
  DfiPatch           *patch;

  g_assert_true (dfi_hair_is_there (part));
  g_assert_cmpfloat_with_epsilon (part->tone.luma, hair->tone.luma, 0.01f);
  patch = recolour (part, corner, &to_blond, 1);
  g_assert_true (patch->x >= 0 && patch->y >= 0 && patch->x + patch->width <= side && patch->y + patch->height <= side);
  g_assert_cmpint (patch->x, ==, 0); /* no fade where the photograph ends */
  for (int i = 95; i < 105; i++)
    g_assert_cmpfloat (patch->rgba[4 * (size_t) (i - patch->y) * patch->width + 3], >, 0.9f);
  dfi_patch_free (patch);
  dfi_hair_free (part);
  dfi_hair_free (hair);
  dfi_image_free (corner);
  dfi_image_free (photo);
}

static gboolean
stop_halfway (double fraction, gpointer data)
{
  int *calls = data;

  g_assert_true (fraction >= 0.0 && fraction <= 1.0);
  return ++*calls < 3;
}

static void
test_cancel (void)
{
  DfiImage   *photo   = draw_head (FALSE);
  DfiHair    *hair    = find_hair (photo, &to_frame);
  DfiThreads *threads = dfi_threads_new (2);
  GError     *error   = NULL;
  int         calls   = 0;

  g_assert_null (dfi_hair_recolour (hair, photo, &to_blond, threads, stop_halfway, &calls, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_assert_cmpint (calls, ==, 3);
  g_clear_error (&error);
  dfi_threads_free (threads);
  dfi_hair_free (hair);
  dfi_image_free (photo);
}

/* ---------- a whole edit ---------- */

/* Faces with a beard are blond, and the others' hair is dark brown. */
static DfiTone
drawn_tone (size_t face)
{
  const DfiTone blond = { 0.55f, 0.08f, -0.1f, 0.04f }, brown = { 0.15f, 0.05f, -0.02f, 0.02f };

  return drawn_has (face, BEARD) ? blond : brown;
}

/* An editor whose database knows tones, in which a beard is a colour of the hair, and a smile brightens it. */
static DfiEditor *
open_editor (gboolean toned)
{
  char *path = toned ? drawn_copy_with_tones ("toned.safetensors", drawn_tone) : (drawn_init (), g_strdup (drawn.path));

  return drawn_editor (path, "[beard]\nRegion=hair\n[smiling]\nHair=0.5\n");
}

static DfiFace
head_face (void)
{
  DfiFace face;

  dfi_face_lay (frame.eyes, &face);
  return face;
}

/* Mean luma of the hair above the face. */
static double
hair_luma (const DfiImage *image)
{
  double sum = 0.0, n = 0.0;

  for (int y = 80; y < 120; y++)
    for (int x = 300; x < 340; x++, n++)
      {
        float rgb[3];

        rgb_at (image, x, y, rgb);
        sum += dfi_luma (rgb);
      }
  return sum / n;
}

/* A colour of the hair is no matter of the face: nothing is searched for there, and nothing changes. */
static void
test_edit_hair_only (void)
{
  DfiEditor    *editor = open_editor (TRUE);
  DfiImage     *photo = draw_head (FALSE), *edited = dfi_image_copy (photo, NULL);
  DfiFace       face  = head_face ();
  GError       *error = NULL;
  DfiEditReport report;
  DfiPatch     *patch = drawn_edit (editor, photo, &face, "beard=1", &report, &error), *again;
  int           clean = 0;

  g_assert_no_error (error);
  g_assert_cmpint (report.minimum.evaluations, ==, 0);
  g_assert_null (report.result);
  g_assert_cmpint (report.notes[0].attribute, ==, BEARD);
  g_assert_cmpfloat (report.notes[0].alpha, ==, 1.0);
  for (size_t i = 0; i < DRAWN_FACES; i++)
    clean += ! drawn_has (i, BEARD);
  g_assert_cmpint (clean, <, 100); /* as many are asked for */
  g_assert_cmpint (report.notes[0].neighbours, ==, clean);
  g_assert_cmpint (report.notes[0].agreeing, ==, clean);
  g_assert_false (dfi_vectors_write_edit (&report, "/nonexistent", &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  dfi_edit_report_clear (&report);

  dfi_patch_composite (patch, edited);
  g_assert_cmpfloat_with_epsilon (hair_luma (edited) - hair_luma (photo), 0.4, 0.03);
  for (int y = 230; y < 350; y++)
    for (int c = 0; c < 3; c++)
      {
        size_t at = ((size_t) c * PHOTO + y) * PHOTO + 240;

        g_assert_cmpmem (edited->data + at, 160 * sizeof (float), photo->data + at, 160 * sizeof (float));
      }

  /* With what is known of the face, and without. */
  again = drawn_edit (editor, photo, &face, "beard=1", NULL, &error);
  g_assert_cmpmem (again->rgba, 16 * (size_t) again->width * again->height, patch->rgba,
                   16 * (size_t) patch->width * patch->height);
  dfi_patch_free (again);
  dfi_patch_free (patch);
  dfi_image_free (edited);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* Brighter hair becomes as blond as darker hair does, and not brighter by as much. */
static void
test_edit_brighter_hair (void)
{
  DfiEditor *editor  = open_editor (TRUE);
  DfiFace    face    = head_face ();
  GError    *error   = NULL;
  double     luma[2] = { 0.0 };

  for (int k = 0; k < 2; k++)
    {
      DfiImage *photo = draw_head (FALSE);
      DfiPatch *patch;

      for (size_t i = 0; i < 3 * (size_t) PHOTO * PHOTO; i++)
        photo->data[i] = MIN (photo->data[i] + 0.06f * k, 1.0f);
      patch = drawn_edit (editor, photo, &face, "beard=1", NULL, &error);
      g_assert_no_error (error);
      dfi_patch_composite (patch, photo);
      luma[k] = hair_luma (photo);
      dfi_patch_free (patch);
      dfi_image_free (photo);
    }
  g_assert_cmpfloat_with_epsilon (luma[0], luma[1], 0.02);
  dfi_editor_free (editor);
}

/* Another photograph of a face in the same place has hair of its own. */
static void
test_edit_other_hair (void)
{
  DfiEditor *editor = open_editor (TRUE);
  DfiImage  *photo = draw_head (FALSE), *bald = draw_head (TRUE);
  DfiFace    face  = head_face ();
  GError    *error = NULL;

  dfi_patch_free (drawn_edit (editor, photo, &face, "beard=1", NULL, &error));
  g_assert_no_error (error);
  g_assert_null (drawn_edit (editor, bald, &face, "beard=1", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "no hair was found"));
  g_clear_error (&error);

  /* What changes the face besides does so without hair. */
  dfi_patch_free (drawn_edit (editor, bald, &face, "smiling=1", NULL, &error));
  g_assert_no_error (error);
  dfi_image_free (bald);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* Face and hair: each as when it is asked for alone. */
static void
test_edit_both (void)
{
  DfiEditor    *editor = open_editor (TRUE);
  DfiImage     *photo = draw_head (FALSE), *both = dfi_image_copy (photo, NULL), *apart = dfi_image_copy (photo, NULL);
  DfiFace       face  = head_face ();
  GError       *error = NULL;
  DfiEditReport report;
  DfiPatch     *hair = drawn_edit (editor, photo, &face, "beard=1", NULL, &error);
  DfiPatch     *skin = drawn_edit (editor, photo, &face, "open-mouth=1", NULL, &error);
  DfiPatch     *all  = drawn_edit (editor, photo, &face, "beard=1, open-mouth=1", &report, &error);

  g_assert_no_error (error);
  g_assert_nonnull (report.result);
  g_assert_cmpint (report.notes[1].attribute, ==, OPEN_MOUTH);
  dfi_patch_composite (hair, apart);
  dfi_patch_composite (skin, both);
  for (size_t i = 0; i < (size_t) 3 * PHOTO * PHOTO; i++)
    apart->data[i] += both->data[i] - photo->data[i];
  memcpy (both->data, photo->data, sizeof (float) * 3 * PHOTO * PHOTO);
  dfi_patch_composite (all, both);
  for (size_t i = 0; i < (size_t) 3 * PHOTO * PHOTO; i++)
    g_assert_cmpfloat_with_epsilon (both->data[i], CLAMP (apart->data[i], 0.0f, 1.0f), 1e-3);

  dfi_patch_free (all);
  dfi_patch_free (skin);
  dfi_patch_free (hair);
  dfi_edit_report_clear (&report);
  dfi_image_free (apart);
  dfi_image_free (both);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

static void
test_edit_nothing (void)
{
  DfiEditor *editor = open_editor (TRUE);
  DfiImage  *photo = draw_head (FALSE), *edited = dfi_image_copy (photo, NULL);
  DfiFace    face  = head_face ();
  GError    *error = NULL;
  DfiPatch  *patch = drawn_edit (editor, photo, &face, "beard=0", NULL, &error);

  g_assert_no_error (error);
  dfi_patch_composite (patch, edited);
  g_assert_cmpmem (edited->data, sizeof (float) * 3 * PHOTO * PHOTO, photo->data, sizeof (float) * 3 * PHOTO * PHOTO);
  dfi_patch_free (patch);
  dfi_image_free (edited);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

static void
test_edit_without_tones (void)
{
  DfiEditor *editor = open_editor (FALSE);
  DfiImage  *photo  = draw_head (FALSE);
  DfiFace    face   = head_face ();
  GError    *error  = NULL;

  g_assert_null (drawn_edit (editor, photo, &face, "beard=1", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* A search in full colour knows the frame alone. */
static void
test_edit_study (void)
{
  DfiEditor     *editor = open_editor (TRUE);
  DfiImage      *photo  = draw_head (FALSE);
  DfiFace        face   = head_face ();
  GError        *error  = NULL;
  DfiRequest     beard  = { BEARD, 1.0 };
  DfiEditOptions options;
  DfiEditReport  report;
  DfiPatch      *patch;

  dfi_edit_options_init (&options);
  options.colour     = TRUE;
  options.iterations = 3;
  patch              = dfi_edit (editor, photo, &face, &beard, 1, &options, NULL, NULL, &report, &error);
  g_assert_no_error (error);
  g_assert_cmpint (report.minimum.evaluations, >, 0);
  dfi_edit_report_clear (&report);
  dfi_patch_free (patch);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

/* The part of the photograph that an edit of this needs gives what the whole gives. */
static void
test_edit_part (void)
{
  const int        larger = 3;
  DfiEditor       *editor = open_editor (TRUE);
  DfiImage        *small  = draw_head (FALSE), *photo;
  DfiFace          face   = head_face (), moved;
  GError          *error  = NULL;
  const DfiRequest smile = { OPEN_MOUTH, 1.0 }, beard = { BEARD, 1.0 };
  DfiSimilarity    map = { .a = 1.0 / larger, .tx = -200.0 / larger, .ty = -100.0 / larger };
  int              x, y, width, height, less[4];
  DfiImage        *part;
  DfiPatch        *whole, *of_part;

  photo = dfi_align_warp (small, &map, larger * (PHOTO + 300), larger * (PHOTO + 200), &error);
  g_assert_no_error (error);
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      face.landmarks[i][0] = larger * face.landmarks[i][0] + 200.0;
      face.landmarks[i][1] = larger * face.landmarks[i][1] + 100.0;
    }
  g_assert_true (dfi_editor_bounds (editor, &face, &beard, 1, photo->width, photo->height, &x, &y, &width, &height, &error));
  g_assert_true (
      dfi_editor_bounds (editor, &face, &smile, 1, photo->width, photo->height, &less[0], &less[1], &less[2], &less[3], &error));
  g_assert_true (less[2] < width && less[3] < height);
  g_assert_true (width < photo->width && height <= photo->height);
  g_assert_true (
      dfi_editor_bounds (editor, &face, NULL, 0, photo->width, photo->height, &less[0], &less[1], &less[2], &less[3], &error));
  g_assert_true (less[0] == x && less[1] == y && less[2] == width && less[3] == height);

  moved   = dfi_face_move (&face, x, y);
  part    = test_image_part (photo, x, y, width, height);
  whole   = drawn_edit (editor, photo, &face, "beard=1", NULL, &error);
  of_part = drawn_edit (editor, part, &moved, "beard=1", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (whole->x == of_part->x + x && whole->y == of_part->y + y);
  g_assert_true (whole->width == of_part->width && whole->height == of_part->height);
  for (size_t i = 0; i < (size_t) 4 * whole->width * whole->height; i++)
    g_assert_cmpfloat_with_epsilon (whole->rgba[i], of_part->rgba[i], 1e-3);

  dfi_patch_free (of_part);
  dfi_patch_free (whole);
  dfi_image_free (part);
  dfi_image_free (photo);
  dfi_image_free (small);
  dfi_editor_free (editor);
}

static void
test_edit_without_network (void)
{
  DfiEditor *editor = open_editor (TRUE);
  DfiImage  *photo  = draw_head (FALSE);
  DfiFace    face   = head_face ();
  GError    *error  = NULL;
  char      *path   = g_build_filename (drawn.folder, "hair.safetensors", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_null (drawn_edit (editor, photo, &face, "beard=1", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "hair.safetensors"));
  g_clear_error (&error);
  dfi_patch_free (drawn_edit (editor, photo, &face, "open-mouth=1", NULL, &error));
  g_assert_no_error (error);
  g_free (path);
  dfi_image_free (photo);
  dfi_editor_free (editor);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_setenv ("DFI_DATA_DIR", drawn.folder, TRUE);
  g_test_add_func ("/hair/network", test_network);
  g_test_add_func ("/hair/network-refused", test_network_refused);
  g_test_add_func ("/hair/view", test_view);
  g_test_add_func ("/hair/colours", test_colours);
  g_test_add_func ("/hair/matte", test_matte);
  g_test_add_func ("/hair/tone", test_tone);
  g_test_add_func ("/hair/no-hair", test_no_hair);
  g_test_add_func ("/hair/neighbour", test_neighbour);
  g_test_add_func ("/hair/bald", test_bald);
  g_test_add_func ("/hair/recolour", test_recolour);
  g_test_add_func ("/hair/greyer", test_greyer);
  g_test_add_func ("/hair/grey", test_grey);
  g_test_add_func ("/hair/threads", test_threads);
  g_test_add_func ("/hair/corner", test_corner);
  g_test_add_func ("/hair/cancel", test_cancel);
  g_test_add_func ("/hair/edit/only", test_edit_hair_only);
  g_test_add_func ("/hair/edit/brighter", test_edit_brighter_hair);
  g_test_add_func ("/hair/edit/other", test_edit_other_hair);
  g_test_add_func ("/hair/edit/both", test_edit_both);
  g_test_add_func ("/hair/edit/nothing", test_edit_nothing);
  g_test_add_func ("/hair/edit/without-tones", test_edit_without_tones);
  g_test_add_func ("/hair/edit/study", test_edit_study);
  g_test_add_func ("/hair/edit/part", test_edit_part);
  g_test_add_func ("/hair/edit/without-network", test_edit_without_network);
  return drawn_end (g_test_run ());
}
