/* A result has a parasite, a key file, which the XCF file keeps.  Its source is known by its tattoo; a layer that was dragged
 * into another image would find a stranger there, so the image has a parasite with a name of its own. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "digest.h"
#include "earlier.h"

#define RESULT_PARASITE "dfi-result"
#define IMAGE_PARASITE  "dfi-image"
#define GROUP           "result"
#define KEPT            (GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE)

/* ---------- parasites ---------- */

/* Free with g_free(); NULL for none. */
static char *
parasite_text (GimpParasite *parasite)
{
  char *text = parasite ? g_strdup (dfi_gimp_parasite_text (parasite)) : NULL;

  if (parasite)
    gimp_parasite_free (parasite);
  return text;
}

/* The image's own name, which it gets when it has none.  Free with g_free(). */
static char *
name_image (DfiGimpImage image)
{
  char         *name = parasite_text (gimp_image_get_parasite (image, IMAGE_PARASITE));
  GimpParasite *parasite;

  if (name)
    return name;
  name     = g_uuid_string_random ();
  parasite = gimp_parasite_new (IMAGE_PARASITE, KEPT, strlen (name) + 1, name);
  gimp_image_attach_parasite (image, parasite);
  gimp_parasite_free (parasite);
  return name;
}

/* What the layer came of, or NULL.  End with g_key_file_unref(). */
static GKeyFile *
read_result (DfiGimpLayer layer)
{
  char     *text = parasite_text (gimp_item_get_parasite (GIMP_ITEM (layer), RESULT_PARASITE));
  GKeyFile *file = g_key_file_new ();

  if (! text || ! g_key_file_load_from_data (file, text, strlen (text), 0, NULL))
    g_clear_pointer (&file, g_key_file_unref);
  g_free (text);
  return file;
}

static void
write_result (DfiGimpLayer layer, GKeyFile *file)
{
  gsize         length;
  char         *text     = g_key_file_to_data (file, &length, NULL);
  GimpParasite *parasite = gimp_parasite_new (RESULT_PARASITE, KEPT, length + 1, text);

  gimp_item_attach_parasite (GIMP_ITEM (layer), parasite);
  gimp_parasite_free (parasite);
  g_free (text);
}

/* ---------- pixels ---------- */

static guint64
drawable_digest (DfiGimpDrawable drawable)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (drawable);
  guint64     digest = buffer ? dfi_buffer_digest (buffer, gegl_buffer_get_extent (buffer)) : 0;

  g_clear_object (&buffer);
  return digest;
}

static guint64
layer_digest (DfiGimpLayer layer)
{
  DfiGimpMask mask = gimp_layer_get_mask (layer);

  return drawable_digest (GIMP_DRAWABLE (layer)) + (mask == DFI_NO_MASK ? 0 : 3 * drawable_digest (GIMP_DRAWABLE (mask)));
}

/* ---------- a new result ---------- */

static void
store_settings (const DfiApplySettings *settings, GKeyFile *file)
{
  dfi_apply_settings_store (settings, file, GROUP, TRUE);
  g_key_file_set_string (file, GROUP, "faces", settings->faces);
  g_key_file_set_double_list (file, GROUP, "eyes", (double *) settings->eyes, 4);
}

static void
store_source (const DfiDrawable *source, GKeyFile *file)
{
  char *image = name_image (source->image);
  char *name  = gimp_item_get_name (GIMP_ITEM (source->layer));

  g_key_file_set_string (file, GROUP, "image", image);
  g_key_file_set_string (file, GROUP, "source-name", name);
  g_key_file_set_uint64 (file, GROUP, "source", (guint) gimp_item_get_tattoo (GIMP_ITEM (source->layer)));
  g_key_file_set_integer_list (file, GROUP, "source-place", (int[]){ source->x, source->y, source->width, source->height }, 4);
  g_free (name);
  g_free (image);
}

/* A name that people have given the earlier result is not to be taken for ours the next time. */
static void
store_layer (const DfiDrawable *source, DfiGimpLayer layer, const char *name, GKeyFile *file)
{
  char *called = gimp_item_get_name (GIMP_ITEM (layer));
  int   x, y;

  gimp_drawable_get_offsets (GIMP_DRAWABLE (layer), &x, &y);
  g_key_file_set_string (file, GROUP, "name", g_str_has_prefix (called, name) ? called : name);
  g_key_file_set_integer_list (file, GROUP, "place", (int[]){ x - source->x, y - source->y }, 2);
  g_key_file_set_uint64 (file, GROUP, "digest", layer_digest (layer));
  g_free (called);
}

void
dfi_earlier_keep (const DfiDrawable      *source,
                  DfiGimpLayer            layer,
                  const char             *name,
                  const DfiApplySettings *settings,
                  gboolean                instead)
{
  GKeyFile *file = g_key_file_new ();

  store_settings (settings, file);
  store_source (source, file);
  store_layer (source, layer, name, file);
  g_key_file_set_boolean (file, GROUP, "instead", instead);
  write_result (layer, file);
  g_key_file_unref (file);
}

/* ---------- an earlier one ---------- */

/* @numbers (n), or FALSE when there are not as many. */
static gboolean
read_integers (GKeyFile *file, const char *key, int *numbers, gsize n)
{
  gsize    length;
  int     *read = g_key_file_get_integer_list (file, GROUP, key, &length, NULL);
  gboolean good = read && length == n;

  if (good)
    memcpy (numbers, read, n * sizeof *numbers);
  g_free (read);
  return good;
}

/* Eyes are in pixels of the image; they move with the source, and mean nothing in one of another size. */
static void
recall_eyes (const DfiDrawable *source, GKeyFile *file, double eyes[4])
{
  gsize   n;
  double *kept = g_key_file_get_double_list (file, GROUP, "eyes", &n, NULL);
  int     place[4];

  memset (eyes, 0, 4 * sizeof *eyes);
  if (kept && n == 4 && ! (kept[0] == 0.0 && kept[1] == 0.0 && kept[2] == 0.0 && kept[3] == 0.0) &&
      read_integers (file, "source-place", place, 4) && place[2] == source->width && place[3] == source->height)
    for (int i = 0; i < 4; i++)
      eyes[i] = kept[i] + (i % 2 ? source->y - place[1] : source->x - place[0]);
  g_free (kept);
}

static void
recall_settings (const DfiDrawable *source, GKeyFile *file, DfiApplySettings *settings)
{
  char *faces = g_key_file_get_string (file, GROUP, "faces", NULL);

  dfi_apply_settings_recall (settings, file, GROUP, TRUE);
  recall_eyes (source, file, settings->eyes);
  if (faces)
    {
      g_free (settings->faces);
      settings->faces = faces;
    }
}

/* The layer that the result was made from. */
static gboolean
find_source (const DfiDrawable *result, GKeyFile *file, DfiDrawable *source)
{
  char        *image = parasite_text (gimp_image_get_parasite (result->image, IMAGE_PARASITE));
  char        *named = g_key_file_get_string (file, GROUP, "image", NULL);
  DfiGimpLayer layer = DFI_NO_LAYER;

  if (image && g_strcmp0 (image, named) == 0)
    layer = gimp_image_get_layer_by_tattoo (result->image, g_key_file_get_uint64 (file, GROUP, "source", NULL));
  g_free (image);
  g_free (named);
  return layer != DFI_NO_LAYER && layer != result->layer &&
         dfi_drawable_init (source, result->image, GIMP_DRAWABLE (layer), NULL);
}

void
dfi_earlier_init (DfiEarlier *earlier)
{
  *earlier = (DfiEarlier){ .layer = DFI_NO_LAYER };
}

void
dfi_earlier_find (DfiDrawable *drawable, DfiApplySettings *settings, DfiEarlier *earlier)
{
  GKeyFile   *file = read_result (drawable->layer);
  DfiDrawable source;
  int         place[2] = { 0, 0 };

  dfi_earlier_init (earlier);
  if (! file)
    return;

  earlier->source  = g_key_file_get_string (file, GROUP, "source-name", NULL);
  earlier->name    = g_key_file_get_string (file, GROUP, "name", NULL);
  earlier->instead = g_key_file_get_boolean (file, GROUP, "instead", NULL);
  earlier->digest  = g_key_file_get_uint64 (file, GROUP, "digest", NULL);
  read_integers (file, "place", place, 2);
  earlier->x = place[0];
  earlier->y = place[1];
  if (earlier->source && earlier->name && find_source (drawable, file, &source))
    {
      earlier->layer = drawable->layer;
      *drawable      = source;
      if (settings)
        recall_settings (&source, file, settings);
    }
  g_key_file_unref (file);
}

void
dfi_earlier_clear (DfiEarlier *earlier)
{
  g_clear_pointer (&earlier->name, g_free);
  g_clear_pointer (&earlier->source, g_free);
}

gboolean
dfi_earlier_stands (const DfiEarlier *earlier)
{
  return earlier->layer != DFI_NO_LAYER && gimp_item_is_valid (GIMP_ITEM (earlier->layer));
}

void
dfi_earlier_look (const DfiDrawable *source, DfiEarlier *earlier)
{
  int x, y;

  if (! dfi_earlier_stands (earlier))
    return;
  gimp_drawable_get_offsets (GIMP_DRAWABLE (earlier->layer), &x, &y);
  earlier->by_hand = x - source->x != earlier->x || y - source->y != earlier->y || dfi_has_effects (earlier->layer) ||
                     layer_digest (earlier->layer) != earlier->digest;
}

char *
dfi_earlier_describe (const DfiDrawable *source, const DfiEarlier *earlier)
{
  char *name, *text;

  if (! earlier->source)
    return NULL;
  if (earlier->layer == DFI_NO_LAYER)
    return g_strdup_printf (
        _ ("This layer is the result of an edit of “%s”, which is not there any more: so the result itself is "
           "edited."),
        earlier->source);
  if (! dfi_earlier_stands (earlier) || ! gimp_item_is_valid (GIMP_ITEM (source->layer)))
    return NULL; /* of which others tell */

  name = gimp_item_get_name (GIMP_ITEM (source->layer));
  text =
      g_strdup_printf (earlier->by_hand
                           ? _ ("This layer is the result of an edit of “%s”: that is edited again, from the values of before. "
                                "Since the result has been changed by hand, OK hides it below the new one.")
                           : _ ("This layer is the result of an edit of “%s”: that is edited again, from the values of before, "
                                "and OK replaces the result."),
                       name);
  g_free (name);
  return text;
}

/* Opacity and mode are of the layer's kind: the face alone, or all of it instead of its source. */
static void
take_over (const DfiEarlier *earlier, DfiGimpLayer layer, gboolean instead)
{
  gimp_item_set_visible (GIMP_ITEM (layer), gimp_item_get_visible (GIMP_ITEM (earlier->layer)));
  gimp_item_set_color_tag (GIMP_ITEM (layer), gimp_item_get_color_tag (GIMP_ITEM (earlier->layer)));
  if (earlier->instead == instead)
    {
      gimp_layer_set_opacity (layer, gimp_layer_get_opacity (earlier->layer));
      gimp_layer_set_mode (layer, gimp_layer_get_mode (earlier->layer));
    }
}

/* Takes the earlier result away, and lets @layer have the name that people have given it, or else the one that was meant: GIMP
 * has numbered it where both are the same. */
static void
take_away (const DfiEarlier *earlier, DfiGimpLayer layer, const char *name)
{
  char    *called = gimp_item_get_name (GIMP_ITEM (earlier->layer));
  gboolean given  = strcmp (called, earlier->name) != 0;

  gimp_image_remove_layer (gimp_item_get_image (GIMP_ITEM (layer)), earlier->layer);
  gimp_item_set_name (GIMP_ITEM (layer), given ? called : name);
  g_free (called);
}

void
dfi_earlier_replace (const DfiEarlier *earlier, const DfiDrawable *source, DfiGimpLayer layer, const char *name, gboolean instead)
{
  if (! dfi_earlier_stands (earlier))
    return;
  take_over (earlier, layer, instead);
  if (earlier->instead && ! instead)
    gimp_item_set_visible (GIMP_ITEM (source->layer), gimp_item_get_visible (GIMP_ITEM (layer)));
  if (earlier->by_hand)
    gimp_item_set_visible (GIMP_ITEM (earlier->layer), FALSE);
  else
    take_away (earlier, layer, name);
}
