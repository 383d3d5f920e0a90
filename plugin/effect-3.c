/* What the operation has a slider for goes there, so that people find it in GIMP's own window; all else is text, in the words
 * of the settings. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "asked.h"
#include "effect.h"

#define OPERATION "dfi:edit-face"

/* Options that are properties of the operation; all others are in one text. */
static const char *const own_properties[] = { "quality", "database", NULL };

/* ---------- effects of a layer ---------- */

/* The topmost effect when it is an edit of faces, or NULL; belongs to libgimp. */
static GimpDrawableFilter *
find_effect (GimpLayer *layer)
{
  GimpDrawableFilter **effects   = gimp_drawable_get_filters (GIMP_DRAWABLE (layer));
  GimpDrawableFilter  *top       = effects ? effects[0] : NULL;
  char                *operation = top ? gimp_drawable_filter_get_operation_name (top) : NULL;

  if (g_strcmp0 (operation, OPERATION) != 0)
    top = NULL;
  g_free (operation);
  g_free (effects);
  return top;
}

gboolean
dfi_effect_exists (GimpLayer *layer)
{
  return find_effect (layer) != NULL;
}

void
dfi_effect_remove (GimpLayer *layer)
{
  GimpDrawableFilter *effect = find_effect (layer);

  if (effect)
    gimp_drawable_filter_delete (effect);
}

/* Whether GIMP has found the operation. */
static gboolean
is_installed (GimpLayer *layer)
{
  GimpDrawableFilter *trial = gimp_drawable_filter_new (GIMP_DRAWABLE (layer), OPERATION, "");

  if (trial)
    gimp_drawable_filter_delete (trial);
  return trial != NULL;
}

/* The effect looks for faces by itself, in all that it is shown. */
gboolean
dfi_effect_check (const DfiDrawable *source, GError **error)
{
  const GeglRectangle searched = dfi_drawable_searched (source);
  const char         *wrong    = NULL;

  if (! dfi_drawable_check (source, error))
    return FALSE;
  if (! gimp_selection_is_empty (source->image))
    wrong = _ ("GIMP shows an effect no more than what is selected, and faces are not found in it as they are here: select "
               "nothing, or choose another result.");
  else if (searched.width < source->width || searched.height < source->height)
    wrong = _ ("These faces were found in a selection, where an effect does not look: choose another result.");
  else if (! is_installed (source->layer))
    wrong = _ ("An effect needs the operation dfi:edit-face, which GIMP has not found: link dfi-edit-face.so to where GEGL "
               "looks, as the help says, and start GIMP again, or choose another result.");

  if (wrong)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, wrong);
  return ! wrong;
}

/* ---------- settings -> properties ---------- */

/* The slider for an attribute, or NULL: sliders have the attributes' names, but none may begin with a digit. */
static const char *
find_slider (gpointer config, const char *attribute)
{
  const char *name = strcmp (attribute, "5-o-clock-shadow") == 0 ? "stubble" : attribute;
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (config), name);

  return spec && spec->value_type == G_TYPE_DOUBLE ? name : NULL;
}

static void
set_attributes (gpointer config, const char *attributes, const DfiDatabase *database)
{
  char       *chosen   = dfi_asked_of_chosen (attributes);
  char       *numbers  = dfi_asked_of_numbers (attributes);
  GString    *text     = g_string_new (NULL);
  int         n        = 0;
  DfiRequest *requests = dfi_requests_parse (database, chosen, &n, NULL);

  for (int i = 0; i < n; i++)
    {
      const char *attribute = dfi_database_attribute (database, requests[i].attribute)->name;
      const char *slider    = find_slider (config, attribute);
      char        number[G_ASCII_DTOSTR_BUF_SIZE];

      if (slider)
        g_object_set (config, slider, requests[i].alpha, NULL);
      else
        g_string_append_printf (text, "%s%s=%s", text->len ? ", " : "", attribute,
                                g_ascii_dtostr (number, sizeof number, requests[i].alpha));
    }
  g_string_append_printf (text, "%s%s", text->len && *numbers ? "; " : "", numbers);
  g_object_set (config, "attributes", text->str, NULL);

  g_free (requests);
  g_string_free (text, TRUE);
  g_free (numbers);
  g_free (chosen);
}

/* The operation's eyes are in pixels of the layer. */
static void
set_eyes (gpointer config, const DfiDrawable *source, const DfiApplySettings *settings)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < 4 && dfi_apply_settings_have_eyes (settings); i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, "%s%s", i ? "," : "",
                              g_ascii_dtostr (number, sizeof number, settings->eyes[i] - (i % 2 ? source->y : source->x)));
    }
  g_object_set (config, "eyes", text->str, NULL);
  g_string_free (text, TRUE);
}

static void
set_options (gpointer config, const DfiOptions *options)
{
  char *quality = dfi_options_get (options, dfi_option_find ("quality", NULL));
  char *others  = dfi_options_print (options, own_properties);

  g_object_set (config, "quality", quality, "database", options->database, "options", others, NULL);
  g_free (others);
  g_free (quality);
}

gboolean
dfi_effect_add (const DfiDrawable      *source,
                const DfiApplySettings *settings,
                const DfiDatabase      *database,
                gboolean                instead,
                GError                **error)
{
  GimpDrawableFilter *last   = instead ? find_effect (source->layer) : NULL;
  GimpDrawableFilter *effect = gimp_drawable_filter_new (GIMP_DRAWABLE (source->layer), OPERATION, "");
  gpointer            config = effect ? gimp_drawable_filter_get_config (effect) : NULL;

  if (! config)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("GIMP cannot add the effect: %s"), dfi_gimp_last_error ());
      return FALSE;
    }

  set_attributes (config, settings->attributes, database);
  set_eyes (config, source, settings);
  set_options (config, &settings->options);
  g_object_set (config, "faces", settings->faces, NULL);
  if (last)
    {
      gimp_drawable_filter_set_opacity (effect, gimp_drawable_filter_get_opacity (last));
      gimp_drawable_filter_set_blend_mode (effect, gimp_drawable_filter_get_blend_mode (last));
      gimp_drawable_filter_delete (last);
    }
  gimp_drawable_append_filter (GIMP_DRAWABLE (source->layer), effect);
  return TRUE;
}

/* ---------- properties -> settings ---------- */

/* Free with g_free(). */
static char *
get_text (gpointer config, const char *name)
{
  char *text = NULL;

  g_object_get (config, name, &text, NULL);
  return text ? text : g_strdup ("");
}

/* "smiling=1.5; chubby=1; 2: senior=1": the sliders, and the text.  Free with g_free(). */
static char *
get_attributes (gpointer config)
{
  GString     *list   = g_string_new (NULL);
  char        *others = get_text (config, "attributes");
  guint        n;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (config), &n);

  for (guint i = 0; i < n; i++)
    {
      char   number[G_ASCII_DTOSTR_BUF_SIZE];
      double strength = 0.0;

      if (find_slider (config, specs[i]->name))
        g_object_get (config, specs[i]->name, &strength, NULL);
      if (strength != 0.0)
        g_string_append_printf (list, "%s%s=%s", list->len ? ", " : "", specs[i]->name,
                                g_ascii_formatd (number, sizeof number, "%.2f", strength));
    }
  if (*others)
    g_string_append_printf (list, "%s%s", list->len ? "; " : "", others);
  g_free (specs);
  g_free (others);
  return g_string_free (list, FALSE);
}

/* As the operation reads them: the usual quality says nothing.  What cannot be read stays as usual. */
static void
recall_options (gpointer config, DfiOptions *options)
{
  char *quality  = get_text (config, "quality");
  char *others   = get_text (config, "options");
  char *database = get_text (config, "database");
  char *all      = strcmp (quality, "normal") == 0 ? g_strdup (others) : g_strdup_printf ("quality=%s, %s", quality, others);

  dfi_options_clear (options);
  dfi_options_init (options);
  if (! dfi_options_parse (options, all, NULL))
    {
      dfi_options_clear (options);
      dfi_options_init (options);
    }
  dfi_options_set (options, dfi_option_find ("database", NULL), database, NULL);
  g_free (all);
  g_free (database);
  g_free (others);
  g_free (quality);
}

static void
recall_eyes (gpointer config, const DfiDrawable *source, double eyes[4])
{
  char *text = get_text (config, "eyes");

  memset (eyes, 0, 4 * sizeof *eyes);
  if (*text && dfi_eyes_parse (text, eyes, NULL))
    for (int i = 0; i < 4; i++)
      eyes[i] += i % 2 ? source->y : source->x;
  g_free (text);
}

void
dfi_effect_recall (const DfiDrawable *source, DfiApplySettings *settings)
{
  GimpDrawableFilter *effect = find_effect (source->layer);
  gpointer            config = effect ? gimp_drawable_filter_get_config (effect) : NULL;
  char               *faces;

  if (! config)
    return;
  faces = get_text (config, "faces");
  g_free (settings->attributes);
  g_free (settings->off);
  g_free (settings->faces);
  settings->attributes = get_attributes (config);
  settings->off        = g_strdup ("");
  settings->faces      = g_strdup (*faces ? faces : "1");
  settings->output     = DFI_OUTPUT_EFFECT;
  recall_eyes (config, source, settings->eyes);
  recall_options (config, &settings->options);
  g_free (faces);
}
