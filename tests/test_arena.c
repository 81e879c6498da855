#include "src/arena.h"

#include "src/sanitizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
pieces_are_aligned_and_apart(void **state)
{
    struct arena arena;
    unsigned char *pieces[1000];

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < 1000; i++) {
        pieces[i] = arena_alloc(&arena, 1 + i % 300);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), 1 + i % 300);
    }
    for (size_t i = 0; i < 1000; i++)
        for (size_t k = 0; k < 1 + i % 300; k++)
            assert_int_equal(pieces[i][k], i % 251);
    arena_free(&arena);
}

static void
a_piece_may_be_larger_than_a_block(void **state)
{
    struct arena arena;
    char *small, *large;

    (void)state;
    arena_init(&arena);
    small = arena_alloc(&arena, 8);
    memset(small, 1, 8);
    large = arena_alloc(&arena, 1000000);
    memset(large, 2, 1000000);

    assert_int_equal(small[7], 1);
    assert_ptr_equal(arena_alloc(&arena, 8), small + 16);
    arena_free(&arena);
}

static void
a_size_that_nobody_has_is_refused(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 40));
    assert_non_null(arena_alloc(&arena, 1));
    arena_free(&arena);
}

static void
a_reset_gives_the_same_memory_again(void **state)
{
    struct arena arena;
    void *first;

    (void)state;
    arena_init(&arena);
    first = arena_alloc(&arena, 100);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_alloc(&arena, 10000));
    arena_reset(&arena);
    first = arena_alloc(&arena, 100);
    arena_reset(&arena);

    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_free(&arena);
}

static void
a_reset_lets_go_of_one_huge_piece(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_non_null(arena_alloc(&arena, 10000000));
    arena_reset(&arena);
    assert_null(arena.first);
    arena_reset(&arena);
    arena_free(&arena);
}

#if SANITIZES_ADDRESS
#include <sanitizer/asan_interface.h>

static void
what_is_not_given_out_is_poisoned(void **state)
{
    struct arena arena;
    char *piece;

    (void)state;
    arena_init(&arena);
    piece = arena_alloc(&arena, 100);
    assert_null(__asan_region_is_poisoned(piece, 100));
    assert_int_equal(__asan_address_is_poisoned(piece + 112), 1);
    arena_reset(&arena);
    assert_int_equal(__asan_address_is_poisoned(piece), 1);
    arena_free(&arena);
}
#endif

static void
a_copy_keeps_absent_and_empty_apart(void **state)
{
    struct arena arena;
    struct slice copy;
    char bytes[] = "abc";

    (void)state;
    arena_init(&arena);
    assert_true(slice_is_absent(arena_copy(&arena, slice_absent())));
    copy = arena_copy(&arena, SLICE(""));
    assert_false(slice_is_absent(copy));
    assert_int_equal(copy.len, 0);
    copy = arena_copy(&arena, slice_of(bytes, 3));
    bytes[0] = 'x';
    assert_true(slice_equal(copy, SLICE("abc")));
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(a_piece_may_be_larger_than_a_block),
        cmocka_unit_test(a_size_that_nobody_has_is_refused),
        cmocka_unit_test(a_reset_gives_the_same_memory_again),
        cmocka_unit_test(a_reset_lets_go_of_one_huge_piece),
#if SANITIZES_ADDRESS
        cmocka_unit_test(what_is_not_given_out_is_poisoned),
#endif
        cmocka_unit_test(a_copy_keeps_absent_and_empty_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
