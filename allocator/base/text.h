/* A line of text made in a buffer on the stack, for places that may neither allocate nor lock.
 * What does not fit is cut off; the text is not terminated, `length` counts. */
#ifndef HAK_TEXT_H
#define HAK_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

struct text {
    char data[512];
    size_t length;
};

static inline void text_add(struct text *text, const char *string)
{
    while (*string && text->length < sizeof text->data)
        text->data[text->length++] = *string++;
}

/* Adds at most the first `most` characters. */
static inline void text_add_part(struct text *text, const char *string, size_t most)
{
    while (most-- && *string && text->length < sizeof text->data)
        text->data[text->length++] = *string++;
}

/* Ends the line: with a newline even where something was cut off. */
static inline void text_end_line(struct text *text)
{
    if (text->length == sizeof text->data)
        text->length--;
    text->data[text->length++] = '\n';
}

/* Adds a number in base 10 or 16 (with 0x before it). */
static inline void text_add_number(struct text *text, uint64_t value, unsigned base)
{
    char digits[24];
    size_t n = sizeof digits;
    digits[--n] = '\0';
    do
        digits[--n] = "0123456789abcdef"[value % base];
    while (value /= base);
    if (base == 16)
        text_add(text, "0x");
    text_add(text, digits + n);
}

#endif
