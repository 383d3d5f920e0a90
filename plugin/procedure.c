#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "dialog.h"
#include "layer-pixels.h"
#include "procedure.h"

void
dfi_procedure_init (void)
{
  char *locale = dfi_bundled_locale ();

  bindtextdomain (GETTEXT_PACKAGE, locale);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_free (locale);
}

char *
dfi_procedure_icon (void)
{
  return dfi_bundled_file ("dfi.svg", NULL);
}

char *
dfi_procedure_help_uri (void)
{
  char *folder = dfi_bundled_file ("help", NULL);
  char *uri    = folder ? g_filename_to_uri (folder, NULL, NULL) : NULL;

  g_free (folder);
  return uri;
}

static gboolean
show_progress (double fraction, gpointer data)
{
  gimp_progress_update (fraction); /* passes on only what can be seen */
  return TRUE;
}

/* Eyes belong to an image, and to layers of it that have them. */
static void
recall_eyes (const DfiDrawable *source, DfiApplySettings *settings)
{
  DfiFace face;

  dfi_drawable_recall_eyes (source, settings->eyes);
  if (! dfi_apply_face_from_eyes (source, settings->eyes, &face, NULL))
    memset (settings->eyes, 0, sizeof settings->eyes);
}

/* Edits, and shows progress meanwhile. */
static DfiGimpLayer
apply (DfiDrawable *source, const DfiApplySettings *settings, DfiPrepared *prepared, DfiEarlier *earlier, GError **error)
{
  DfiGimpLayer layer = DFI_NO_LAYER;
  char        *note  = dfi_earlier_describe (source, earlier);

  gegl_init (NULL, NULL);
  gimp_progress_init (note ? note : _ ("Deep Feature Interpolation"));
  dfi_earlier_look (source, earlier);
  if (dfi_drawable_prepare (source, error)) /* again: people go on working while the dialog is open */
    layer = dfi_apply (source, settings, prepared, earlier, show_progress, NULL, error);
  gimp_progress_end ();
  g_free (note);
  return layer;
}

/* What a person means: the source of a result, from the same values, and eyes that were pointed out. */
static void
find_subject (GimpRunMode run_mode, DfiDrawable *source, DfiApplySettings *settings, DfiEarlier *earlier)
{
  dfi_earlier_find (source, run_mode == GIMP_RUN_INTERACTIVE ? settings : NULL, earlier);
  if (! dfi_earlier_stands (earlier) || run_mode != GIMP_RUN_INTERACTIVE)
    recall_eyes (source, settings);
}

DfiGimpLayer
dfi_procedure_edit (GimpRunMode       run_mode,
                    DfiGimpImage      image,
                    DfiGimpDrawable   drawable,
                    DfiApplySettings *settings,
                    GError          **error)
{
  DfiGimpLayer layer    = DFI_NO_LAYER;
  DfiPrepared  prepared = { 0 };
  DfiDrawable  source;
  DfiEarlier   earlier;

  dfi_keep_errors (); /* of what fails because a layer is gone meanwhile, a sentence of ours tells */
  if (! dfi_drawable_init (&source, image, drawable, error))
    return DFI_NO_LAYER;
  dfi_earlier_init (&earlier);
  if (run_mode != GIMP_RUN_NONINTERACTIVE)
    find_subject (run_mode, &source, settings, &earlier);
  if (run_mode != GIMP_RUN_INTERACTIVE || dfi_dialog_run (&source, settings, &prepared, &earlier, error))
    layer = apply (&source, settings, &prepared, &earlier, error);
  if (layer != DFI_NO_LAYER && run_mode == GIMP_RUN_INTERACTIVE)
    dfi_drawable_keep_eyes (&source, settings->eyes);
  if (layer != DFI_NO_LAYER && run_mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();

  dfi_prepared_clear (&prepared);
  dfi_earlier_clear (&earlier);
  dfi_drawable_clear (&source);
  return layer;
}

gboolean
dfi_procedure_cancelled (GimpRunMode run_mode, const GError *error)
{
  return run_mode == GIMP_RUN_INTERACTIVE && g_error_matches (error, DFI_ERROR, DFI_ERROR_CANCELLED);
}

char **
dfi_procedure_attributes (const char *database, GError **error)
{
  char        *path  = dfi_chosen_file (database, DFI_BUNDLED_DATABASE, error);
  DfiDatabase *faces = path ? dfi_database_peek (path, error) : NULL;
  char       **names = NULL;

  if (faces)
    {
      int n = dfi_database_n_attributes (faces);

      names = g_new0 (char *, n + 1);
      for (int i = 0, found = 0; i < n; i++)
        if (dfi_database_attribute (faces, i)->mirror < 0)
          names[found++] = g_strdup (dfi_database_attribute (faces, i)->name);
    }

  dfi_database_free (faces);
  g_free (path);
  return names;
}
