#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/strangers.h"

#define SIGN(text) text, sizeof (text) - 1

/* How files begin that are taken for weights. */
static const struct
{
  const char *sign;
  size_t      length;
  size_t      at;
  const char *what;
} strangers[] = {
  { SIGN ("<!"), 0, N_ ("a web page; perhaps what was fetched is only a page about the file") },
  { SIGN ("<html"), 0, N_ ("a web page; perhaps what was fetched is only a page about the file") },
  { SIGN ("<?xml"), 0, N_ ("a web page; perhaps what was fetched is only a page about the file") },
  { SIGN ("version https://git-lfs"), 0, N_ ("a pointer of Git LFS: fetch the file that it stands for") },
  { SIGN ("\x1f\x8b"), 0, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("BZh"), 0, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("\xfd"
          "7zXZ"),
    0, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("7z\xbc\xaf"), 0, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("Rar!"), 0, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("ustar"), 257, N_ ("a compressed file or an archive; unpack it first") },
  { SIGN ("PK\3\4"), 0, N_ ("a zip archive, neither of PyTorch nor of Keras") },
  { SIGN ("\x93NUMPY"), 0, N_ ("an array of NumPy") },
  { SIGN ("MATLAB"), 0, N_ ("a file of MATLAB; take the same network for Caffe, PyTorch or Keras") },
  { SIGN ("\x80\2"), 0, N_ ("a pickle of Python, not of PyTorch") },
  { SIGN ("\x80\3"), 0, N_ ("a pickle of Python, not of PyTorch") },
  { SIGN ("\x80\4"), 0, N_ ("a pickle of Python, not of PyTorch") },
  { SIGN ("\x80\5"), 0, N_ ("a pickle of Python, not of PyTorch") },
  { SIGN ("\x89PNG"), 0, N_ ("a picture") },
  { SIGN ("\xff\xd8\xff"), 0, N_ ("a picture") },
  { SIGN ("II*"), 0, N_ ("a picture") },
  { SIGN ("MM\0*"), 0, N_ ("a picture") },
  { SIGN ("RIFF"), 0, N_ ("a picture") },
  { SIGN ("name:"), 0, N_ ("the description of a network for Caffe; its weights are in the .caffemodel") },
  { SIGN ("{"), 0, N_ ("JSON, no index of safetensors") },
};

static const char *
what_is (const DfiCursor *whole)
{
  for (size_t i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      DfiCursor cursor = *whole;

      if (dfi_cursor_skip (&cursor, strangers[i].at) && dfi_cursor_is (&cursor, strangers[i].sign, strangers[i].length))
        return _ (strangers[i].what);
    }
  return NULL;
}

gboolean
dfi_stranger_refuse (const char *path, const DfiCursor *whole, GError **error)
{
  const char *what = what_is (whole);

  if (whole->left == 0)
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is empty; fetch it again."), path);
  else if (what)
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("“%s” is no file of weights that this program reads (safetensors, PyTorch, Caffe, Keras), but %s."), path,
                 what);
  else
    g_set_error (
        error, DFI_ERROR, DFI_ERROR_FORMAT,
        _ ("“%s” is no file of weights that this program reads. It reads safetensors, PyTorch (.pth), Caffe (.caffemodel) and "
           "Keras (.h5, .keras)."),
        path);
  return FALSE;
}
