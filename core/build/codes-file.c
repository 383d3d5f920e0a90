#include "config.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "build/codes-file.h"
#include "files/tensor.h"

struct _DfiCodesFile
{
  FILE  *file;
  char  *path;
  size_t n;    /* codes */
  size_t size; /* bytes of them */
};

/* Cuts off what does not count, and goes behind the rest. */
static gboolean
keep (DfiCodesFile *codes, GError **error)
{
  GStatBuf about;

  if (fstat (fileno (codes->file), &about) != 0)
    return dfi_error_set_unwritable (error, codes->path);
  if (about.st_size < (goffset) codes->size)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is damaged: “%s” does not fit. Delete it and build again."),
                   codes->path, "codes");
      return FALSE;
    }
  return (ftruncate (fileno (codes->file), codes->size) == 0 && fseeko (codes->file, codes->size, SEEK_SET) == 0) ||
         dfi_error_set_unwritable (error, codes->path);
}

DfiCodesFile *
dfi_codes_file_open (const char *folder, size_t n, size_t length, GError **error)
{
  DfiCodesFile *codes = g_new0 (DfiCodesFile, 1);

  codes->path = g_build_filename (folder, "codes", NULL);
  codes->n    = n;
  codes->size = n * length * sizeof (guint16);
  codes->file = g_fopen (codes->path, n > 0 ? "r+b" : "w+b");
  if (! codes->file)
    dfi_error_set_unwritable (error, codes->path);
  if (! codes->file || ! keep (codes, error))
    g_clear_pointer (&codes, dfi_codes_file_close);
  return codes;
}

void
dfi_codes_file_close (DfiCodesFile *codes)
{
  if (! codes)
    return;

  if (codes->file)
    fclose (codes->file);
  g_free (codes->path);
  g_free (codes);
}

size_t
dfi_codes_file_count (const DfiCodesFile *codes)
{
  return codes->n;
}

gboolean
dfi_codes_round (float *code, size_t n, GError **error)
{
  gboolean finite = TRUE;

  for (size_t i = 0; i < n; i++)
    {
      code[i] = dfi_half_to_float (dfi_half_from_float (code[i]));
      finite  = finite && isfinite (code[i]);
    }
  if (! finite)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                         _ ("The features that these weights give are too large for a database, or not finite."));
  return finite;
}

gboolean
dfi_codes_file_append (DfiCodesFile *codes, const float *code, size_t length, GError **error)
{
  for (size_t i = 0; i < length; i++)
    {
      guint16 half     = dfi_half_from_float (code[i]);
      guint8  bytes[2] = { half & 255, half >> 8 };

      if (fwrite (bytes, sizeof bytes, 1, codes->file) != 1)
        return dfi_error_set_unwritable (error, codes->path);
    }
  codes->n++;
  codes->size += length * sizeof (guint16);
  return TRUE;
}

gboolean
dfi_codes_file_sync (DfiCodesFile *codes, GError **error)
{
  return (fflush (codes->file) == 0 && fsync (fileno (codes->file)) == 0) || dfi_error_set_unwritable (error, codes->path);
}

gboolean
dfi_codes_file_copy (DfiCodesFile *codes, size_t length, size_t first, size_t end, DfiSafetensorsWriter *writer, GError **error)
{
  guint8  *code = dfi_try_alloc (length, sizeof (guint16), error);
  gboolean done = code != NULL;

  rewind (codes->file); /* writes what is still in the stream, too */
  for (size_t i = 0; done && i < codes->n; i++)
    if (fread (code, sizeof (guint16), length, codes->file) != length)
      done = dfi_error_set_unwritable (error, codes->path);
    else
      done = dfi_safetensors_append (writer, code + first * sizeof (guint16), (end - first) * sizeof (guint16), error);
  g_free (code);
  return done;
}
