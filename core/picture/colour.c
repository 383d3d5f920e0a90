/* colour.c: a pixel of the edited face takes the tint of those pixels of the photograph, not far away, whose surroundings look
 * most like its own: new teeth are as bright skin is, a lip that rises stays a lip. So grey pictures are coloured by the
 * example of another (Welsh, Ashikhmin and Mueller, "Transferring color to greyscale images", SIGGRAPH 2002), here with the
 * mean over all candidates, weighted by likeness (Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR
 * 2005).
 *
 * A tint is (channel - luma) / luma. The mean over luma's weights of a pixel's tints is 0, so that luma stays what it is. What is
 * added is the difference of two such means, for the edited and for the photograph's own luma: nothing changes where luma does
 * not.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/vectorise.h"
#include "picture/colour.h"
#include "base/error.h"

#define PATCH    2     /* pixels to either side that are compared */
#define LIKENESS 0.04f /* difference of luma at which two patches begin to be unlike: 10 of 255 */
#define LIGHT    0.4f  /* share of a patch's mean difference, squared, that does not count: light changes, too */
#define STEPS    96    /* that the frame is wide */
#define REACH    5     /* steps to every side in which like pixels are looked for */
#define NEARNESS 2.5   /* steps away from which a pixel counts for exp (-1/2), 0.6 */
#define DARK     0.04f /* luma below which a tint is taken relative to this, since it would be noise */

static const float luma_weights[3] = { 0.299f, 0.587f, 0.114f };

DfiImage *
dfi_colour_grey (const DfiImage *image, GError **error)
{
  size_t    n    = (size_t) image->height * image->width;
  DfiImage *grey = dfi_image_new (image->width, image->height, error);

  if (! grey)
    return NULL;

  for (size_t i = 0; i < n; i++)
    {
      float luma = 0.0f;

      for (int c = 0; c < 3; c++)
        luma += luma_weights[c] * image->data[c * n + i];
      grey->data[i] = grey->data[n + i] = grey->data[2 * n + i] = luma;
    }
  return grey;
}

/* Mean and standard deviation of @values (n). */
static void
moments (const float *values, size_t n, double *mean, double *deviation)
{
  double sum = 0.0, squares = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += values[i];
  *mean = sum / n;
  for (size_t i = 0; i < n; i++)
    squares += (values[i] - *mean) * (values[i] - *mean);
  *deviation = sqrt (squares / n);
}

void
dfi_colour_match (float *z, const float *x, size_t n)
{
  double mean_z, mean_x, deviation_z, deviation_x, gain;

  moments (z, n, &mean_z, &deviation_z);
  moments (x, n, &mean_x, &deviation_x);
  gain = deviation_z > 0.0 ? deviation_x / deviation_z : 1.0;
  for (size_t i = 0; i < n; i++)
    z[i] = (z[i] - mean_z) * gain + mean_x;
}

/* ---------- tints ---------- */

/* What is looked through for like pixels. The planes of luma and of tints have a margin all around, in which the edges repeat. */
typedef struct
{
  int    height, width; /* without the margin */
  int    step;          /* between candidates, pixels */
  int    margin;
  size_t stride;
  float *luma;        /* of the photograph */
  float *edited;      /* luma of the edited face */
  float *tints[3];    /* of the photograph */
  float *differences; /* (height + 2 PATCH, width): of luma, summed along a patch's width */
  float *squares;     /* (height + 2 PATCH, width): the same of the squared differences */
  float *line;        /* (stride): scratch, as the next two */
  float *sums;        /* (stride): of the differences over a whole patch */
  float *weights;     /* (stride): of the candidates */
  float *memory;      /* owns all planes and lines */
} Search;

/* Where the pixel (@j, @i) of a plane with a margin lies; the two may be as much as the margin outside. */
static float *
inside (const Search *search, float *plane, int i, int j)
{
  return plane + (search->margin + i) * search->stride + search->margin + j;
}

static gboolean
search_init (Search *search, int height, int width, GError **error)
{
  size_t n, width_all;
  float *next;

  search->height = height;
  search->width  = width;
  search->step   = MAX (1, width / STEPS);
  search->margin = REACH * search->step + PATCH;
  search->stride = width_all = (size_t) width + 2 * search->margin;
  n                          = ((size_t) height + 2 * search->margin) * width_all;
  search->memory = next = dfi_try_alloc (7 * n + 3 * width_all, sizeof *next, error);
  if (! next)
    return FALSE;

  search->luma   = next;
  search->edited = next += n;
  for (int c = 0; c < 3; c++)
    search->tints[c] = next += n;
  search->differences = next += n;
  search->squares     = next += n;
  search->line        = next += n;
  search->sums        = next += width_all;
  search->weights     = next + width_all;
  return TRUE;
}

static void
repeat_edges (const Search *search, float *plane)
{
  int margin = search->margin, right = search->width - 1;

  for (int i = 0; i < search->height; i++)
    for (int j = 1; j <= margin; j++)
      {
        *inside (search, plane, i, -j)        = *inside (search, plane, i, 0);
        *inside (search, plane, i, right + j) = *inside (search, plane, i, right);
      }
  for (int i = 1; i <= margin; i++)
    {
      memcpy (inside (search, plane, -i, -margin), inside (search, plane, 0, -margin), search->stride * sizeof *plane);
      memcpy (inside (search, plane, search->height - 1 + i, -margin), inside (search, plane, search->height - 1, -margin),
              search->stride * sizeof *plane);
    }
}

/* @luma: (nullable): its change */
static void
search_fill (Search *search, const DfiImage *image, const DfiImage *grey, const float *luma)
{
  size_t n = (size_t) image->height * image->width;

  for (int i = 0; i < image->height; i++)
    for (int j = 0; j < image->width; j++)
      {
        size_t at = (size_t) i * image->width + j;
        float  y  = grey->data[at];

        *inside (search, search->luma, i, j)   = y;
        *inside (search, search->edited, i, j) = y + (luma ? luma[at] : 0.0f);
        for (int c = 0; c < 3; c++)
          *inside (search, search->tints[c], i, j) = (image->data[c * n + at] - y) / MAX (y, DARK);
      }
  repeat_edges (search, search->luma);
  repeat_edges (search, search->edited);
  for (int c = 0; c < 3; c++)
    repeat_edges (search, search->tints[c]);
}

DFI_VECTORISE
static void
subtract (float *out, const float *a, const float *b, int n)
{
  for (int j = 0; j < n; j++)
    out[j] = a[j] - b[j];
}

DFI_VECTORISE
static void
square (float *line, int n)
{
  for (int j = 0; j < n; j++)
    line[j] *= line[j];
}

/* @out[j] is the sum of a patch's width of elements @step apart, from @in[j] on. */
DFI_VECTORISE
static void
patch_sums (float *restrict out, const float *restrict in, size_t step, int n)
{
  for (int j = 0; j < n; j++)
    {
      float sum = 0.0f;

      for (int k = 0; k <= 2 * PATCH; k++)
        sum += in[j + k * step];
      out[j] = sum;
    }
}

/* In @line each patch's sum of squared differences becomes the weight of the pixel in its middle; @sums has the sums of the
 * differences themselves. The weight falls as 1 / (1 + u^2)^2 with the unlikeness u, for which no exponential is needed. */
DFI_VECTORISE
static void
weigh (float *line, const float *sums, float nearness, int n)
{
  const float size  = (2 * PATCH + 1) * (2 * PATCH + 1);
  const float scale = 1.0f / (size * LIKENESS * LIKENESS), light = LIGHT / size;

  for (int j = 0; j < n; j++)
    {
      float unlike = scale * (line[j] - light * sums[j] * sums[j]);
      float once   = 1.0f + unlike * unlike;

      line[j] = nearness / (once * once);
    }
}

DFI_VECTORISE
static void
add_weighted (float *restrict sum, const float *restrict weights, const float *restrict values, int n)
{
  for (int j = 0; j < n; j++)
    sum[j] += weights[j] * values[j];
}

DFI_VECTORISE
static void
add (float *restrict sum, const float *restrict values, int n)
{
  for (int j = 0; j < n; j++)
    sum[j] += values[j];
}

/* For each pixel looks at the one that lies @down and @right of it: adds that one's weighted tints to @sums (3, height, width),
 * and its weight to @total (height, width). */
static void
add_candidates (Search *search, float *plane, int down, int right, float *sums, float *total)
{
  int    width    = search->width;
  size_t n        = (size_t) search->height * width;
  float  distance = hypotf (down, right) / search->step;
  float  nearness = expf (-0.5f * distance * distance / (NEARNESS * NEARNESS));

  for (int i = -PATCH; i < search->height + PATCH; i++)
    {
      size_t at = (size_t) (i + PATCH) * width;

      subtract (search->line, inside (search, plane, i, -PATCH), inside (search, search->luma, i + down, right - PATCH),
                width + 2 * PATCH);
      patch_sums (search->differences + at, search->line, 1, width);
      square (search->line, width + 2 * PATCH);
      patch_sums (search->squares + at, search->line, 1, width);
    }
  for (int i = 0; i < search->height; i++)
    {
      patch_sums (search->sums, search->differences + (size_t) i * width, width, width);
      patch_sums (search->weights, search->squares + (size_t) i * width, width, width);
      weigh (search->weights, search->sums, nearness, width);
      add (total + (size_t) i * width, search->weights, width);
      for (int c = 0; c < 3; c++)
        add_weighted (sums + c * n + (size_t) i * width, search->weights, inside (search, search->tints[c], i + down, right),
                      width);
    }
}

/* @tints (3, height, width): for each pixel of a face whose luma is @plane the mean tint of what looks like it in the photograph.
 * @total (height, width) is scratch. */
static void
find_tints (Search *search, float *plane, float *tints, float *total)
{
  size_t n = (size_t) search->height * search->width;

  memset (tints, 0, 3 * n * sizeof *tints);
  memset (total, 0, n * sizeof *total);
  for (int i = -REACH; i <= REACH; i++)
    for (int j = -REACH; j <= REACH; j++)
      add_candidates (search, plane, i * search->step, j * search->step, tints, total);
  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      tints[c * n + i] /= total[i];
}

/* @change (3, H, W): the mean tints that fit the edited face become the change of its channels. A pixel keeps what its own tint
 * has over the mean that fits the photograph, @photo_tints. */
static void
change_channels (DfiImage *change, const DfiImage *image, const DfiImage *grey, const float *luma, const float *photo_tints)
{
  size_t n = (size_t) image->height * image->width;

  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      {
        float pixel  = image->data[c * n + i];
        float edited = grey->data[i] + luma[i];
        float tint   = (pixel - grey->data[i]) / MAX (grey->data[i], DARK) + change->data[c * n + i] - photo_tints[c * n + i];

        change->data[c * n + i] = edited + tint * MAX (edited, DARK) - pixel;
      }
}

float *
dfi_colour_tints (const DfiImage *image, GError **error)
{
  size_t    n      = (size_t) image->height * image->width;
  DfiImage *grey   = dfi_colour_grey (image, error);
  float    *tints  = grey ? dfi_try_alloc (4 * n, sizeof *tints, error) : NULL; /* and a plane for the sums of weights */
  Search    search = { 0 };

  if (tints && search_init (&search, image->height, image->width, error))
    {
      search_fill (&search, image, grey, NULL);
      find_tints (&search, search.luma, tints, tints + 3 * n);
    }
  else
    g_clear_pointer (&tints, g_free);

  g_free (search.memory);
  dfi_image_free (grey);
  return tints;
}

DfiImage *
dfi_colour_follow (const DfiImage *image, const float *tints, const float *luma, GError **error)
{
  size_t    n      = (size_t) image->height * image->width;
  DfiImage *grey   = dfi_colour_grey (image, error);
  DfiImage *change = grey ? dfi_image_new (image->width, image->height, error) : NULL;
  float    *total  = change ? dfi_try_alloc (n, sizeof *total, error) : NULL;
  Search    search = { 0 };

  if (total && search_init (&search, image->height, image->width, error))
    {
      search_fill (&search, image, grey, luma);
      find_tints (&search, search.edited, change->data, total);
      change_channels (change, image, grey, luma, tints);
    }
  else
    g_clear_pointer (&change, dfi_image_free);

  g_free (search.memory);
  g_free (total);
  dfi_image_free (grey);
  return change;
}

void
dfi_colour_keep_above (DfiImage *change, const float *luma, const DfiFrame *frame)
{
  const size_t plane = (size_t) frame->size * frame->size;
  const double eyes = 0.5 * (frame->eyes[1] + frame->eyes[3]), brows = eyes - 0.25 * (frame->mouth[1] - eyes);

  for (int y = 0; y < frame->size; y++)
    {
      float follow = CLAMP ((y + 0.5 - brows) / (eyes - brows), 0.0, 1.0);

      for (int c = 0; c < 3; c++)
        for (size_t i = (size_t) y * frame->size; i < (size_t) (y + 1) * frame->size; i++)
          change->data[c * plane + i] = luma[i] + follow * (change->data[c * plane + i] - luma[i]);
    }
}
