#include "workloads/cfrac/number.h"

#include <stdio.h>
#include <string.h>

/* By number of digits. All but the last are products of two primes of equal length, the first
 * from the digits of pi on, the second from those of e squared on (see README.md). */
static const struct preset {
    uint64_t digits;
    const char *number;
} presets[] = {
    {20, "23213404412335689439"},
    {24, "232134043582425182026639"},
    {28, "2321340435739699508201130823"},
    {30, "232134043573691888887129957819"},
    {32, "23213404357364003455013964964507"},
    {34, "2321340435736345805006597796451429"},
    {36, "232134043573633893955167031810790839"},
    {38, "23213404357363387584972186759635671543"},
    {40, "2321340435736338728423643618389589667709"},
    {42, "232134043573633872403794219500909073479603"},
    {44, "17545186520507317056371138836327483792789528"},
};

#define PRESET_COUNT (sizeof presets / sizeof *presets)

static _Noreturn void fail_digits(const struct options *options, uint64_t digits)
{
    char valid[128];
    size_t length = 0;
    valid[0] = '\0';
    for (size_t i = 0; i < PRESET_COUNT && length < sizeof valid; i++) {
        length += (size_t)snprintf(valid + length, sizeof valid - length, " %llu",
                                   (unsigned long long)presets[i].digits);
    }
    options_fail(options, "no built-in number of %llu digits; there are:%s",
                 (unsigned long long)digits, valid);
}

void number_choose(struct number *number, const struct options *options)
{
    if (!number->text) {
        for (size_t i = 0; i < PRESET_COUNT && !number->text; i++) {
            number->text = presets[i].digits == number->digits ? presets[i].number : NULL;
        }
        if (!number->text) {
            fail_digits(options, number->digits);
        }
        return;
    }
    const char *given = number->text;
    size_t zeros = strspn(given, "0");
    size_t digits = strspn(given + zeros, "0123456789");
    number->text += zeros;
    if (given[zeros + digits] != '\0' || digits == 0 || digits > NUMBER_DIGITS_MAX ||
        strcmp(number->text, "1") == 0) {
        options_fail(options,
                     "--number must be a whole number above 1 of at most %d digits, not '%s'",
                     NUMBER_DIGITS_MAX, given);
    }
    number->digits = digits;
}
