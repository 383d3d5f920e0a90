#include "config.h"

#include "build/picture-features.h"
#include "database/face-features.h"
#include "picture/colour.h"

/* @frame -> @features (D) */
static gboolean
encode (DfiImage *frame, const DfiLayout *layout, DfiPass *pass, float *features, GError **error)
{
  DfiImage *luma;

  for (size_t i = 0; i < (size_t) 3 * frame->width * frame->height; i++)
    frame->data[i] = CLAMP (frame->data[i], 0.0f, 1.0f);
  luma = dfi_colour_grey (frame, error);
  if (! luma)
    return FALSE;

  dfi_features_compute (layout, pass, luma, frame, features);
  dfi_image_free (luma);
  return TRUE;
}

/* Who is told the same share of all the work while a picture is at work. */
typedef struct
{
  DfiProgressFunc func;
  gpointer        data;
  double          share;
} Listener;

static gboolean
tell_again (double fraction, gpointer data)
{
  const Listener *listener = data;

  return ! listener->func || listener->func (listener->share, listener->data);
}

static gboolean
measure_hair (const DfiPictureReader *reader, const DfiImage *picture, const DfiSimilarity *map, DfiTone *tone, GError **error)
{
  const DfiSimilarity to_frame = dfi_similarity_invert (map);

  return ! reader->hair || dfi_hair_measure (reader->hair, picture, &reader->frame, &to_frame, tone, error);
}

gboolean
dfi_picture_features (const DfiPictureReader *reader,
                      const char             *path,
                      DfiSimilarity          *map,
                      float                  *features,
                      DfiTone                *tone,
                      GPtrArray              *notes,
                      DfiProgressFunc         progress,
                      gpointer                data,
                      double                  share,
                      GError                **error)
{
  Listener          listener = { progress, data, share };
  const DfiFraming *framing  = reader->framing;
  DfiPhoto         *photo    = dfi_photo_load (path, reader->limits, tell_again, &listener, error);
  DfiImage         *frame    = NULL;
  DfiSimilarity     place    = *map;
  gboolean          done;

  if (photo && (! framing || dfi_framing_find (framing, photo->image, path, &place, tell_again, &listener, error)))
    frame = dfi_align_warp (photo->image, &place, reader->frame.size, reader->frame.size, error);
  done = frame && encode (frame, reader->layout, reader->pass, features, error) &&
         measure_hair (reader, photo->image, &place, tone, error);
  if (done)
    *map = place;
  for (guint i = 0; done && notes && i < photo->notes->len; i++)
    g_ptr_array_add (notes, g_strdup (photo->notes->pdata[i]));

  dfi_image_free (frame);
  dfi_photo_free (photo);
  return done;
}
