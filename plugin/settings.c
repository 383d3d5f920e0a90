#include "config.h"

#include <glib/gi18n-lib.h>

#include "settings.h"

#define OFFSET(member) G_STRUCT_OFFSET (DfiApplySettings, member)
#define POSITION_MAX   1e6 /* pixels; farther than GIMP's images reach */

const DfiArgument dfi_arguments[DFI_N_ARGUMENTS] = {
  { "attributes", N_ ("_Attributes"),
    N_ ("What to change and how strongly: \"smiling=2, eyeglasses=1.5\". 1 is the average difference between people with and "
        "without; negative values go the other way; a name alone means its usual strength. plug-in-dfi-attributes lists the "
        "names"),
    DFI_ARGUMENT_TEXT, OFFSET (attributes), 0, 0 },
  { "faces", N_ ("_Faces"), N_ ("Which faces: all, or their numbers, such as \"1\" or \"1, 3\"; the largest face is number 1"),
    DFI_ARGUMENT_TEXT, OFFSET (faces), 0, 0 },
  { "x1", N_ ("Eye _x"),
    N_ ("Centre of one eye, in pixels from the image's left edge (not the layer's); all four 0: find the faces"),
    DFI_ARGUMENT_NUMBER, OFFSET (eyes[0]), -POSITION_MAX, POSITION_MAX },
  { "y1", N_ ("Eye _y"), N_ ("Centre of this eye, in pixels from the image's top"), DFI_ARGUMENT_NUMBER, OFFSET (eyes[1]),
    -POSITION_MAX, POSITION_MAX },
  { "x2", N_ ("Other eye x"), N_ ("Centre of the other eye, in pixels from the image's left edge"), DFI_ARGUMENT_NUMBER,
    OFFSET (eyes[2]), -POSITION_MAX, POSITION_MAX },
  { "y2", N_ ("Other eye y"), N_ ("Centre of the other eye, in pixels from the image's top"), DFI_ARGUMENT_NUMBER,
    OFFSET (eyes[3]), -POSITION_MAX, POSITION_MAX },
  { "quality", N_ ("_Quality"), N_ ("How long to search: preview, normal or best"), DFI_ARGUMENT_TEXT, OFFSET (quality), 0, 0 },
  { "iterations", N_ ("_Iterations"), N_ ("Steps of the optimiser, 1 to 10000; 0: as many as the quality says"),
    DFI_ARGUMENT_INTEGER, OFFSET (iterations), 0, 10000 },
  { "neighbours", N_ ("_Neighbours"), N_ ("Similar faces on either side of a difference, 10 to 10000; usually 100"),
    DFI_ARGUMENT_INTEGER, OFFSET (edit.neighbours), DFI_NEIGHBOURS_MIN, 10000 },
  { "colour", N_ ("Change colo_urs"), N_ ("Change colours on their own, too, and not only with the brightness"),
    DFI_ARGUMENT_BOOLEAN, OFFSET (edit.colour), 0, 0 },
  { "feather", N_ ("_Feather"), N_ ("Width of the fade around the face, 0.05 to 2 distances between the eyes; usually 0.3"),
    DFI_ARGUMENT_NUMBER, OFFSET (edit.feather), 0.05, 2.0 },
  { "lambda", N_ ("_Smoothness"), N_ ("Weight of smoothness (lambda), 0 to 1000000; usually 0.001"), DFI_ARGUMENT_NUMBER,
    OFFSET (edit.lambda), 0.0, 1e6 },
  { "beta", N_ ("E_xponent"), N_ ("Exponent of smoothness (beta), above 0 and up to 10; usually 2"), DFI_ARGUMENT_NUMBER,
    OFFSET (edit.beta), 0.0, 10.0 },
  { "weights", N_ ("_Weights"), N_ ("File with the weights of the network; none: the plug-in's own"), DFI_ARGUMENT_FILE,
    OFFSET (weights), 0, 0 },
  { "database", N_ ("_Database"), N_ ("File with the database of faces; none: the plug-in's own"), DFI_ARGUMENT_FILE,
    OFFSET (database), 0, 0 },
  { "by-attributes", N_ ("Neighbours by a_ttributes"),
    N_ ("Find similar faces by their attributes, as the method's authors do, and not by their features"), DFI_ARGUMENT_BOOLEAN,
    OFFSET (edit.nearness), 0, 0 },
  { "delta", N_ ("De_lta"),
    N_ ("Scale of strengths as the method's authors have it, 0 to 1000, usually 0.4 there: a strength of 1 then changes every face "
        "equally far; 0: 1 is the average difference"),
    DFI_ARGUMENT_NUMBER, OFFSET (edit.delta), 0.0, 1000.0 },
  { "match", N_ ("Match _brightness"), N_ ("Give the result the brightness and contrast that the face had"), DFI_ARGUMENT_BOOLEAN,
    OFFSET (edit.match), 0, 0 },
  { "preset", N_ ("_Preset"),
    N_ ("\"paper\": as the method's authors show it, \"slides\": its equations alone; then neighbours, by-attributes, delta, match, "
        "colour, lambda, beta and, when 0, iterations are the preset's; \"\": none"),
    DFI_ARGUMENT_TEXT, OFFSET (preset), 0, 0 },
  { "taps", N_ ("La_yers"),
    N_ ("Layers of the network to fit the result to, among the database's, such as \"relu3_1, relu4_1\"; none: all of them"),
    DFI_ARGUMENT_TEXT, OFFSET (taps), 0, 0 },
  { "box", N_ ("_Keep within 0 to 1"), N_ ("Search only among pictures; else the result is cut to what pixels can be"),
    DFI_ARGUMENT_BOOLEAN, OFFSET (edit.box), 0, 0 }
};

G_STATIC_ASSERT (sizeof (DfiNearness) == sizeof (gboolean) && DFI_NEAR_FEATURES == FALSE && DFI_NEAR_ATTRIBUTES == TRUE);

void
dfi_apply_settings_init (DfiApplySettings *settings)
{
  *settings = (DfiApplySettings){ .attributes = g_strdup (""),
                                  .faces      = g_strdup ("1"),
                                  .quality    = g_strdup ("normal"),
                                  .weights    = g_strdup (""),
                                  .database   = g_strdup (""),
                                  .preset     = g_strdup (""),
                                  .taps       = g_strdup ("") };
  dfi_edit_options_init (&settings->edit);
}

void
dfi_apply_settings_clear (DfiApplySettings *settings)
{
  for (int i = 0; i < DFI_N_ARGUMENTS; i++)
    if (dfi_arguments[i].type == DFI_ARGUMENT_TEXT || dfi_arguments[i].type == DFI_ARGUMENT_FILE)
      g_clear_pointer (&DFI_ARGUMENT_VALUE (settings, &dfi_arguments[i], char *), g_free);
}

gboolean
dfi_apply_settings_options (const DfiApplySettings *settings, DfiEditOptions *options, GError **error)
{
  DfiQuality quality;

  if (! dfi_quality_parse (settings->quality, &quality, error))
    return FALSE;

  *options            = settings->edit;
  options->iterations = settings->iterations ? settings->iterations : dfi_quality_iterations (quality);
  options->taps       = *settings->taps ? dfi_taps_parse (settings->taps, error) : 0;
  return ! *settings->taps || options->taps;
}

gboolean
dfi_apply_settings_preset (DfiApplySettings *settings, const char *name, GError **error)
{
  DfiEditOptions options;

  dfi_edit_options_init (&options);
  if (*name && ! dfi_edit_options_preset (&options, name, error))
    return FALSE;

  options.feather      = settings->edit.feather;
  options.box          = settings->edit.box;
  settings->edit       = options;
  settings->iterations = *name ? options.iterations : 0;
  return TRUE;
}

gboolean
dfi_apply_settings_same_method (const DfiApplySettings *settings, const DfiApplySettings *other)
{
  const DfiEditOptions *a = &settings->edit, *b = &other->edit;

  return settings->iterations == other->iterations && a->neighbours == b->neighbours && a->nearness == b->nearness &&
         a->delta == b->delta && a->lambda == b->lambda && a->beta == b->beta && a->colour == b->colour && a->match == b->match;
}
