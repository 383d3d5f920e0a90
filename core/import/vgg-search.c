#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/vgg-search.h"
#include "network/encoder.h"

/* A tensor that is called as the filters of a convolution are, and has as many dimensions. */
typedef struct
{
  char                  *stem; /* the name without what says that these are the filters */
  const DfiSourceTensor *weight;
  const DfiSourceTensor *bias; /* NULL: there is none */
} Conv;

/* A row of convolutions that begins as a VGG does. */
typedef struct
{
  const DfiVgg *vgg;
  guint         start;
  int           length; /* layers that are as they should be */
} Chain;

/* ---------- the convolutions of a file ---------- */

/* How names end: of PyTorch and Caffe; of Keras; of the first Keras; of Keras 3. */
static const struct
{
  const char *weight;
  const char *bias;
} endings[] = {
  { ".weight", ".bias" },
  { "/kernel:0", "/bias:0" },
  { "_W_1:0", "_b_1:0" },
  { "/vars/0", "/vars/1" },
};

static void
conv_clear (gpointer data)
{
  g_free (((Conv *) data)->stem);
}

static void
note_conv (const DfiSource *source, const DfiSourceTensor *weight, GArray *convs)
{
  const char *name = weight->tensor.name;

  for (size_t i = 0; i < G_N_ELEMENTS (endings); i++)
    if (weight->tensor.rank == 4 && g_str_has_suffix (name, endings[i].weight))
      {
        Conv  conv = { g_strndup (name, strlen (name) - strlen (endings[i].weight)), weight, NULL };
        char *bias = g_strconcat (conv.stem, endings[i].bias, NULL);

        conv.bias = g_hash_table_lookup (source->names, bias);
        g_array_append_val (convs, conv);
        g_free (bias);
        return;
      }
}

/* As people count: conv2 before conv10. */
static int
compare_names (const char *a, const char *b)
{
  while (*a && *b)
    {
      if (g_ascii_isdigit (*a) && g_ascii_isdigit (*b))
        {
          size_t m, n;
          int    order;

          a += strspn (a, "0");
          b += strspn (b, "0");
          m     = strspn (a, "0123456789");
          n     = strspn (b, "0123456789");
          order = m != n ? (m > n) - (m < n) : memcmp (a, b, m);
          if (order != 0)
            return order;
          a += m;
          b += n;
        }
      else if (*a != *b)
        return (guchar) *a - (guchar) *b;
      else
        {
          a++;
          b++;
        }
    }
  return (*a != 0) - (*b != 0);
}

static int
compare_convs (gconstpointer a, gconstpointer b)
{
  return compare_names (((const Conv *) a)->stem, ((const Conv *) b)->stem);
}

/* In the order of the file or of their names. */
static GArray *
list_convs (const DfiSource *source, gboolean by_name)
{
  GArray *convs = g_array_new (FALSE, FALSE, sizeof (Conv));

  g_array_set_clear_func (convs, conv_clear);
  for (guint i = 0; i < source->tensors->len; i++)
    note_conv (source, g_ptr_array_index (source->tensors, i), convs);
  if (by_name)
    g_array_sort (convs, compare_convs);
  return convs;
}

static const Conv *
conv_at (const GArray *convs, guint i)
{
  return &g_array_index (convs, Conv, i);
}

/* ---------- what names say ---------- */

/* The number that ends @name, and where it begins; -1 for none. */
static int
last_number (const char *name, size_t *length)
{
  size_t digits = 0;

  while (digits < MIN (*length, 6) && g_ascii_isdigit (name[*length - 1 - digits]))
    digits++;
  *length -= digits;
  return digits ? (int) g_ascii_strtoull (name + *length, NULL, 10) : -1;
}

/* Block and index of a name such as conv3_2 or block3_conv2. */
static gboolean
block_and_index (const char *stem, int *block, int *index)
{
  size_t length = strlen (stem);

  *index = last_number (stem, &length);
  while (length > 0 && ! g_ascii_isdigit (stem[length - 1]) && ! strchr ("./", stem[length - 1]))
    length--;
  *block = last_number (stem, &length);
  return *index >= 0 && *block >= 0;
}

static int
number_of (const Conv *conv)
{
  size_t length = strlen (conv->stem);

  return last_number (conv->stem, &length);
}

/* Whether the layers from @start on have the numbers of torchvision: 0, 2, 5 from whatever the first is. */
static gboolean
is_counted (const GArray *convs, guint start)
{
  int first = number_of (conv_at (convs, start));

  return first >= 0 && start + 2 < convs->len && number_of (conv_at (convs, start + 1)) == first + 2 &&
         number_of (conv_at (convs, start + 2)) == first + 5;
}

static gboolean
is_called (const GArray *convs, guint i, const DfiVggConv *layer)
{
  int block, index;

  return i < convs->len && block_and_index (conv_at (convs, i)->stem, &block, &index) && block == layer->block &&
         index == layer->index;
}

static gboolean
is_blocked (const GArray *convs, guint start)
{
  return is_called (convs, start, &dfi_vggs[0].convs[0]) && is_called (convs, start + 1, &dfi_vggs[0].convs[1]);
}

/* ---------- the row ---------- */

static gboolean
has_shape (const DfiSourceTensor *source, int rank, const size_t *shape)
{
  const DfiTensor *tensor = &source->tensor;

  return tensor->rank == rank && memcmp (tensor->shape, shape, rank * sizeof *shape) == 0;
}

/* The shape that layer @l wants for its filters, when the first has @width. */
static void
wanted_shape (const DfiVgg *vgg, int l, size_t width, size_t shape[4])
{
  shape[0] = width * vgg->convs[l].units;
  shape[1] = l == 0 ? 3 : width * vgg->convs[l - 1].units;
  shape[2] = shape[3] = 3;
}

/* Whether convolution @i, of a row from @start on, may be @layer as far as its name goes. */
static gboolean
name_agrees (const GArray *convs, guint start, guint i, const DfiVggConv *layer)
{
  if (is_counted (convs, start))
    return number_of (conv_at (convs, i)) - number_of (conv_at (convs, start)) == layer->number;
  return ! is_blocked (convs, start) || is_called (convs, i, layer);
}

/* How many layers from @start on are those of @vgg. */
static int
chain_length (const GArray *convs, guint start, const DfiVgg *vgg)
{
  size_t width = conv_at (convs, start)->weight->tensor.shape[0];
  int    l     = 0;

  if (width == 0 || width > DFI_ENCODER_WIDTH_MAX)
    return 0;
  for (; l < vgg->n_convs && start + l < convs->len; l++)
    {
      size_t shape[4];

      wanted_shape (vgg, l, width, shape);
      if (! has_shape (conv_at (convs, start + l)->weight, 4, shape) || ! name_agrees (convs, start, start + l, &vgg->convs[l]))
        break;
    }
  return l;
}

/* How many layers of @vgg are in their places, or a place later, because one is missing. */
static int
n_named (const GArray *convs, guint start, const DfiVgg *vgg)
{
  int n = 0;

  for (int l = 0; l < vgg->n_convs; l++)
    for (guint i = start + l - MIN (l, 1); i <= start + l && i < convs->len; i++)
      n += name_agrees (convs, start, i, &vgg->convs[l]);
  return n;
}

/* The first whole VGG, or, when there is none, the longest beginning of one. */
static Chain
find_chain (const GArray *convs)
{
  Chain best = { &dfi_vggs[0], 0, 0 };

  for (guint start = 0; start < convs->len && best.length < best.vgg->n_convs; start++)
    for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
      {
        const DfiVgg *vgg    = &dfi_vggs[v];
        int           length = chain_length (convs, start, vgg);

        if (length > best.length || (length == best.length && length > 0 && start == best.start &&
                                     n_named (convs, start, vgg) > n_named (convs, start, best.vgg)))
          best = (Chain){ vgg, start, length };
      }
  return best;
}

/* ---------- what else there is ---------- */

/* Bytes of a name that all layers of the row, a whole one, share, up to a dot or slash. */
static size_t
common_prefix (const GArray *convs, const Chain *chain)
{
  const char *first  = conv_at (convs, chain->start)->stem;
  size_t      length = strlen (first);

  for (int l = 1; l < chain->length; l++)
    {
      const char *other = conv_at (convs, chain->start + l)->stem;

      while (strncmp (first, other, length) != 0)
        length--;
    }
  while (length > 0 && ! strchr ("./", first[length - 1]))
    length--;
  return length;
}

static gboolean
is_normalisation (const char *name)
{
  return g_str_has_suffix (name, "running_mean") || strstr (name, "moving_mean") || strstr (name, "batch_norm");
}

/* Among the tensors whose names begin as those of the network do. */
static gboolean
has_normalisation (const DfiSource *source, const GArray *convs, const Chain *chain)
{
  const char *first  = conv_at (convs, chain->start)->stem;
  size_t      length = common_prefix (convs, chain);

  for (guint i = 0; i < source->tensors->len; i++)
    {
      const DfiSourceTensor *tensor = g_ptr_array_index (source->tensors, i);

      if (strncmp (tensor->tensor.name, first, length) == 0 && is_normalisation (tensor->tensor.name))
        return TRUE;
    }
  return FALSE;
}

/* A convolution before the first, which changes what the network sees. */
static gboolean
has_forerunner (const GArray *convs, const Chain *chain)
{
  size_t length = common_prefix (convs, chain);

  return chain->start > 0 && strncmp (conv_at (convs, chain->start - 1)->stem, conv_at (convs, chain->start)->stem, length) == 0;
}

/* ---------- what is wrong ---------- */

static gboolean
refuse_shape (const DfiSource *source, const DfiSourceTensor *tensor, int rank, const size_t *shape, GError **error)
{
  char *found  = dfi_shape_text (tensor->tensor.shape, tensor->tensor.rank);
  char *wanted = dfi_shape_text (shape, rank);

  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("In “%s” the tensor “%s” has the shape %s where %s is wanted; choose another file."), source->path,
               tensor->tensor.name, found, wanted);
  g_free (wanted);
  g_free (found);
  return FALSE;
}

/* Whether the name says that this is one of several files: NAME-00001-of-00002.safetensors.  @index gets the name of the file
 * that lists them all; free it with g_free(). */
static gboolean
is_shard (const char *path, char **index)
{
  char    *name = g_path_get_basename (path);
  char    *end  = g_strrstr (name, ".");
  size_t   length;
  int      of, number;
  gboolean is;

  *index = NULL;
  length = end ? (size_t) (end - name) : 0;
  of     = last_number (name, &length);
  is     = of > 0 && length > 4 && strncmp (name + length - 4, "-of-", 4) == 0;
  length -= is ? 4 : 0;
  number = is ? last_number (name, &length) : -1;
  is     = number > 0 && length > 1 && name[length - 1] == '-';
  if (is)
    *index = g_strdup_printf ("%.*s%s.index.json", (int) length - 1, name, end);
  g_free (name);
  return is;
}

static gboolean
refuse_missing (const DfiSource *source, const DfiVggConv *layer, GError **error)
{
  char *index;

  if (is_shard (source->path, &index))
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("“%s” is one of several parts of a network: the layer conv%d_%d is not in it. Import “%s” beside it, which "
                    "names all parts."),
                 source->path, layer->block, layer->index, index);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("“%s” has no layer conv%d_%d. Take the published VGG-19 or VGG-16, without batch normalisation."),
                 source->path, layer->block, layer->index);
  g_free (index);
  return FALSE;
}

/* A file that is one of several need not begin with a network's first layer: what it lacks is told, not how its layers differ. */
static gboolean
refuse_chain (const DfiSource *source, const GArray *convs, const Chain *chain, GError **error)
{
  const DfiVggConv *layer = &chain->vgg->convs[chain->length];
  guint             next  = chain->start + chain->length;
  size_t            width = chain->length ? conv_at (convs, chain->start)->weight->tensor.shape[0] : 0;
  size_t            shape[4];
  char             *index;
  gboolean          shard = is_shard (source->path, &index);

  g_free (index);
  if (convs->len == 0 || shard)
    return refuse_missing (source, layer, error);

  wanted_shape (chain->vgg, chain->length, width, shape);
  if (next < convs->len && chain->length == 0 && conv_at (convs, next)->weight->tensor.shape[0] > DFI_ENCODER_WIDTH_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” has %zu filters in its first layer; 1 to %d are understood."),
                   source->path, conv_at (convs, next)->weight->tensor.shape[0], DFI_ENCODER_WIDTH_MAX);
      return FALSE;
    }
  if (next >= convs->len || has_shape (conv_at (convs, next)->weight, 4, shape) ||
      (chain->length > 0 && ! name_agrees (convs, chain->start, next, layer)))
    return refuse_missing (source, layer, error);
  return refuse_shape (source, conv_at (convs, next)->weight, 4, shape, error);
}

/* ---------- searching ---------- */

static gboolean
take_chain (const DfiSource *source, const GArray *convs, const Chain *chain, DfiVggFound *found, GError **error)
{
  found->vgg     = chain->vgg;
  found->width   = conv_at (convs, chain->start)->weight->tensor.shape[0];
  found->blocked = is_blocked (convs, chain->start);
  for (int l = 0; l < found->vgg->n_convs; l++)
    {
      const Conv       *conv  = conv_at (convs, chain->start + l);
      const DfiVggConv *layer = &found->vgg->convs[l];
      const size_t      count = found->width * layer->units;

      if (! conv->bias)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _ ("“%s” has no biases for the layer conv%d_%d (“%s”). Take the published VGG-19 or VGG-16, without batch "
                          "normalisation."),
                       source->path, layer->block, layer->index, conv->stem);
          return FALSE;
        }
      if (! has_shape (conv->bias, 1, &count))
        return refuse_shape (source, conv->bias, 1, &count, error);
      found->weights[l] = conv->weight;
      found->biases[l]  = conv->bias;
    }
  return TRUE;
}

static gboolean
judge (const DfiSource *source, const GArray *convs, const Chain *chain, DfiVggFound *found, GError **error)
{
  if (chain->length < chain->vgg->n_convs)
    return refuse_chain (source, convs, chain, error);
  if (has_normalisation (source, convs, chain))
    return dfi_source_refuse (
        source, error, _ ("it is a network with batch normalisation, which is not supported; take the same one without it"));
  if (has_forerunner (convs, chain))
    return dfi_source_refuse (source, error, _ ("its network has another layer before the first one of a VGG"));
  return take_chain (source, convs, chain, found, error);
}

gboolean
dfi_vgg_search (const DfiSource *source, DfiVggFound *found, GError **error)
{
  gboolean by_name = ! source->format->ordered;
  GArray  *convs   = list_convs (source, by_name);
  Chain    chain   = find_chain (convs);
  gboolean done;

  if (chain.length < chain.vgg->n_convs)
    {
      GArray *others = list_convs (source, ! by_name);
      Chain   other  = find_chain (others);

      if (other.length == other.vgg->n_convs)
        {
          GArray *kept = convs;

          convs  = others;
          others = kept;
          chain  = other;
        }
      g_array_unref (others);
    }
  done = judge (source, convs, &chain, found, error);
  g_array_unref (convs);
  return done;
}
