/* What came of a case of misuse: what a process of build/misuse reported and how it ended, as
 * one of the verdicts, and what was predicted. Pure; starts no process.
 *
 * A crash is no detection, whatever was reported before it. What was reported before the
 * oracle saw wrong data is one, by whichever layer: whether it is the expected one is for the
 * prediction.
 */
#ifndef RUNNER_VERDICT_H
#define RUNNER_VERDICT_H

#include "runner/process/child.h"
#include "runner/subject/record.h"

/* The verdict, layer, tag, reports, signal, exit code and reason of a process. `mismatch`: why it
 * did not run on the allocator that was meant (proof.h), NULL when it did. */
void verdict_take(struct arena *arena, const struct child_result *result, const char *mismatch,
                  struct misuse *misuse);

/* Sets `held`, once verdict and prediction are known. */
void verdict_compare(struct misuse *misuse);

#endif
