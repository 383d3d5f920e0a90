/* Files of Caffe. */

#include "config.h"

#include <string.h>

#include "bytes.h"
#include "check.h"
#include "make-caffe.h"

static void
test_caffe (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (CaffeForm form = CAFFE_V1; form <= CAFFE_NEW; form++)
        check_accept (make_caffe (network, form), network, FALSE);
      check_refuse (make_caffe (network, CAFFE_BLOB_SHORT), "does not fit");
      check_refuse (make_caffe (network, CAFFE_DIMS_HUGE), "does not fit");
      check_refuse (make_caffe (network, CAFFE_GROUP), "middle of a layer");
      check_refuse (make_caffe (network, CAFFE_TWICE), "twice");
      network_free (network);
    }
}

/* A file with one layer of these bytes. */
static void
refuse_layer (const char *layer, size_t length, const char *text)
{
  GByteArray *bytes = g_byte_array_new ();

  put (bytes, "\x0a\3VGG\x12\x06\x22\4data\x12", 14); /* the name, a layer of another kind, and the next one */
  put_number (bytes, length, 1);
  put (bytes, layer, length);
  check_refuse (bytes, text);
}

/* A convolution whose filters are a blob of these bytes: all that is wrong with a good one is that it is alone. */
static void
test_blobs (void)
{
#define DIMS   "\x3a\x06\x0a\x04\1\1\1\1"
#define FLOATS "\x2a\x04\0\0\0\0"
#define NINES  "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
  static const struct
  {
    const char *blob;
    size_t      length;
    gboolean    good;
  } cases[] = {
#define CASE(blob, good) { blob, sizeof (blob) - 1, good }
    CASE (DIMS FLOATS, TRUE),
    CASE ("\x3a\x08\x08\1\x08\1\x08\1\x08\1" FLOATS, TRUE), /* its numbers one by one */
    CASE ("\x3a\x08\x10\x07\x0a\x04\1\1\1\1" FLOATS, TRUE), /* with another field between them */
    CASE (DIMS "\x49"
               "12345678" FLOATS "\x65"
               "1234"
               "\x60\x05",
          TRUE), /* fields of all kinds that do not matter */
    CASE (DIMS "\x49"
               "1234567",
          FALSE),
    CASE ("\x3a\x0b\x0a\x09\1\1\1\1\1\1\1\1\1" FLOATS, FALSE), /* nine dimensions */
    CASE ("\x3a\x12\x08\1\x08\1\x08\1\x08\1\x08\1\x08\1\x08\1\x08\1\x08\1" FLOATS, FALSE),
    CASE ("\x3a\x0c\x0a\x0a" NINES "\x01" FLOATS, FALSE), /* a dimension of 2^64 - 1 */
    CASE ("\x3a\x0b\x08" NINES "\x01" FLOATS, FALSE),
    CASE ("\x3a\x0c\x0a\x0a" NINES "\x02" FLOATS, FALSE), /* of more than that */
    CASE ("\x3a\x03\x0a\x01\x80" FLOATS, FALSE),          /* that does not end */
    CASE ("\x3a\x02\x0a\x05" FLOATS, FALSE),
    CASE ("\x3a", FALSE),
    CASE (DIMS FLOATS "\0\1", FALSE),                     /* field 0 */
    CASE (DIMS FLOATS "\x80\x80\x80\x80\x10\1", FALSE),   /* field 2^29 */
    CASE (DIMS "\x2a\x03\0\0\0", FALSE),                  /* three quarters of a float */
    CASE (DIMS FLOATS "\x08\xff\xff\xff\xff\x0f", FALSE), /* an old dimension of 2^32 - 1 */
    CASE ("\x38\x01" FLOATS, FALSE),                      /* a shape that is a number */
#undef CASE
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GByteArray *layer = g_byte_array_new ();

      g_test_message ("%zu", i);
      put (layer,
           "\x22\x07"
           "conv1_1\x32",
           10);
      put_number (layer, cases[i].length, 1);
      put (layer, cases[i].blob, cases[i].length);
      refuse_layer ((const char *) layer->data, layer->len,
                    cases[i].good ? "has the shape 1 x 1 x 1 x 1" : "a blob makes no sense");
      g_byte_array_unref (layer);
    }
}

static void
test_layers (void)
{
  char layer[256] = "\x22\xc8\x01"; /* a name of 200 bytes */

  refuse_layer ("\x22\x02\xff\xfe", 4, "VGG-16"); /* whose name is no text: it is passed over */
  refuse_layer ("\x22\x09"
                "conv1_1",
                9, "a layer makes no sense");
  refuse_layer ("\x23", 1, "a layer makes no sense");
  memset (layer + 3, 'a', 200);
  check_refuse (g_byte_array_append (g_byte_array_append (g_byte_array_new (), (const guint8 *) "\x0a\3VGG\x12\xcb\x01", 8),
                                     (const guint8 *) layer, 203),
                "VGG-16");
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_caffe (network, CAFFE_V1), 1);
  check_damage (make_caffe (network, CAFFE_SINGLY), 1);
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/caffe/forms", test_caffe);
  g_test_add_func ("/import/caffe/blobs", test_blobs);
  g_test_add_func ("/import/caffe/layers", test_layers);
  g_test_add_func ("/import/caffe/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
