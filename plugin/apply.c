#include "config.h"

#include <glib/gi18n-lib.h>

#include "apply.h"

/* The core would speak of the layer's own pixels, which people who work with the image's do not know. */
static gboolean
check_eyes (const DfiDrawable  *source,
            const double        eyes[4],
            GError            **error)
{
  for (int i = 0; i < 4; i += 2)
    {
      double x = eyes[i] - source->x;
      double y = eyes[i + 1] - source->y;

      if (! (x >= 0.0 && y >= 0.0 && x <= source->width && y <= source->height))   /* NaN is refused, too */
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _("The eye at (%g, %g) lies outside the layer, which reaches from (%d, %d) to (%d, %d) in the image."),
                       eyes[i], eyes[i + 1], source->x, source->y, source->x + source->width, source->y + source->height);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
set_nothing_left (GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _("Nothing would change: the selection does not meet the face, or the layer is transparent there."));
  return FALSE;
}

/* The part of the layer that the edit needs, and the face in it. */
static gboolean
find_part (const DfiEditor    *editor,
           const DfiDrawable  *source,
           const double        image_eyes[4],
           GeglRectangle      *part,
           DfiFace            *face,
           GError            **error)
{
  DfiFace whole;
  double  eyes[4];

  if (! check_eyes (source, image_eyes, error))
    return FALSE;

  for (int i = 0; i < 4; i++)
    eyes[i] = image_eyes[i] - (i % 2 ? source->y : source->x);
  if (! dfi_face_from_eyes (eyes, source->width, source->height, &whole, error) ||
      ! dfi_editor_bounds (editor, &whole, source->width, source->height,
                           &part->x, &part->y, &part->width, &part->height, error))
    return FALSE;

  *face = dfi_face_move (&whole, part->x, part->y);
  return dfi_drawable_meets_selection (source, part) || set_nothing_left (error);
}

/* "Smiling +2.0, Eyeglasses +1.5". Free with g_free(). */
static char *
layer_name (const DfiDatabase *database,
            const DfiChange   *changes,
            int                n_changes)
{
  GString *name = g_string_new (NULL);

  for (int i = 0; i < n_changes; i++)
    g_string_append_printf (name, "%s%s %+.1f", i ? ", " : "",
                            dfi_database_attribute (database, changes[i].attribute)->label, changes[i].alpha);
  return g_string_free (name, FALSE);
}

static gboolean
edit_options (const DfiApplySettings  *settings,
              DfiEditOptions          *options,
              GError                 **error)
{
  DfiQuality quality;

  if (! dfi_quality_parse (settings->quality, &quality, error))
    return FALSE;

  *options            = settings->edit;
  options->iterations = settings->iterations ? settings->iterations : dfi_quality_iterations (quality);
  return TRUE;
}

/* Free with dfi_editor_free(). */
static DfiEditor *
new_editor (const DfiApplySettings  *settings,
            GError                 **error)
{
  return dfi_editor_new (*settings->weights  ? settings->weights  : NULL,
                         *settings->database ? settings->database : NULL, error);
}

DfiGimpLayer
dfi_apply (const DfiDrawable       *source,
           const DfiApplySettings  *settings,
           DfiProgressFunc          progress,
           gpointer                 data,
           GError                 **error)
{
  DfiEditor      *editor  = NULL;
  DfiChange      *changes = NULL;
  DfiImage       *photo   = NULL;
  DfiPatch       *patch   = NULL;
  DfiGimpLayer    layer   = DFI_NO_LAYER;
  DfiEditOptions  options;
  int             n_changes;
  GeglRectangle   part;
  DfiFace         face;

  if (edit_options (settings, &options, error) &&
      (editor = new_editor (settings, error)) &&
      (changes = dfi_database_parse_changes (dfi_editor_database (editor), settings->attributes, &n_changes, error)) &&
      find_part (editor, source, settings->eyes, &part, &face, error) &&
      (photo = dfi_drawable_fetch (source, &part, error)) &&
      (patch = dfi_edit (editor, photo, &face, changes, n_changes, &options, progress, data, NULL, error)))
    {
      patch->x += part.x;
      patch->y += part.y;
      if (dfi_drawable_limit (source, patch) || set_nothing_left (error))
        {
          char *name = layer_name (dfi_editor_database (editor), changes, n_changes);

          layer = dfi_drawable_insert (source, patch, name, error);
          g_free (name);
        }
    }

  dfi_patch_free (patch);
  dfi_image_free (photo);
  g_free (changes);
  dfi_editor_free (editor);
  return layer;
}
