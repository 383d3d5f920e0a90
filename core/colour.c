/* colour.c: channel c changes by s_c times the change of luma, with s_c the slope of a line through the (luma, channel) pairs
 * of the pixels around:
 *
 *   s_c = (cov (Y, c) + e m_c / m_Y) / (var Y + e)
 *
 * The e term draws the slope towards the ratio of the means m, that is, towards keeping the saturation, where luma hardly
 * varies. Since luma is a weighted sum of the channels, the same sum over s_c is 1. The windows' slopes are averaged as in
 * the guided filter: He, Sun and Tang, "Guided image filtering", ECCV 2010, eq. 5 to 8, with luma as the guide.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include "colour.h"
#include "error.h"

#define RADIUS  8        /* of the window, pixels of the frame: the height of a mouth */
#define EPSILON 0.01f    /* of luma's variance: a deviation of about 25 of 255 */
#define DARK    0.02f    /* mean luma below which a ratio says nothing */

static const float luma_weights[3] = { 0.299f, 0.587f, 0.114f };

DfiImage *
dfi_colour_grey (const DfiImage  *image,
                 GError         **error)
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

static void
moments (const float *values,
         size_t       n,
         double      *mean,
         double      *deviation)
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
dfi_colour_match (float       *z,
                  const float *x,
                  size_t       n)
{
  double mean_z, mean_x, deviation_z, deviation_x, gain;

  moments (z, n, &mean_z, &deviation_z);
  moments (x, n, &mean_x, &deviation_x);
  gain = deviation_z > 0.0 ? deviation_x / deviation_z : 1.0;
  for (size_t i = 0; i < n; i++)
    z[i] = (z[i] - mean_z) * gain + mean_x;
}

/* Means over windows of 2 RADIUS + 1 elements along one line, fewer at its ends. @step is the distance of its elements. */
static void
line_means (float       *out,
            const float *in,
            int          n,
            size_t       step)
{
  double sum  = 0.0;
  int    from = 0, to = 0;

  for (int i = 0; i < n; i++)
    {
      while (to < MIN (n, i + RADIUS + 1))
        sum += in[step * to++];
      while (from < i - RADIUS)
        sum -= in[step * from++];
      out[step * i] = sum / (to - from);
    }
}

/* In place; @scratch (height, width). */
static void
window_means (float *plane,
              int    height,
              int    width,
              float *scratch)
{
  for (int i = 0; i < height; i++)
    line_means (scratch + (size_t) i * width, plane + (size_t) i * width, width, 1);
  for (int j = 0; j < width; j++)
    line_means (plane + j, scratch + j, height, width);
}

/* @slope (height, width) from one channel and luma; @mean and @variance are luma's, in the same windows. */
static void
channel_slope (float       *slope,
               const float *channel,
               const float *luma,
               const float *mean,
               const float *variance,
               int          height,
               int          width,
               float       *channel_mean,
               float       *scratch)
{
  size_t n = (size_t) height * width;

  memcpy (channel_mean, channel, n * sizeof (float));
  window_means (channel_mean, height, width, scratch);
  for (size_t i = 0; i < n; i++)
    slope[i] = channel[i] * luma[i];
  window_means (slope, height, width, scratch);

  for (size_t i = 0; i < n; i++)
    {
      float ratio = mean[i] > DARK ? channel_mean[i] / mean[i] : 1.0f;

      slope[i] = (slope[i] - channel_mean[i] * mean[i] + EPSILON * ratio) / (variance[i] + EPSILON);
    }
  window_means (slope, height, width, scratch);
}

DfiImage *
dfi_colour_follow (const DfiImage  *image,
                   const float     *luma,
                   GError         **error)
{
  int       height = image->height, width = image->width;
  size_t    n      = (size_t) height * width;
  DfiImage *grey   = dfi_colour_grey (image, error);
  DfiImage *change = grey ? dfi_image_new (width, height, error) : NULL;
  float    *work   = change ? dfi_try_alloc (4 * n, sizeof *work, error) : NULL;
  float    *mean, *variance, *channel_mean, *scratch;

  if (! work)
    {
      dfi_image_free (change);
      dfi_image_free (grey);
      return NULL;
    }

  mean         = work;
  variance     = work + n;
  channel_mean = work + 2 * n;
  scratch      = work + 3 * n;

  memcpy (mean, grey->data, n * sizeof (float));
  window_means (mean, height, width, scratch);
  for (size_t i = 0; i < n; i++)
    variance[i] = grey->data[i] * grey->data[i];
  window_means (variance, height, width, scratch);
  for (size_t i = 0; i < n; i++)
    variance[i] = MAX (variance[i] - mean[i] * mean[i], 0.0f);

  for (int c = 0; c < 3; c++)
    {
      float *slope = change->data + c * n;

      channel_slope (slope, image->data + c * n, grey->data, mean, variance, height, width, channel_mean, scratch);
      for (size_t i = 0; i < n; i++)
        slope[i] *= luma[i];
    }

  g_free (work);
  dfi_image_free (grey);
  return change;
}
