/* The kinds of corruption and misuse that are told apart: who finds it, and as what. One list for
 * whoever counts them (fail.c) and whoever reads the counts (kpi_page.h). */
#ifndef HAK_FAIL_KINDS_H
#define HAK_FAIL_KINDS_H

/* The last is what is reported but missing above it: a test looks for it. */
#define HAK_FAIL_KINDS(X)                                                                          \
    X("pin", "PIN_UNDERFLOW")                                                                      \
    X("pin", "PIN_OVERFLOW")                                                                       \
    X("guard", "RELEASE_DEFERRED")                                                                 \
    X("next", "TLS_SLL_NEXT_INVALID")                                                              \
    X("freelist", "UNIFIED_FREELIST_INVALID")                                                      \
    X("freelist", "FREELIST_INVALID")                                                              \
    X("head", "TLS_SLL_HDR_RESET")                                                                 \
    X("head", "TLS_SLL_PUSH_NO_SS")                                                                \
    X("head", "TLS_SLL_SANITIZE")                                                                  \
    X("head", "NORMALIZE_USERPTR")                                                                 \
    X("head", "DOUBLE_FREE")                                                                       \
    X("head", "FREE_SIZE")                                                                         \
    X("drain", "DRAIN_LENGTH")                                                                     \
    X("drain", "DRAIN_CLASS")                                                                      \
    X("drain", "DRAIN_COUNT")                                                                      \
    X("registry", "FREE_UNKNOWN")                                                                  \
    X("registry", "REALLOC_UNKNOWN")                                                               \
    X("registry", "USABLE_UNKNOWN")                                                                \
    X("other", "OTHER")

#define HAK_FAIL_KIND_ONE(layer, tag) +1
enum { HAK_FAIL_KIND_COUNT = 0 HAK_FAIL_KINDS(HAK_FAIL_KIND_ONE) };
#undef HAK_FAIL_KIND_ONE

#endif
