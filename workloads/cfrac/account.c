#include "workloads/cfrac/account.h"

_Thread_local struct account account;
_Thread_local jmp_buf account_abandon;

_Noreturn void account_fail(void)
{
    account.errors++;
    longjmp(account_abandon, 1);
}
