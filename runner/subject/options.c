#include "runner/subject/options.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_LIST };

/* `field`: where in struct options its value goes. */
struct spec {
    enum option option;
    enum kind kind;
    size_t field;
    const char *name, *value, *about;
};

#define FIELD(name) offsetof(struct options, name)

static const struct spec specs[] = {
    {OPTION_MODE, KIND_TEXT, FIELD(mode), "mode", "MODE",
     "quick, default or full: what the matrix takes"},
    {OPTION_ALLOCATORS, KIND_TEXT, FIELD(allocators), "allocators", "A,B",
     "only these: see `hakbench list`"},
    {OPTION_WORKLOADS, KIND_LIST, FIELD(workloads), "workloads", "W,W",
     "only these: see `hakbench list`"},
    {OPTION_WORKLOAD, KIND_LIST, FIELD(workloads), "workload", "W",
     "on which workload; may be given again"},
    {OPTION_REPEATS, KIND_NUMBER, FIELD(repeats), "repeats", "N", "samples of every cell"},
    {OPTION_BLOCKS, KIND_NUMBER, FIELD(blocks), "blocks", "N",
     "blocks: there and back, each side twice"},
    {OPTION_FILTER, KIND_TEXT, FIELD(filter), "filter", "REGEX",
     "only benchmarks whose name matches"},
    {OPTION_MIN_TIME, KIND_TEXT, FIELD(min_time), "min-time", "SECONDS",
     "of each benchmark: 0.05, say"},
    {OPTION_CASE, KIND_LIST, FIELD(cases), "case", "C,C",
     "only these: 10a, or 10 for its whole group"},
    {OPTION_SECONDS, KIND_TEXT, FIELD(seconds), "seconds", "S",
     "of each sample: 60, 120, ... (60)"},
    {OPTION_WHY, KIND_TEXT, FIELD(why), "why", "TEXT", "the reason, for those who read the trend"},
    {OPTION_COMMITS, KIND_TEXT, FIELD(commits), "commits", "A..B",
     "what B has and A lacks, by first parents"},
    {OPTION_ANCHOR, KIND_TEXT, FIELD(anchor), "anchor", "WHICH",
     "a commit, or an allocator such as glibc"},
    {OPTION_GOOD, KIND_TEXT, FIELD(good), "good", "REF", "a commit that is known to be fast"},
    {OPTION_BAD, KIND_TEXT, FIELD(bad), "bad", "REF", "a later commit that is slow"},
    {OPTION_FORMAT, KIND_TEXT, FIELD(format), "format", "F",
     "gbench, hyperfine, csv, junit or bigger-is-better (gbench)"},
    {OPTION_SESSION, KIND_NUMBER, FIELD(session), "session", "N",
     "this one (the newest that has results)"},
    {OPTION_OUTPUT, KIND_TEXT, FIELD(output), "output", "FILE",
     "write there instead of on stdout; also -o"},
    {OPTION_BRIEF, KIND_FLAG, FIELD(quick), "quick", NULL, "without what takes more than a second"},
    {OPTION_PASS, KIND_TEXT, FIELD(pass), "pass", "PASS", "throughput or latency only (both)"},
    {OPTION_NO_KPI, KIND_FLAG, FIELD(no_kpi), "no-kpi", NULL,
     "share no page of counters with the samples"},
    {OPTION_GATE, KIND_TEXT, FIELD(base), "base", "REF", "the commit to compare with; HEAD: A/A"},
    {OPTION_GATE, KIND_TEXT, FIELD(head), "head", "REF", "the commit to judge (HEAD)"},
    {OPTION_GATE, KIND_FLAG, FIELD(quick), "quick", NULL, "short samples, 12 blocks at most"},
    {OPTION_GATE, KIND_FLAG, FIELD(deterministic), "deterministic", NULL, "only what is counted"},
    {OPTION_GATE, KIND_FLAG, FIELD(timed), "timed", NULL, "only what is timed"},
    {OPTION_GATE, KIND_TEXT, FIELD(plant), "plant", "KIND", "plant a known change in head"},
    {OPTION_GATE, KIND_NUMBER, FIELD(prove), "prove", "MINUTES", "A/A and planted gates, in turn"},
    {OPTION_GATE, KIND_NUMBER, FIELD(replay), "replay", "N", "decide N A/A gates of stored blocks"},
    {OPTION_GATE, KIND_NUMBER, FIELD(plan), "plan", "MINUTES", "what so many minutes can detect"},
    {OPTION_SEED, KIND_NUMBER, FIELD(seed), "seed", "N",
     "of the order (a fresh one, which is printed)"},
    {OPTION_RESULTS, KIND_TEXT, FIELD(results), "results", "DIR",
     "where results.sqlite is (reports/out)"},
    {OPTION_RESUME, KIND_FLAG, FIELD(resume), "resume", NULL,
     "go on with the newest one that did not end"},
    {OPTION_TIMEOUT, KIND_NUMBER, FIELD(timeout_s), "timeout", "SECONDS",
     "kill a sample that takes longer"},
    {OPTION_WAIT, KIND_FLAG, FIELD(wait), "wait", NULL, "wait while another hakbench measures"},
    {OPTION_SHOW_OUTPUT, KIND_FLAG, FIELD(show_output), "show-output", NULL,
     "show what the first sample prints"},
    {OPTION_MATRIX, KIND_TEXT, FIELD(matrix), "matrix", "FILE",
     "another allocator/variants/matrix.txt"},
    {OPTION_ROWS, KIND_TEXT, FIELD(rows), "rows", "FILE", "another workloads/workloads.txt"},
    {OPTION_JSON, KIND_FLAG, FIELD(json), "json", NULL,
     "one line of JSON on stdout instead of a table"},
    {OPTION_HELP, KIND_FLAG, FIELD(help), "help", NULL, "this text"},
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

static int set_option(struct arena *arena, struct options *options, const struct spec *spec,
                      const char *value, struct problem *problem)
{
    const bool is_large = spec->option == OPTION_SEED || spec->option == OPTION_SESSION;
    const long most = is_large ? LONG_MAX : 1000000;
    void *field = (char *)options + spec->field;
    switch (spec->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return 0;
    case KIND_TEXT:
        *(const char **)field = value;
        return 0;
    case KIND_LIST:
        strings_split(arena, field, value, ",");
        return 0;
    default:
        if (!text_to_long(value, 1, most, field))
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
