#include "runner/measure/task.h"

#include <stdio.h>

static void print_help(const struct task *task)
{
    puts(task->help);
    if (task->print_more != NULL)
        task->print_more();
    options_print(task->options);
}

static int begin(const struct task *task, struct bench *bench, struct campaign *campaign,
                 struct problem *problem)
{
    const struct options *options = &bench->options;
    if (!task->takes_words && (options->positional.count > 0 || options->has_rest))
        return problem_set(problem, "takes no arguments but options: see --help");
    return task->run(bench, campaign, task->design, problem);
}

int task_command(const struct task *task, int argc, char *const *argv)
{
    struct arena arena = {0};
    struct problem problem = {0};
    struct bench bench;
    struct campaign campaign = {0};
    int code = bench_open(&arena, argc, argv, task->options, &bench, &problem);
    if (code == 0 && bench.options.help)
        print_help(task);
    else if (code == 0)
        code = begin(task, &bench, &campaign, &problem);
    if (code < 0)
        code = bench_fail(&bench, &problem);
    campaign_close(&campaign);
    arena_free(&arena);
    return code;
}
