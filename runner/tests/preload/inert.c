/* A shared object that defines no malloc: its preload takes no effect. */
int inert_is_here;
