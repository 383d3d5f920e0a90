#include "config.h"

#include <unistd.h>

#include <hdf5.h>

#include <glib/gstdio.h>

#include "make-hdf5.h"

static hid_t
layout (KerasForm form, int rank, const hsize_t *shape)
{
  hid_t layout = H5Pcreate (H5P_DATASET_CREATE);

  if (form == KERAS_GZIP || form == KERAS_SCALED || form == KERAS_HUGE)
    H5Pset_chunk (layout, rank, shape);
  if (form == KERAS_GZIP || form == KERAS_HUGE)
    {
      H5Pset_shuffle (layout);
      H5Pset_deflate (layout, 6);
    }
  if (form == KERAS_SCALED)
    H5Pset_scaleoffset (layout, H5Z_SO_FLOAT_DSCALE, 6);
  if (form == KERAS_ELSEWHERE)
    H5Pset_external (layout, "/etc/passwd", 0, H5F_UNLIMITED);
  return layout;
}

/* Filters are (3, 3, C, K) here. */
static void
put_array (hid_t file, const char *name, const Part *part, KerasForm form)
{
  const size_t *s        = part->shape;
  hsize_t       shape[4] = { s[0] };
  float        *values   = g_new (float, part->count);
  hid_t         type     = form == KERAS_DOUBLE ? H5T_IEEE_F64LE : form == KERAS_BIG_ENDIAN ? H5T_IEEE_F32BE : H5T_IEEE_F32LE;
  hid_t         links    = H5Pcreate (H5P_LINK_CREATE);
  hid_t         space, array, properties;

  for (size_t i = 0; i < part->count; i++) /* value i is at y x, c, k */
    values[i] = part->rank == 1 ? part->values[i] : part->values[(i % s[0] * s[1] + i / s[0] % s[1]) * 9 + i / (s[0] * s[1])];
  if (part->rank == 4)
    memcpy (shape, (hsize_t[]){ form == KERAS_SHAPE ? 1 : 3, form == KERAS_SHAPE ? 9 : 3, s[1], s[0] }, sizeof shape);
  if (form == KERAS_HUGE && part->rank == 4)
    memcpy (shape, (hsize_t[]){ 1000, 1000, 1000, 1000 }, sizeof shape);

  space      = H5Screate_simple (part->rank, shape, NULL);
  properties = layout (form, part->rank, form == KERAS_HUGE ? (hsize_t[]){ 1, 1, 1, 1 } : shape);
  H5Pset_create_intermediate_group (links, 1);
  array = H5Dcreate2 (file, name, type, space, links, properties, H5P_DEFAULT);
  g_assert_true (array >= 0);
  if (form != KERAS_ELSEWHERE && form != KERAS_HUGE)
    g_assert_true (H5Dwrite (array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose (array);
  H5Pclose (properties);
  H5Sclose (space);
  H5Pclose (links);
  g_free (values);
}

/* Free with g_free(). */
static char *
array_name (const DfiVggConv *conv, int layer, gboolean bias, KerasForm form)
{
  char *block = g_strdup_printf ("block%d_conv%d", conv->block, conv->index);
  char *name;

  if (form == KERAS_NEW)
    name = g_strdup_printf ("model_weights/%s/%s/%s:0", block, block, bias ? "bias" : "kernel");
  else if (form == KERAS_MODEL)
    name = g_strdup_printf ("model_weights/vgg19/%s/%s:0", block, bias ? "bias" : "kernel");
  else if (form == KERAS_3)
    name = layer ? g_strdup_printf ("layers/conv2d_%d/vars/%d", layer, bias) : g_strdup_printf ("layers/conv2d/vars/%d", bias);
  else
    name = g_strdup_printf ("%s/%s_%s_1:0", block, block, bias ? "b" : "W");
  g_free (block);
  return name;
}

GByteArray *
make_keras (const Network *network, KerasForm form)
{
  hid_t access = H5Pcreate (H5P_FILE_ACCESS);
  hid_t file;
  char *path = NULL, *content;
  gsize size;

  close (g_file_open_tmp (NULL, &path, NULL));
  if (form == KERAS_LATEST)
    H5Pset_libver_bounds (access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  file = H5Fcreate (path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  for (int i = 0; i < network->n; i++)
    {
      gboolean last = form < KERAS_SCALED || i == network->n - 2;
      char    *name = array_name (&network->parts[i].conv, i / 2, i % 2, form);

      put_array (file, name, &network->parts[i], last ? form : KERAS_OLD);
      g_free (name);
    }
  if (form == KERAS_NEW)
    put_array (file, "optimizer_weights/Adam/m/block1_conv1/kernel:0", &network->parts[0], form);
  if (form == KERAS_3)
    put_array (file, "optimizer/vars/2", &network->parts[0], form);
  if (form == KERAS_BATCH_NORM)
    put_array (file, "batch_normalization/moving_mean:0", &network->parts[1], form);
  H5Fclose (file);
  H5Pclose (access);

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_unlink (path);
  g_free (path);
  return g_byte_array_new_take ((guint8 *) content, size);
}
