/* attribute-file.h: what to call the attributes of a database, and how they belong together, out of a key file:
 *
 *   [smiling]                 as the column of the labels is called
 *   Label=Smiling
 *   Opposite=frowning         whose faces are the ones that lack it
 *   OppositeLabel=Frowning    else the opposite's label
 *   Words=happy;cheerful      what else people call it, and may write in a request
 *   Group=expression
 *   Strength=2
 *   Region=face               where it may change something: or skin, head, eyes, upper-lip, mouth, lips, jaw, hair, forehead
 *                             (where a fringe is drawn; the way back changes the head)
 *   Colour=1                  how much of its faces' colours comes with it, 0 to 10; 0: colours follow brightness
 *   Hair=0.5                  how much of the difference of their hair's tone comes to all of the hair, 0 to 2; needs a database
 *                             that knows tones
 *   Light=0.5                 how much of what its faces differ in light and pose comes with it, 0 to 1
 *   Alike=20                  of how many faces the second choice is, 1 to 10000: few for shapes, more for skin
 *   Renew=mouth               where what a face has of its own gives way to what replaces it: a region, as above
 *   Favourite=true            a slider that is shown at first
 *   Within=male;eyeglasses    neighbours agree with the face on these, the first above all
 *   Threshold=0.5             its labels are scores, and yes above this
 *
 * All may be missing: then the label is made from the name, there is no opposite, no group and no `within`, it is no
 * favourite, the strength is DFI_STRENGTH, the region is the face, colours follow brightness, `Hair` is 1 where the hair is the
 * region, or else 0, light comes along, DFI_ALIKE faces are chosen, and nothing gives way.
 */

#ifndef DFI_ATTRIBUTE_FILE_H
#define DFI_ATTRIBUTE_FILE_H

#include "database/attribute.h"

#define DFI_ATTRIBUTE_FILE_MAX (4u << 20) /* bytes; a kilobyte for each of as many attributes as there may be */

/**
 * dfi_attributes_read:
 * @path: (nullable): NULL gives every attribute what it has without a file
 * @names: (array length=n): of the attributes
 * @others: (nullable) (array zero-terminated=1): of columns that are not used, which the file may describe all the same
 * @strings: owns all strings of the result
 * @error: DFI_ERROR_IO; DFI_ERROR_FORMAT naming the group and key
 *
 * Returns: (transfer full) (array length=n) (nullable): free with g_free()
 */
DfiAttribute *dfi_attributes_read (const char        *path,
                                   const char *const *names,
                                   int                n,
                                   const char *const *others,
                                   GStringChunk      *strings,
                                   GError           **error);

/* The thresholds in the file at @path: (element-type utf8 double), by the attributes' names, which are not checked.  NULL with
 * an error as above.  End with g_hash_table_unref(). */
GHashTable *dfi_attributes_read_thresholds (const char *path, GError **error);

/* The names of the attributes that the file at @path describes.  NULL with DFI_ERROR_IO or _FORMAT.  Free with g_strfreev(). */
char **dfi_attributes_read_names (const char *path, GError **error);

#endif
