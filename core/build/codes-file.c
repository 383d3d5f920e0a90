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

#define COPY_BYTES 65536

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
dfi_codes_file_open (const char *folder, size_t n, size_t rank, GError **error)
{
  DfiCodesFile *codes = g_new0 (DfiCodesFile, 1);

  codes->path = g_build_filename (folder, "codes", NULL);
  codes->n    = n;
  codes->size = n * rank * sizeof (guint16);
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
dfi_codes_file_append (DfiCodesFile *codes, float *code, size_t rank, GError **error)
{
  for (size_t r = 0; r < rank; r++)
    {
      guint16 half     = dfi_half_from_float (code[r]);
      guint8  bytes[2] = { half & 255, half >> 8 };

      code[r] = dfi_half_to_float (half);
      if (! isfinite (code[r]))
        {
          g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                               _ ("The features that these weights give are too large for a database, or not finite."));
          return FALSE;
        }
      if (fwrite (bytes, sizeof bytes, 1, codes->file) != 1)
        return dfi_error_set_unwritable (error, codes->path);
    }
  codes->n++;
  codes->size += rank * sizeof (guint16);
  return TRUE;
}

gboolean
dfi_codes_file_sync (DfiCodesFile *codes, GError **error)
{
  return (fflush (codes->file) == 0 && fsync (fileno (codes->file)) == 0) || dfi_error_set_unwritable (error, codes->path);
}

gboolean
dfi_codes_file_copy (DfiCodesFile *codes, DfiSafetensorsWriter *writer, GError **error)
{
  guint8 bytes[COPY_BYTES];
  size_t left = codes->size;

  rewind (codes->file); /* writes what is still in the stream, too */
  while (left > 0)
    {
      size_t size = MIN (left, sizeof bytes);

      if (fread (bytes, 1, size, codes->file) != size)
        return dfi_error_set_unwritable (error, codes->path);
      if (! dfi_safetensors_append (writer, bytes, size, error))
        return FALSE;
      left -= size;
    }
  return TRUE;
}
