/* What a process needs once: its start. */
#ifndef HAK_PROCESS_H
#define HAK_PROCESS_H

/* Reads the settings, prewarms, registers the fork handlers. Called once, by the library's
 * constructor; malloc works before it. */
void hak_start(void);
/* Slabs per class that hak_start prewarmed. */
unsigned hak_prewarmed(void);

#endif
