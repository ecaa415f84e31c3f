/* Size classes and layout: every size gets the smallest class that holds it, and blocks stand where
 * the drawing says. */
#include "allocator/tests/unit/unit.h"

#include "allocator/base/layout.h"

static void smallest_class_that_holds(void **state)
{
    (void)state;
    size_class_init();
    for (size_t size = 0; size <= HAK_FRONT_MAX; size++) {
        unsigned class = size_class_of(size);
        assert_true(class < HAK_CLASSES);
        assert_true(size_classes[class].usable >= size);
        if (class > 0)
            assert_true(size_classes[class - 1].usable < size);
    }
}

static void strides_rise_and_fill_slabs(void **state)
{
    (void)state;
    size_class_init();
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        const struct size_class *row = &size_classes[class];
        assert_true(class == 0 || row->usable > size_classes[class - 1].usable);
        assert_true(class == 0 || row->stride >= size_classes[class - 1].stride);
        assert_true(class == 0 || row->stride % HAK_ALIGNMENT == 0);
        assert_int_equal(row->usable, class ? row->stride - tiny_user_offset(class) : 8);
        static char slab[HAK_SLAB];
        hak_user last = layout_block(slab, class, row->stride, row->capacity - 1);
        assert_true((char *)last.p + row->usable <= slab + HAK_SLAB);
        assert_true(row->capacity >= 2 || HAK_LAYOUT_HEADERED);
        assert_true(row->wake >= 1 && row->wake <= row->capacity);
    }
    assert_int_equal(size_classes[0].usable, 8);
    assert_int_equal(size_classes[0].stride, 8);
    assert_int_equal(size_classes[HAK_CN].stride, 1024);
    assert_int_equal(size_classes[HAK_CLASSES - 1].stride, HAK_FRONT_MAX);
}

static void headers_only_between_c0_and_cn(void **state)
{
    (void)state;
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        unsigned expected = HAK_LAYOUT_HEADERED && class > 0 && class < HAK_CN ? 1 : 0;
        assert_int_equal(tiny_user_offset(class), expected);
    }
}

static void index_inverts_block(void **state)
{
    (void)state;
    size_class_init();
    static char slab[1 << 16] __attribute__((aligned(1 << 16)));
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        uint32_t stride = size_classes[class].stride;
        for (uint32_t i = 0; i < size_classes[class].capacity; i++) {
            hak_user user = layout_block(slab, class, stride, i);
            assert_int_equal(layout_index(slab, class, stride, user), i);
            hak_user inner = {(char *)user.p + size_classes[class].usable - 1};
            assert_int_equal(layout_index(slab, class, stride, inner), i);
            hak_base base = layout_base(user, class);
            assert_int_equal((char *)user.p - (char *)base.p, tiny_user_offset(class));
        }
    }
}

static void header_survives_full_use_of_the_block_before(void **state)
{
    (void)state;
    size_class_init();
    static unsigned char slab[1 << 16] __attribute__((aligned(1 << 16)));
    for (unsigned class = 1; class < HAK_CN; class ++) {
        uint32_t stride = size_classes[class].stride;
        hak_user first = layout_block(slab, class, stride, 0);
        hak_user second = layout_block(slab, class, stride, 1);
        layout_write_header(second, class);
        memset(first.p, 0xff, size_classes[class].usable);
        if (HAK_LAYOUT_HEADERED)
            assert_int_equal(*(unsigned char *)layout_base(second, class).p, class);
    }
}

static void aligned_classes_hold_and_align(void **state)
{
    (void)state;
    size_class_init();
    for (size_t alignment = 8; alignment <= 65536; alignment *= 2)
        for (size_t size = 0; size <= 40000; size += 7) {
            unsigned class = size_class_aligned(size, alignment);
            if (size > HAK_FRONT_MAX || alignment > HAK_FRONT_MAX) {
                assert_int_equal(class, HAK_CLASSES);
            } else {
                assert_true(class < HAK_CLASSES);
                assert_true(size_classes[class].usable >= size);
                assert_int_equal(size_classes[class].stride % alignment, 0);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_class_that_holds),
        cmocka_unit_test(strides_rise_and_fill_slabs),
        cmocka_unit_test(headers_only_between_c0_and_cn),
        cmocka_unit_test(index_inverts_block),
        cmocka_unit_test(header_survives_full_use_of_the_block_before),
        cmocka_unit_test(aligned_classes_hold_and_align),
    };
    return cmocka_run_group_tests_name("sizes", tests, NULL, NULL);
}
