/* The wrong lines of a message, which Python words.
 *
 * Strategy: a line that does not stop the reading of its message is noted, with its place and the texts that its diagnostic shows. Stray
 * lines between two lines of a message are wrong only if the message goes on: they stand behind the certain ones until then. The
 * limit of `tlib_log_tables.problems` is Python's.
 */
#include "log_in.h"

static int add(tlib_log *log, int kind, tlib_slice name, tlib_slice text) {
    tlib_buffer *problems = &log->message.problems;
    tlib_log_problem made = {log->line, log->base + log->at, (uint64_t)kind, (uint32_t)name.length, (uint32_t)text.length};
    if (tlib_add(problems, (const uint8_t *)&made, sizeof made) || tlib_add(problems, name.at, name.length) ||
        tlib_add(problems, text.at, text.length))
        return TLIB_STEP_MEMORY;
    return TLIB_STEP_DONE;
}

int tlib_log_problem_of(const tlib_log_tables *tables, tlib_log *log, int kind, tlib_slice name, tlib_slice text) {
    tlib_log_message *message = &log->message;
    if (message->problem_count == tables->problems)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    message->problem_count++;
    int step = add(log, kind, name, text);
    message->certain_problems = message->problems.length;
    return step;
}

int tlib_log_stray(tlib_log *log, tlib_slice line) {
    size_t most = 4 * (TLIB_LOG_SHOWN + 1); /* a character that is cut stands behind those that are shown */
    log->message.strays++;
    return add(log, TLIB_PROBLEM_STRAY, (tlib_slice){line.at, 0}, (tlib_slice){line.at, line.length < most ? line.length : most});
}

int tlib_log_resume(const tlib_log_tables *tables, tlib_log *log) {
    tlib_log_message *message = &log->message;
    if (tables->problems - message->problem_count < message->strays)
        return tlib_log_ask(log, TLIB_ASK_SIZE);
    message->problem_count += message->strays;
    message->certain_problems = message->problems.length;
    message->strays = 0;
    return TLIB_STEP_DONE;
}
