/* hakbench: which sub-command, and what the names of all of them are. */
#include "runner/command/commands.h"
#include "runner/subject/record.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char *const *argv);
    const char *about;
} commands[] = {
    {"list", command_list, "variants, peers and workloads, and what is missing"},
    {"run", command_run, "measure the matrix: allocators x workloads x repeats"},
    {"compare", command_compare, "one allocator against another, in paired blocks"},
    {"peers", command_peers, "hakmem beside every peer on every workload"},
    {"curves", command_curves, "cost against live slots and threads, beside every peer"},
    {"gate", command_gate, "is a commit slower, hungrier or broken beside another one"},
    {"exec", command_exec, "any program under every chosen allocator"},
    {"programs", command_programs, "whole programs under every allocator, by hyperfine"},
    {"micro", command_micro, "micro-benchmarks of malloc, by Google Benchmark"},
    {"soak", command_soak, "long audited runs: crashes and corruptions in N operations"},
    {"backfill", command_backfill, "measure old commits into the history that trends show"},
    {"bisect", command_bisect, "find the commit that made a workload slower"},
    {"accept", command_accept, "record that a commit was meant to be slower"},
    {"misuse", command_misuse, "what every set of layers sees of misused memory"},
    {"doctor", command_doctor, "is this machine fit to measure, and what to do"},
    {"export", command_export, "a session in the formats of other tools"},
    {"import", command_import, "results of Google Benchmark, as a session"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *file)
{
    fputs("usage: hakbench COMMAND [options]        hakbench COMMAND --help\n\n", file);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].about);
    fputs("\nAn allocator is glibc, jemalloc, mimalloc, tcmalloc, tbbmalloc, hakmem,\n"
          "hakmem:key=value,... or the path of a .so.\n"
          "Exit codes: 0 pass, 1 regression, 2 usage or build error, 3 inconclusive,\n"
          "4 crash or corruption, 130 interrupted.\n",
          file);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_PASS;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "hakbench: unknown command '%s': choose from", argv[1]);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", commands[i].name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}
