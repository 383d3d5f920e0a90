#include "config.h"

#include <glib/gstdio.h>

#include "build/fingerprint.h"
#include "database/metadata.h"

/* Folders may be copied, so that times of change do not tell; sizes nearly always do. */
static gint64
size_of_picture (const DfiBuildPlan *plan, size_t file)
{
  char    *path = dfi_plan_path (plan, file);
  GStatBuf about;
  gint64   size = g_stat (path, &about) == 0 ? (gint64) about.st_size : -1;

  g_free (path);
  return size;
}

char *
dfi_plan_fingerprint (const DfiBuildPlan *plan, const char *encoder, const DfiLayout *layout)
{
  GChecksum *checksum   = g_checksum_new (G_CHECKSUM_SHA256);
  char      *taps       = dfi_layout_print (layout);
  char      *frame      = dfi_frame_print (&plan->framing.frame);
  char      *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  char      *text;
  char      *fingerprint;

  text = g_strdup_printf ("%s\n%s\n%s\n%s\n%s\n%d\n%d\n", encoder, taps, frame, attributes,
                          plan->provenance ? plan->provenance : "", plan->rows, plan->framing.kind);
  g_checksum_update (checksum, (const guchar *) text, -1);
  if (plan->framing.kind == DFI_FRAMING_RECTANGLE)
    g_checksum_update (checksum, (const guchar *) plan->framing.rectangle, sizeof plan->framing.rectangle);
  g_free (text);
  if (plan->limits.incomplete) /* the usual has no mark, so that builds of older versions go on */
    g_checksum_update (checksum, (const guchar *) "incomplete", -1);
  if (plan->hair)
    g_checksum_update (checksum, (const guchar *) "hair", -1);
  if (plan->detail_rows > 0)
    {
      text = g_strdup_printf ("details %d\n%s\n", plan->detail_rows, plan->detail_faces ? plan->detail_faces : "");
      g_checksum_update (checksum, (const guchar *) text, -1);
      g_free (text);
    }

  for (size_t file = 0; file < plan->n_files; file++)
    {
      text = g_strdup_printf ("%s\n%" G_GINT64_FORMAT "\n", plan->files[file], size_of_picture (plan, file));
      g_checksum_update (checksum, (const guchar *) text, -1);
      g_free (text);
    }
  g_checksum_update (checksum, plan->labels, plan->n_files * dfi_labels_bytes (plan->n_attributes));

  fingerprint = g_strdup (g_checksum_get_string (checksum));
  g_free (attributes);
  g_free (frame);
  g_free (taps);
  g_checksum_free (checksum);
  return fingerprint;
}
