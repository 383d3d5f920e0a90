/* dfi:edit-face: changes faces in a picture.  The sliders are those attributes of the bundled database that suit most
 * photographs; all others go into the text.  This file is included several times by gegl-op.h, as that header wants it. */

#include "config.h"

#include <glib/gi18n-lib.h>

#ifdef GEGL_PROPERTIES

/* clang-format off */

#define STRENGTH _ ("1 to 2 suits most faces; below 0 it goes the other way")

/* A slider is a property with the key `attribute`: the attribute's name, by which the database knows it.  A property may not
 * begin with a digit. */
#define property_attribute(name, label, attribute)    \
  property_double (name, label, 0.0)                  \
    description (STRENGTH)                            \
    value_range (-DFI_STRENGTH_MAX, DFI_STRENGTH_MAX) \
    ui_range (-6.0, 6.0)                              \
    ui_steps (0.1, 0.5)                               \
    ui_digits (1)                                     \
    ui_meta ("attribute", attribute)

enum_start (dfi_edit_face_quality)
  enum_value (DFI_EDIT_FACE_PREVIEW, "preview", N_ ("Preview"))
  enum_value (DFI_EDIT_FACE_NORMAL, "normal", N_ ("Normal"))
  enum_value (DFI_EDIT_FACE_BEST, "best", N_ ("Best"))
enum_end (DfiEditFaceQuality)

property_attribute (smiling, _ ("Smiling"), "smiling")
property_attribute (mouth_closed, _ ("Mouth closed"), "mouth-closed")
property_attribute (eyes_open, _ ("Eyes open"), "eyes-open")
property_attribute (senior, _ ("Senior"), "senior")
property_attribute (bags_under_eyes, _ ("Bags under eyes"), "bags-under-eyes")
property_attribute (eyeglasses, _ ("Glasses"), "eyeglasses")
property_attribute (mustache, _ ("Moustache"), "mustache")
property_attribute (goatee, _ ("Goatee"), "goatee")
property_attribute (stubble, _ ("Stubble"), "5-o-clock-shadow")
property_attribute (wearing_lipstick, _ ("Lipstick"), "wearing-lipstick")
property_attribute (gray_hair, _ ("Grey hair"), "gray-hair")
property_attribute (blond_hair, _ ("Blond hair"), "blond-hair")
property_attribute (bangs, _ ("Fringe"), "bangs")

property_string (attributes, _ ("Other attributes"), "")
  description (_ ("More changes by name, such as “chubby=1, pale-skin=0.5”; “2: senior=1; 3: bald=1” is for these faces alone"))

property_string (faces, _ ("Faces"), "1")
  description (_ ("Which of the faces that are found: “all”, or numbers such as “1, 3”; the largest is 1"))

property_string (eyes, _ ("Eyes"), "")
  description (_ ("Where a face is not found: its eyes in pixels of the layer, as “x1,y1,x2,y2”"))

property_enum (quality, _ ("Quality"), DfiEditFaceQuality, dfi_edit_face_quality, DFI_EDIT_FACE_NORMAL)
  description (_ ("How long to search"))

/* Not of the type for files, which GIMP 3 does not pass on to its plug-ins, nor what follows it. */
property_string (database, _ ("Database"), "")
  description (_ ("A database of faces; none: the bundled one"))

property_string (options, _ ("Options"), "")
  description (_ ("Options by name, such as “neighbours=50, lambda=0.002”"))

/* clang-format on */

#else

#define GEGL_OP_FILTER
#define GEGL_OP_NAME   edit_face
#define GEGL_OP_C_FILE "edit-face.c"
#define GEGL_OP_BUNDLE /* module.c registers it */

#include "face-effect.h"
#include "input.h"

#include <gegl-op.h>

/* What an instance has besides its properties. */
typedef struct
{
  GMutex         mutex; /* GEGL may work on several parts of a picture at once */
  DfiFaceEffect *effect;
  char          *said; /* what was wrong last, so that it is said once */
} State;

/* ---------- what is asked for ---------- */

/* "smiling=1.5; chubby=1; 2: senior=1": the sliders that are not at 0, for the faces that are chosen, and the text.  Free with
 * g_free(). */
static char *
list_attributes (GeglOperation *operation)
{
  GeglProperties *properties = GEGL_PROPERTIES (operation);
  GString        *list       = g_string_new (NULL);
  char           *others     = g_strstrip (g_strdup (properties->attributes ? properties->attributes : ""));
  guint           n;
  GParamSpec    **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (operation), &n);

  for (guint i = 0; i < n; i++)
    {
      const char *name = gegl_param_spec_get_property_key (specs[i], "attribute");
      char        number[G_ASCII_DTOSTR_BUF_SIZE];
      double      strength = 0.0;

      if (name)
        g_object_get (operation, specs[i]->name, &strength, NULL);
      if (strength != 0.0)
        g_string_append_printf (list, "%s%s=%s", list->len ? ", " : "", name, g_ascii_dtostr (number, sizeof number, strength));
    }
  if (*others)
    g_string_append_printf (list, "%s%s", list->len ? "; " : "", others);
  g_free (specs);
  g_free (others);
  return g_string_free (list, FALSE);
}

/* A quality goes before the options by name, which may say otherwise; the usual one says nothing. */
static gboolean
read_options (const GeglProperties *properties, DfiOptions *options, GError **error)
{
  static const char *const qualities[] = { "quality=preview, ", "", "quality=best, " };

  char    *all  = g_strconcat (qualities[properties->quality], properties->options, NULL);
  gboolean good = dfi_options_parse (options, all, error);

  if (good && properties->database && *properties->database)
    good = dfi_options_set (options, dfi_option_find ("database", NULL), properties->database, error);
  g_free (all);
  return good;
}

static gboolean
read_settings (GeglOperation *operation, DfiApplySettings *settings, GError **error)
{
  const GeglProperties *properties = GEGL_PROPERTIES (operation);

  g_free (settings->attributes);
  settings->attributes = list_attributes (operation);
  if (properties->faces && *properties->faces)
    {
      g_free (settings->faces);
      settings->faces = g_strdup (properties->faces);
    }
  if (properties->eyes && *properties->eyes && ! dfi_eyes_parse (properties->eyes, settings->eyes, error))
    return FALSE;
  return read_options (properties, &settings->options, error);
}

/* ---------- the picture ---------- */

static void
prepare (GeglOperation *operation)
{
  const Babl *format = gegl_operation_get_source_format (operation, "input");

  if (! format || babl_format_is_palette (format)) /* a palette lacks the colours of an edit */
    format = babl_format_with_space ("R'G'B'A float", gegl_operation_get_source_space (operation, "input"));
  gegl_operation_set_format (operation, "input", format);
  gegl_operation_set_format (operation, "output", format);
}

/* All of the picture: a face may be anywhere, and its edit is of one piece. */
static GeglRectangle
whole_input (GeglOperation *operation)
{
  const GeglRectangle *whole = gegl_operation_source_get_bounding_box (operation, "input");

  return whole ? *whole : (GeglRectangle){ 0, 0, 0, 0 };
}

static GeglRectangle
get_required_for_output (GeglOperation *operation, const gchar *input_pad, const GeglRectangle *roi)
{
  return whole_input (operation);
}

static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *input_pad, const GeglRectangle *input_region)
{
  return whole_input (operation);
}

static GeglRectangle
get_cached_region (GeglOperation *operation, const GeglRectangle *roi)
{
  return whole_input (operation);
}

/* Whether GIMP paints its canvas, which it does when it is idle: then a draft will do for the moment.  Everybody else wants the
 * result: GIMP on OK, which is an event, a script, and programs without windows. */
static gboolean
canvas_is_painted (void)
{
  const GSource *source = g_main_current_source ();

  return source && (source->source_funcs == &g_idle_funcs || source->source_funcs == &g_timeout_funcs) &&
         g_type_from_name ("GtkWindow") != 0;
}

/* Has the draft leave the caches, so that whoever wants the result asks for it. */
static gboolean
painted (gpointer operation)
{
  gegl_operation_invalidate (operation, NULL, FALSE);
  return G_SOURCE_REMOVE;
}

/* The draft has been refined.  GIMP paints again when a property has changed, not when a node has become invalid. */
static gboolean
refined (gpointer operation)
{
  g_object_notify (operation, "quality");
  return G_SOURCE_REMOVE;
}

/* Says what is wrong, when it is something else than before. */
static void
say (State *state, const GError *error)
{
  if (error && g_strcmp0 (error->message, state->said) != 0)
    g_message ("%s", error->message);
  g_free (state->said);
  state->said = error ? g_strdup (error->message) : NULL;
}

static void
edit (GeglOperation *operation, State *state, GeglBuffer *input, GeglBuffer *output, const GeglRectangle *part)
{
  const GeglRectangle whole = whole_input (operation);
  const DfiPatch     *patch = NULL;
  GError             *error = NULL;
  DfiApplySettings    settings;

  dfi_apply_settings_init (&settings);
  if (read_settings (operation, &settings, &error) && *settings.attributes && ! gegl_rectangle_is_empty (&whole) &&
      ! gegl_rectangle_is_infinite_plane (&whole))
    dfi_face_effect_render (state->effect, input, &whole, &settings, canvas_is_painted (), &patch, &error);
  dfi_error_advise (error, DFI_ERROR_NO_FACE, _ ("Select the face roughly, or give the positions of the eyes."));
  if (patch)
    dfi_output_composite (output, patch, whole.x, whole.y, part);
  say (state, error);
  g_clear_error (&error);
  dfi_apply_settings_clear (&settings);
}

static gboolean
process (GeglOperation *operation, GeglBuffer *input, GeglBuffer *output, const GeglRectangle *part, gint level)
{
  State *state = GEGL_PROPERTIES (operation)->user_data;

  gegl_buffer_copy (input, part, GEGL_ABYSS_NONE, output, part);
  g_mutex_lock (&state->mutex);
  edit (operation, state, input, output, part);
  g_mutex_unlock (&state->mutex);
  return TRUE;
}

/* ---------- the instance and the class ---------- */

static void
constructed (GObject *object)
{
  State *state = g_new0 (State, 1);

  G_OBJECT_CLASS (gegl_op_parent_class)->constructed (object);
  g_mutex_init (&state->mutex);
  state->effect                       = dfi_face_effect_new (painted, refined, object);
  GEGL_PROPERTIES (object)->user_data = state;
}

static void
finalize (GObject *object)
{
  State *state = GEGL_PROPERTIES (object)->user_data;

  dfi_face_effect_free (state->effect);
  g_mutex_clear (&state->mutex);
  g_free (state->said);
  g_free (state);
  G_OBJECT_CLASS (gegl_op_parent_class)->finalize (object);
}

static void
gegl_op_class_init (GeglOpClass *klass)
{
  GObjectClass       *object_class    = G_OBJECT_CLASS (klass);
  GeglOperationClass *operation_class = GEGL_OPERATION_CLASS (klass);

  object_class->constructed                  = constructed;
  object_class->finalize                     = finalize;
  operation_class->prepare                   = prepare;
  operation_class->get_required_for_output   = get_required_for_output;
  operation_class->get_invalidated_by_change = get_invalidated_by_change;
  operation_class->get_cached_region         = get_cached_region;
  operation_class->threaded                  = FALSE; /* core has threads of its own */
  operation_class->opencl_support            = FALSE;

  GEGL_OPERATION_FILTER_CLASS (klass)->process = process;

  gegl_operation_class_set_keys (operation_class, "name", "dfi:edit-face", "title", _ ("Edit Face"), "categories", "enhance",
                                 "license", "GPL3+", "description",
                                 _ ("Change the smile, age, beard, glasses and other attributes of faces"), "gimp:menu-path",
                                 "<Image>/Filters/Enhance", "gimp:menu-label", _ ("Edit _Face…"), NULL);
}

#endif
