#include "runner/table/progress.h"

#include "runner/base/style.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_COLUMNS = 24 };

/* Between two plain lines. */
static const int64_t line_pause_ns = 10000000000;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void progress_begin(struct arena *arena, struct progress *progress, const struct cells *cells,
                    const struct plan *plan, int total)
{
    *progress = (struct progress){
        .cells = cells,
        .plan = plan,
        .total = total,
        .done = total - plan->count,
        .seconds = arena_alloc(arena, (size_t)cells->count * sizeof(double)),
        .samples = arena_alloc(arena, (size_t)cells->count * sizeof(int)),
        .told = arena_alloc(arena, (size_t)cells->count * sizeof(unsigned)),
        .line_ns = now_ns(),
        .is_terminal = isatty(STDERR_FILENO),
        .has_colour = style_is_wanted(stderr),
    };
}

/* Samples of one workload take about the same time, whatever the allocator. */
static double seconds_of_workload(const struct progress *progress, const char *workload)
{
    double seconds = 0;
    int samples = 0;
    for (int i = 0; i < progress->cells->count; i++) {
        if (workload != NULL && strcmp(progress->cells->at[i].workload, workload) != 0)
            continue;
        seconds += progress->seconds[i];
        samples += progress->samples[i];
    }
    return samples > 0 ? seconds / samples : 0;
}

static double seconds_left(const struct progress *progress)
{
    const double anywhere = seconds_of_workload(progress, NULL);
    double left = 0;
    for (int i = progress->at; i < progress->plan->count; i++) {
        const char *workload = progress->cells->at[progress->plan->at[i].cell].workload;
        const double own = seconds_of_workload(progress, workload);
        left += own > 0 ? own : anywhere;
    }
    return left;
}

static void clear_bar(struct progress *progress)
{
    if (progress->has_bar)
        fputs("\r\033[K", stderr);
    progress->has_bar = false;
}

static void draw_bar(struct progress *progress, const struct cell *cell)
{
    struct arena arena = {0};
    const bool colour = progress->has_colour;
    const double part = (double)progress->done / progress->total;
    const char *left = progress->at > 0 ? style_duration(&arena, seconds_left(progress)) : "…";
    const char *label = arena_printf(&arena, "%s · %s", cell->workload, cell->allocator.name);
    const char *counts =
        arena_printf(&arena, " %d/%d  %s left  ", progress->done, progress->total, left);
    const int room = style_columns(stderr) - BAR_COLUMNS - style_width(counts) - 3;
    fprintf(stderr, "\r\033[K%s%s%s▏%s%s", style_on(colour, STYLE_ACCENT),
            style_bar(&arena, part, BAR_COLUMNS), style_off(colour), counts,
            room > 8 ? style_shorten(&arena, label, room) : "");
    fflush(stderr);
    progress->has_bar = true;
    arena_free(&arena);
}

void progress_show(struct progress *progress, const struct place *place)
{
    const struct cell *cell = &progress->cells->at[place->cell];
    if (progress->is_terminal)
        draw_bar(progress, cell);
    progress->shown_ns = now_ns();
}

static void tell_plainly(struct progress *progress)
{
    const int64_t now = now_ns();
    if (now - progress->line_ns < line_pause_ns || progress->done == progress->total)
        return;
    progress->line_ns = now;
    struct arena arena = {0};
    fprintf(stderr, "%d of %d samples, about %s left\n", progress->done, progress->total,
            style_duration(&arena, seconds_left(progress)));
    arena_free(&arena);
}

/* A void sample is most often void for its allocator everywhere: once is enough for all rows. */
static void mark_told(struct progress *progress, const struct sample *sample)
{
    const char *name = progress->cells->at[sample->cell].allocator.name;
    const unsigned bit = 1u << sample->status;
    progress->told[sample->cell] |= bit;
    for (int i = 0; i < progress->cells->count && sample->status == SAMPLE_VOID; i++)
        if (strcmp(progress->cells->at[i].allocator.name, name) == 0)
            progress->told[i] |= bit;
}

void progress_count(struct progress *progress, const struct sample *sample)
{
    const struct cell *cell = &progress->cells->at[sample->cell];
    progress->done++;
    progress->at++;
    /* With what a command does around the sample. */
    const int64_t ns = progress->shown_ns > 0 ? now_ns() - progress->shown_ns : sample->wall_ns;
    progress->seconds[sample->cell] += (double)ns / 1e9;
    progress->shown_ns = 0;
    progress->samples[sample->cell]++;
    if (sample->status != SAMPLE_OK && (progress->told[sample->cell] & 1u << sample->status) == 0) {
        mark_told(progress, sample);
        clear_bar(progress);
        fprintf(stderr, "%s%s%s  %s on %s: %s\n", style_on(progress->has_colour, STYLE_BAD),
                sample_status_name(sample->status), style_off(progress->has_colour),
                cell->allocator.name, cell->workload, sample->reason);
    }
    if (!progress->is_terminal)
        tell_plainly(progress);
}

void progress_end(struct progress *progress)
{
    clear_bar(progress);
    fflush(stderr);
}
