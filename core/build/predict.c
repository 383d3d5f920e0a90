#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/picture-features.h"
#include "build/predict.h"
#include "database/codes.h"
#include "files/atomic-file.h"
#include "files/listing.h"

/* A database's view of a picture, and room to work in. */
typedef struct
{
  const DfiDatabase *database;
  DfiFraming         framing;
  DfiPictureReader   reader;
  float             *features; /* (D) */
  double            *code;     /* (r) */
  float             *single;   /* (r) the same */
} View;

static gboolean
view_init (View                 *view,
           const DfiDatabase    *database,
           const DfiEncoder     *encoder,
           const DfiFaceFinder  *finder,
           const DfiPhotoLimits *limits,
           GError              **error)
{
  const DfiBasis *basis = dfi_database_basis (database);
  const DfiFrame *frame = dfi_database_frame (database);

  *view = (View){
    .database = database,
    .framing  = { .kind = frame->whole ? DFI_FRAMING_WHOLE : DFI_FRAMING_FACE, .finder = finder, .frame = *frame },
    .reader   = { .limits = limits, .frame = *frame, .framing = &view->framing, .layout = &basis->layout },
  };
  return (view->reader.pass = dfi_pass_new (encoder, basis->layout.taps, frame->size, frame->size, error)) &&
         (view->features = dfi_try_alloc (basis->layout.n_features, sizeof (float), error)) &&
         (view->code = dfi_try_alloc (dfi_database_code_length (view->database), sizeof (double), error)) &&
         (view->single = dfi_try_alloc (basis->rank, sizeof (float), error));
}

static void
view_clear (View *view)
{
  g_free (view->single);
  g_free (view->code);
  g_free (view->features);
  dfi_pass_free (view->reader.pass);
}

/* The names of the files in @folder that are not hidden, sorted.  End with g_strfreev(). */
static char **
list_files (const char *folder, GError **error)
{
  char **names = dfi_list_folder (folder, error);
  guint  n     = 0;

  for (int i = 0; names && names[i]; i++)
    {
      char *path = g_build_filename (folder, names[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        names[n++] = g_steal_pointer (&names[i]);
      else
        g_clear_pointer (&names[i], g_free);
      g_free (path);
    }
  return names;
}

/* @text as a field of CSV: in quotation marks where it must be. */
static void
append_field (GString *row, const char *text)
{
  if (! strpbrk (text, ",;\"\r\n\t ") && *text)
    {
      g_string_append (row, text);
      return;
    }

  g_string_append_c (row, '"');
  for (; *text; text++)
    g_string_append_len (row, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
  g_string_append_c (row, '"');
}

static void
append_header (GString *row, const DfiDatabase *database)
{
  g_string_assign (row, "file");
  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    {
      g_string_append_c (row, ',');
      append_field (row, dfi_database_attribute (database, a)->name);
    }
  g_string_append_c (row, '\n');
}

/* Of the picture @name in @folder. */
static gboolean
find_features (View           *view,
               const char     *folder,
               const char     *name,
               GPtrArray      *notes,
               DfiProgressFunc progress,
               gpointer        data,
               double          share,
               GError        **error)
{
  char         *path = g_build_filename (folder, name, NULL);
  DfiSimilarity map  = { .a = 0.0 };
  gboolean done = dfi_picture_features (&view->reader, path, &map, view->features, NULL, notes, progress, data, share, error);

  g_free (path);
  return done;
}

/* What the database says of the features becomes the row of the picture @name. */
static gboolean
predict (View *view, const char *name, GString *row, GError **error)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (! dfi_database_project (view->database, view->code, view->features, error))
    return FALSE;

  for (int r = 0; r < dfi_database_rank (view->database); r++)
    view->single[r] = view->code[r];
  g_string_truncate (row, 0);
  append_field (row, name);
  for (int a = 0; a < dfi_database_n_attributes (view->database); a++)
    {
      double score = dfi_database_predict (view->database, a, view->single);

      g_string_append_printf (row, ",%s", g_ascii_formatd (number, sizeof number, "%.4f", score));
    }
  g_string_append_c (row, '\n');
  return TRUE;
}

/* A row for each of @files that can be read. */
static gboolean
write_rows (View           *view,
            const char     *folder,
            char          **files,
            DfiAtomicFile  *table,
            DfiSkipFunc     skip,
            DfiNoteFunc     note,
            DfiProgressFunc progress,
            gpointer        data,
            size_t         *n_rows,
            GError        **error)
{
  GString    *row     = g_string_new (NULL);
  const guint n_files = g_strv_length (files);
  gboolean    done    = TRUE;

  append_header (row, view->database);
  done    = dfi_atomic_file_write (table, row->str, row->len, error);
  *n_rows = 0;
  for (guint i = 0; done && i < n_files; i++)
    {
      GPtrArray *notes  = g_ptr_array_new_with_free_func (g_free);
      GError    *reason = NULL;

      if (progress && ! progress ((double) i / n_files, data))
        {
          done = dfi_error_set_cancelled (error);
        }
      else if (find_features (view, folder, files[i], notes, progress, data, (double) i / n_files, &reason))
        {
          done = predict (view, files[i], row, error) && dfi_atomic_file_write (table, row->str, row->len, error);
          ++*n_rows;
        }
      else if (g_error_matches (reason, DFI_ERROR, DFI_ERROR_MEMORY) || g_error_matches (reason, DFI_ERROR, DFI_ERROR_CANCELLED))
        {
          g_propagate_error (error, reason);
          done = FALSE;
        }
      else
        {
          if (skip)
            skip (files[i], reason, data);
          g_error_free (reason);
        }
      for (guint k = 0; note && k < notes->len; k++)
        note (files[i], notes->pdata[k], data);
      g_ptr_array_unref (notes);
    }
  if (done && *n_rows == 0)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("None of the %u files in “%s” can be used."), n_files, folder);
      done = FALSE;
    }
  g_string_free (row, TRUE);
  return done;
}

gboolean
dfi_predict_folder (const DfiDatabase    *database,
                    const DfiEncoder     *encoder,
                    const DfiFaceFinder  *finder,
                    const DfiPhotoLimits *limits,
                    const char           *folder,
                    const char           *path,
                    DfiSkipFunc           skip,
                    DfiNoteFunc           note,
                    DfiProgressFunc       progress,
                    gpointer              data,
                    size_t               *n_rows,
                    GError              **error)
{
  View           view;
  char         **files = list_files (folder, error);
  DfiAtomicFile *table = NULL;
  gboolean       done;

  if (! files)
    return FALSE;

  done = view_init (&view, database, encoder, finder, limits, error) && (table = dfi_atomic_file_new (path, error)) &&
         write_rows (&view, folder, files, table, skip, note, progress, data, n_rows, error);
  if (done)
    done = dfi_atomic_file_commit (table, error);
  else
    dfi_atomic_file_discard (table);

  view_clear (&view);
  g_strfreev (files);
  if (done && progress)
    progress (1.0, data);
  return done;
}
