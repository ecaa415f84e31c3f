#include "runner/options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_LIST };

struct spec {
    enum option option;
    enum kind kind;
    const char *name, *value, *about;
};

static const struct spec specs[] = {
    {OPTION_MODE, KIND_TEXT, "mode", "MODE", "quick, default or full: what the matrix takes"},
    {OPTION_ALLOCATORS, KIND_TEXT, "allocators", "A,B", "only these: see `hakbench list`"},
    {OPTION_WORKLOADS, KIND_LIST, "workloads", "W,W", "only these: see `hakbench list`"},
    {OPTION_WORKLOAD, KIND_LIST, "workload", "W", "on which workload; may be given again"},
    {OPTION_REPEATS, KIND_NUMBER, "repeats", "N", "samples of every cell"},
    {OPTION_BLOCKS, KIND_NUMBER, "blocks", "N", "blocks: there and back, each side twice"},
    {OPTION_FILTER, KIND_TEXT, "filter", "REGEX", "only benchmarks whose name matches"},
    {OPTION_MIN_TIME, KIND_TEXT, "min-time", "SECONDS", "of each benchmark: 0.05, say"},
    {OPTION_CASE, KIND_LIST, "case", "C,C", "only these: 10a, or 10 for its whole group"},
    {OPTION_SECONDS, KIND_TEXT, "seconds", "S", "of each sample: 60, 120, ... (60)"},
    {OPTION_WHY, KIND_TEXT, "why", "TEXT", "the reason, for those who read the trend"},
    {OPTION_COMMITS, KIND_TEXT, "commits", "A..B", "what B has and A lacks, by first parents"},
    {OPTION_ANCHOR, KIND_TEXT, "anchor", "WHICH", "a commit, or an allocator such as glibc"},
    {OPTION_GOOD, KIND_TEXT, "good", "REF", "a commit that is known to be fast"},
    {OPTION_BAD, KIND_TEXT, "bad", "REF", "a later commit that is slow"},
    {OPTION_FORMAT, KIND_TEXT, "format", "F",
     "gbench, hyperfine, csv, junit or bigger-is-better (gbench)"},
    {OPTION_SESSION, KIND_NUMBER, "session", "N", "this one (the newest that has results)"},
    {OPTION_OUTPUT, KIND_TEXT, "output", "FILE", "write there instead of on stdout; also -o"},
    {OPTION_BRIEF, KIND_FLAG, "quick", NULL, "without what takes more than a second"},
    {OPTION_PASS, KIND_TEXT, "pass", "PASS", "throughput or latency only (both)"},
    {OPTION_NO_KPI, KIND_FLAG, "no-kpi", NULL, "share no page of counters with the samples"},
    {OPTION_SEED, KIND_NUMBER, "seed", "N", "of the order (a fresh one, which is printed)"},
    {OPTION_RESULTS, KIND_TEXT, "results", "DIR", "where results.sqlite is (reports/out)"},
    {OPTION_RESUME, KIND_FLAG, "resume", NULL, "go on with the newest one that did not end"},
    {OPTION_TIMEOUT, KIND_NUMBER, "timeout", "SECONDS", "kill a sample that takes longer"},
    {OPTION_WAIT, KIND_FLAG, "wait", NULL, "wait while another hakbench measures"},
    {OPTION_SHOW_OUTPUT, KIND_FLAG, "show-output", NULL, "show what the first sample prints"},
    {OPTION_MATRIX, KIND_TEXT, "matrix", "FILE", "another allocator/variants/matrix.txt"},
    {OPTION_ROWS, KIND_TEXT, "rows", "FILE", "another workloads/workloads.txt"},
    {OPTION_JSON, KIND_FLAG, "json", NULL, "one line of JSON on stdout instead of a table"},
    {OPTION_HELP, KIND_FLAG, "help", NULL, "this text"},
};
enum { SPECS = sizeof specs / sizeof *specs };

static const struct spec *find_spec(const char *name, size_t length, unsigned accepted)
{
    for (int i = 0; i < SPECS; i++)
        if (((unsigned)specs[i].option & accepted) != 0 && strlen(specs[i].name) == length &&
            memcmp(specs[i].name, name, length) == 0)
            return &specs[i];
    return NULL;
}

static const char **text_of(struct options *options, enum option option)
{
    switch (option) {
    case OPTION_MODE:
        return &options->mode;
    case OPTION_ALLOCATORS:
        return &options->allocators;
    case OPTION_RESULTS:
        return &options->results;
    case OPTION_MATRIX:
        return &options->matrix;
    case OPTION_PASS:
        return &options->pass;
    case OPTION_FILTER:
        return &options->filter;
    case OPTION_MIN_TIME:
        return &options->min_time;
    case OPTION_SECONDS:
        return &options->seconds;
    case OPTION_FORMAT:
        return &options->format;
    case OPTION_OUTPUT:
        return &options->output;
    case OPTION_WHY:
        return &options->why;
    case OPTION_COMMITS:
        return &options->commits;
    case OPTION_ANCHOR:
        return &options->anchor;
    case OPTION_GOOD:
        return &options->good;
    case OPTION_BAD:
        return &options->bad;
    default:
        return &options->rows;
    }
}

static long *number_of(struct options *options, enum option option)
{
    switch (option) {
    case OPTION_REPEATS:
        return &options->repeats;
    case OPTION_BLOCKS:
        return &options->blocks;
    case OPTION_SEED:
        return &options->seed;
    case OPTION_SESSION:
        return &options->session;
    default:
        return &options->timeout_s;
    }
}

static bool *flag_of(struct options *options, enum option option)
{
    switch (option) {
    case OPTION_RESUME:
        return &options->resume;
    case OPTION_WAIT:
        return &options->wait;
    case OPTION_SHOW_OUTPUT:
        return &options->show_output;
    case OPTION_JSON:
        return &options->json;
    case OPTION_BRIEF:
        return &options->quick;
    case OPTION_NO_KPI:
        return &options->no_kpi;
    default:
        return &options->help;
    }
}

static int set_option(struct arena *arena, struct options *options, const struct spec *spec,
                      const char *value, struct problem *problem)
{
    const bool is_large = spec->option == OPTION_SEED || spec->option == OPTION_SESSION;
    const long most = is_large ? LONG_MAX : 1000000;
    switch (spec->kind) {
    case KIND_FLAG:
        *flag_of(options, spec->option) = true;
        return 0;
    case KIND_TEXT:
        *text_of(options, spec->option) = value;
        return 0;
    case KIND_LIST:
        strings_split(arena, spec->option == OPTION_CASE ? &options->cases : &options->workloads,
                      value, ",");
        return 0;
    default:
        if (!text_to_long(value, 1, most, number_of(options, spec->option)))
            return problem_set(problem, "--%s %s: give a whole number from 1 to %ld", spec->name,
                               value, most);
        return 0;
    }
}

int options_parse(struct arena *arena, int argc, char *const *argv, unsigned accepted,
                  struct options *options, struct problem *problem)
{
    *options = (struct options){0};
    accepted |= OPTION_JSON | OPTION_HELP;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0) {
            options->has_rest = true;
            while (++i < argc)
                strings_add(arena, &options->rest, argv[i]);
            return 0;
        }
        if (strcmp(word, "-h") == 0)
            word = "--help";
        if (strcmp(word, "-o") == 0)
            word = "--output";
        if (word[0] != '-' || word[1] == '\0') {
            strings_add(arena, &options->positional, word);
            continue;
        }
        const char *name = word + strspn(word, "-");
        const size_t length = strcspn(name, "=");
        const struct spec *spec = find_spec(name, length, accepted);
        if (spec == NULL || word[1] != '-')
            return problem_set(problem, "unknown option %s: see --help", word);
        const char *value = name[length] == '=' ? name + length + 1 : NULL;
        if (spec->kind == KIND_FLAG && value != NULL)
            return problem_set(problem, "--%s takes no value", spec->name);
        if (spec->kind != KIND_FLAG && value == NULL) {
            if (i + 1 == argc || strcmp(argv[i + 1], "--") == 0)
                return problem_set(problem, "--%s needs a value: --%s %s", spec->name, spec->name,
                                   spec->value);
            value = argv[++i];
        }
        if (set_option(arena, options, spec, value, problem) != 0)
            return -1;
    }
    return 0;
}

void options_print(unsigned accepted)
{
    accepted |= OPTION_JSON | OPTION_HELP;
    for (int i = 0; i < SPECS; i++) {
        char left[40];
        if (((unsigned)specs[i].option & accepted) == 0)
            continue;
        snprintf(left, sizeof left, "--%s%s%s", specs[i].name, specs[i].value != NULL ? " " : "",
                 specs[i].value != NULL ? specs[i].value : "");
        printf("  %-20s %s\n", left, specs[i].about);
    }
}

static const char *quote(struct arena *arena, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-+=:,./@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0')
        return word;
    const char *quoted = "'";
    for (const char *c = word; *c != '\0'; c++)
        quoted = *c == '\'' ? arena_printf(arena, "%s'\\''", quoted)
                            : arena_printf(arena, "%s%c", quoted, *c);
    return arena_printf(arena, "%s'", quoted);
}

const char *options_quote(struct arena *arena, int argc, char *const *argv)
{
    struct strings words = {0};
    for (int i = 0; i < argc; i++)
        strings_add(arena, &words, quote(arena, argv[i]));
    return strings_join(arena, &words, " ");
}
