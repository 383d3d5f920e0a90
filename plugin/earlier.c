/* A result has a parasite, a key file, which the XCF file keeps.  Its source is known by its tattoo; a layer that was dragged
 * into another image would find a stranger there, so the image has a parasite with a name of its own. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "digest.h"
#include "earlier.h"
#include "effect.h"

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
  const GeglRectangle searched = dfi_drawable_searched (source);
  char               *image    = name_image (source->image);
  char               *name     = gimp_item_get_name (GIMP_ITEM (source->layer));

  g_key_file_set_string (file, GROUP, "image", image);
  g_key_file_set_string (file, GROUP, "source-name", name);
  g_key_file_set_uint64 (file, GROUP, "source", (guint) gimp_item_get_tattoo (GIMP_ITEM (source->layer)));
  g_key_file_set_integer_list (file, GROUP, "source-place", (int[]){ source->x, source->y, source->width, source->height }, 4);
  g_key_file_set_integer_list (file, GROUP, "searched", (int[]){ searched.x, searched.y, searched.width, searched.height }, 4);
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

/* Whether @part (x, y, width, height), which a file may say anything of, is a part of the layer. */
static gboolean
is_part (const DfiDrawable *layer, const int part[4])
{
  return part[0] >= 0 && part[1] >= 0 && part[2] > 0 && part[3] > 0 && part[2] <= layer->width - part[0] &&
         part[3] <= layer->height - part[1];
}

/* Faces are where they were in the layer, unless that has got another size; eyes are in pixels of the image. */
static void
recall_faces (DfiDrawable *source, GKeyFile *file, double eyes[4])
{
  gsize   n;
  double *kept = g_key_file_get_double_list (file, GROUP, "eyes", &n, NULL);
  int     place[4], searched[4];

  memset (eyes, 0, 4 * sizeof *eyes);
  if (kept && n == 4 && read_integers (file, "source-place", place, 4) && place[2] == source->width &&
      place[3] == source->height && read_integers (file, "searched", searched, 4) && is_part (source, searched))
    {
      source->searched = (GeglRectangle){ searched[0], searched[1], searched[2], searched[3] };
      for (int i = 0; i < 4 && ! (kept[0] == 0.0 && kept[1] == 0.0 && kept[2] == 0.0 && kept[3] == 0.0); i++)
        eyes[i] = kept[i] - place[i % 2] + (i % 2 ? source->y : source->x);
    }
  g_free (kept);
}

static void
recall_settings (DfiDrawable *source, GKeyFile *file, DfiApplySettings *settings)
{
  char *faces = g_key_file_get_string (file, GROUP, "faces", NULL);

  dfi_apply_settings_recall (settings, file, GROUP, TRUE);
  recall_faces (source, file, settings->eyes);
  if (faces)
    {
      g_free (settings->faces);
      settings->faces = faces;
    }
}

/* The layer that the result was made from. */
static gboolean
find_source (DfiGimpLayer result, DfiGimpImage image, GKeyFile *file, DfiDrawable *source)
{
  char        *name  = parasite_text (gimp_image_get_parasite (image, IMAGE_PARASITE));
  char        *named = g_key_file_get_string (file, GROUP, "image", NULL);
  DfiGimpLayer layer = DFI_NO_LAYER;

  if (name && g_strcmp0 (name, named) == 0)
    layer = gimp_image_get_layer_by_tattoo (image, g_key_file_get_uint64 (file, GROUP, "source", NULL));
  g_free (name);
  g_free (named);
  return layer != DFI_NO_LAYER && layer != result && dfi_drawable_init (source, image, GIMP_DRAWABLE (layer), NULL);
}

void
dfi_earlier_init (DfiEarlier *earlier)
{
  *earlier = (DfiEarlier){ .layer = DFI_NO_LAYER };
}

/* Of a layer that is a result, or in a group that is one: whether its source is there. */
static gboolean
find_result (DfiDrawable *drawable, DfiApplySettings *settings, DfiEarlier *earlier)
{
  DfiGimpLayer result   = drawable->layer;
  GKeyFile    *file     = read_result (result);
  int          place[2] = { 0, 0 };
  DfiDrawable  source;
  gboolean     found;

  while (! file && gimp_item_get_parent (GIMP_ITEM (result)) != DFI_NO_ITEM)
    {
      result = GIMP_LAYER (gimp_item_get_parent (GIMP_ITEM (result)));
      file   = read_result (result);
    }
  if (! file)
    return FALSE;

  earlier->source  = g_key_file_get_string (file, GROUP, "source-name", NULL);
  earlier->name    = g_key_file_get_string (file, GROUP, "name", NULL);
  earlier->instead = g_key_file_get_boolean (file, GROUP, "instead", NULL);
  earlier->digest  = g_key_file_get_uint64 (file, GROUP, "digest", NULL);
  read_integers (file, "place", place, 2);
  earlier->x = place[0];
  earlier->y = place[1];
  found      = earlier->source && earlier->name && find_source (result, drawable->image, file, &source);
  if (found)
    {
      earlier->layer = result;
      if (settings)
        recall_settings (&source, file, settings);
      *drawable = source;
    }
  g_key_file_unref (file);
  return found;
}

void
dfi_earlier_find (DfiDrawable *drawable, DfiApplySettings *settings, DfiEarlier *earlier)
{
  dfi_earlier_init (earlier);
  if (find_result (drawable, settings, earlier) || ! dfi_effect_exists (drawable->layer))
    return;

  drawable->bare  = TRUE;
  earlier->effect = TRUE;
  if (! settings)
    return;
  dfi_effect_recall (drawable, settings);
  drawable->searched = (GeglRectangle){ 0, 0, drawable->width, drawable->height };
}

void
dfi_earlier_clear (DfiEarlier *earlier)
{
  g_clear_pointer (&earlier->name, g_free);
  g_clear_pointer (&earlier->source, g_free);
}

gboolean
dfi_earlier_is_layer (const DfiEarlier *earlier)
{
  return earlier->layer != DFI_NO_LAYER && gimp_item_is_valid (GIMP_ITEM (earlier->layer));
}

gboolean
dfi_earlier_stands (const DfiEarlier *earlier)
{
  return earlier->effect || dfi_earlier_is_layer (earlier);
}

void
dfi_earlier_look (const DfiDrawable *source, DfiEarlier *earlier)
{
  int x, y;

  if (! dfi_earlier_is_layer (earlier))
    return;
  gimp_drawable_get_offsets (GIMP_DRAWABLE (earlier->layer), &x, &y);
  earlier->by_hand = x - source->x != earlier->x || y - source->y != earlier->y || dfi_has_effects (earlier->layer) ||
                     layer_digest (earlier->layer) != earlier->digest;
}

char *
dfi_earlier_describe (const DfiDrawable *source, const DfiEarlier *earlier)
{
  const char *text = earlier->by_hand
                         ? _ ("This layer is the result of an edit of “%s”: that is edited again, from the values of before. "
                              "Since the result has been changed by hand, OK hides it below the new one.")
                         : _ ("This layer is the result of an edit of “%s”: that is edited again, from the values of before, "
                              "and OK replaces the result.");
  char       *name, *note;

  if (earlier->effect)
    return g_strdup (
        _ ("This layer has the effect Edit Face: the layer is edited without it, from its values, and OK replaces the "
           "effect, for the whole layer."));
  if (! earlier->source)
    return NULL;
  if (earlier->layer == DFI_NO_LAYER)
    return g_strdup_printf (
        _ ("This layer is the result of an edit of “%s”, which is not there any more: so the result itself is "
           "edited."),
        earlier->source);
  if (! dfi_earlier_is_layer (earlier) || ! gimp_item_is_valid (GIMP_ITEM (source->layer)))
    return NULL; /* of which others tell */

  name = gimp_item_get_name (GIMP_ITEM (source->layer));
  note = g_strdup_printf (text, name);
  g_free (name);
  return note;
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

void
dfi_earlier_give_way (const DfiEarlier *earlier, const DfiDrawable *source)
{
  if (! dfi_earlier_is_layer (earlier))
    return;
  if (earlier->instead)
    gimp_item_set_visible (GIMP_ITEM (source->layer), gimp_item_get_visible (GIMP_ITEM (earlier->layer)));
  if (earlier->by_hand)
    gimp_item_set_visible (GIMP_ITEM (earlier->layer), FALSE);
  else
    gimp_image_remove_layer (source->image, earlier->layer);
}

/* A name that people have given the earlier result stays; else @layer has the one that is meant, which GIMP has numbered while
 * both had the same. */
void
dfi_earlier_replace (const DfiEarlier *earlier, const DfiDrawable *source, DfiGimpLayer layer, const char *name, gboolean instead)
{
  char *called;

  if (earlier->effect)
    dfi_effect_remove (source->layer);
  if (! dfi_earlier_is_layer (earlier))
    return;

  called = gimp_item_get_name (GIMP_ITEM (earlier->layer));
  take_over (earlier, layer, instead);
  dfi_earlier_give_way (earlier, source);
  if (instead)
    gimp_item_set_visible (GIMP_ITEM (source->layer), FALSE);
  if (! earlier->by_hand)
    gimp_item_set_name (GIMP_ITEM (layer), strcmp (called, earlier->name) == 0 ? name : called);
  g_free (called);
}
