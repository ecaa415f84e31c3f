/* The sub-commands. argv[0] is the name of the command. Each returns an exit code; what is wrong
 * was told on stderr by then. */
#ifndef RUNNER_COMMANDS_H
#define RUNNER_COMMANDS_H

int command_list(int argc, char *const *argv);
int command_run(int argc, char *const *argv);
int command_compare(int argc, char *const *argv);
int command_peers(int argc, char *const *argv);
int command_curves(int argc, char *const *argv);
int command_gate(int argc, char *const *argv);
int command_exec(int argc, char *const *argv);
int command_micro(int argc, char *const *argv);
int command_soak(int argc, char *const *argv);
int command_backfill(int argc, char *const *argv);
int command_bisect(int argc, char *const *argv);
int command_accept(int argc, char *const *argv);
int command_programs(int argc, char *const *argv);
int command_doctor(int argc, char *const *argv);
int command_export(int argc, char *const *argv);
int command_import(int argc, char *const *argv);
int command_misuse(int argc, char *const *argv);

#endif
