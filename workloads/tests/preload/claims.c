/* Claims to be a hakmem, but owns no malloc. */
const char hakmem_variant[] = "layout=imaginary";

unsigned hakmem_prewarm(void)
{
    return 7;
}

unsigned long hakmem_corruptions(void)
{
    return 9;
}
