/* common.h: what several tests make: numbers that tests/make_fixtures.py makes too, weights, files. */

#ifndef DFI_TESTS_COMMON_H
#define DFI_TESTS_COMMON_H

#include "network/vgg.h"
#include "picture/image.h"

/* Word @i of the generator that make_fixtures.py describes. */
guint64 test_random (int seed, size_t i);

/* out (n): float32 in [0, 1) */
void test_uniform (int seed, float *out, size_t n);

/* sqrt of the mean over 32 sign patterns of (projection of @vector - @expected)^2: an estimate of the error's length. */
double test_error_length (const float *vector, size_t n, const double expected[32]);

/* A new folder under the system's temporary one; test_folder_remove() deletes it with what is in it and frees the name. */
char *test_folder_new (void);
void  test_folder_remove (char *folder);

/* How many files are in a folder, hidden ones too. */
guint test_files_in (const char *folder);

/* @bytes (@size) as the file @path, over what it was. Nothing waits for the disk; nor does fsync() in a test. */
void test_write_over (const char *path, const void *bytes, size_t size);

/* Random weights of the given base width, for either network, or for VGG-19. Returns the path; free with g_free(). */
char *test_network_new (const char *folder, const DfiVgg *vgg, int base);
char *test_weights_new (const char *folder, int base);

/* The random decoder of make_fixtures.py as the file @name of @folder, without its last @missing tensors. It says that it
 * belongs to the encoder @sha256. Returns the path; free with g_free(). */
char *test_decoder_new (const char *folder, const char *name, const char *sha256, int missing);

/* A network that says where hair is, as the file hair.safetensors of @folder: random, without its last @missing tensors, or one
 * to which all is hair that is darker than a quarter.  Returns the path; free with g_free(). */
char *test_hair_random (const char *folder, int missing);
char *test_hair_dark (const char *folder);

/* A copy of a part of @image, which it lies in; free with dfi_image_free(). */
DfiImage *test_image_part (const DfiImage *image, int x, int y, int width, int height);

/* A file next to the test's source, or in the project's top folder; free with g_free(). */
char *test_source_file (const char *name);

#endif
