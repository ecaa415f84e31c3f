/* How text looks on a terminal: colours where they are wanted, widths in columns.
 * Colour is for what a line says anyway: nothing is told by colour alone.
 */
#ifndef RUNNER_STYLE_H
#define RUNNER_STYLE_H

#include "runner/base/text.h"

#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_ACCENT, STYLE_BAD };

/* The file is a terminal, NO_COLOR is not set and the terminal is not dumb. */
bool style_is_wanted(FILE *file);

/* "" when colours are not wanted. */
const char *style_on(bool wanted, enum style style);
const char *style_off(bool wanted);

/* Columns of a terminal, 100 when the file is none; never below 60. */
int style_columns(FILE *file);

/* Columns that UTF-8 text takes (one a character; we print no wide ones). */
int style_width(const char *text);

/* At most `columns` columns, with an ellipsis in the middle when something had to go. */
const char *style_shorten(struct arena *arena, const char *text, int columns);

/* A bar of `fraction` (0..1) of the columns, in eighths, padded with blanks to its full width. */
const char *style_bar(struct arena *arena, double fraction, int columns);

/* 83 -> "1 min 23 s", 4.2 -> "4 s" */
const char *style_duration(struct arena *arena, double seconds);

#endif
