#include "workloads/cfrac/account.h"

_Thread_local struct account account;
