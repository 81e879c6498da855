#include "parser/siphash.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Key 00 01 .. 0f; input 00 01 .. of that many octets: the layout of the reference
 * implementation's vectors. The values here were computed with OpenSSL 3.0:
 *     openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:8 SIPHASH */
static const struct {
    size_t octets;
    const char *hash64, *hash128;
} vectors[] = {
    { 0, "310e0edd47db6f72", "a3817f04ba25a8e66df67214c7550293" },
    { 1, "fd67dc93c539f874", "da87c1d86b99af44347659119b22fc45" },
    { 2, "5a4fa9d909806c0d", "8177228da4a45dc7fca38bdef60affe4" },
    { 3, "2d7efbd796666785", "9c70b60c5267a94e5f33b6b02985ed51" },
    { 4, "b7877127e09427cf", "f88164c12d9c8faf7d0f6e7c7bcd5579" },
    { 5, "8da699cd64557618", "1368875980776f8854527a07690e9627" },
    { 6, "cee3fe586e46c9cb", "14eeca338b208613485ea0308fd7a15e" },
    { 7, "37d1018bf50002ab", "a1f1ebbed8dbc153c0b84aa61ff08239" },
    { 8, "6224939a79f5f593", "3b62a9ba6258f5610f83e264f31497b4" },
    { 9, "b0e4a90bdf82009e", "264499060ad9baabc47f8b02bb6d71ed" },
    { 10, "f3b9dd94c5bb5d7a", "00110dc378146956c95447d3f3d0fbba" },
    { 11, "a7ad6b22462fb3f4", "0151c568386b6677a2b4dc6f81e5dc18" },
    { 12, "fbe50e86bc8f1e75", "d626b266905ef35882634df68532c125" },
    { 13, "903d84c02756ea14", "9869e247e9c08b10d029934fc4b952f7" },
    { 14, "eef27a8e90ca23f7", "31fcefac66d7de9c7ec7485fe4494902" },
    { 15, "e545be4961ca29a1", "5493e99933b0a8117e08ec0f97cfc3d9" },
    { 16, "db9bc2577fcc2a3f", "6ee2a4ca67b054bbfd3315bf85230577" },
    { 17, "9447be2cf5e99a69", "473d06e8738db89854c066c47ae47740" },
    { 31, "42c341d8fa92d832", "2939b0183223fafc1723de4f52c43d35" },
    { 32, "ce7cf2722f512771", "7c3956ca5eeafc3e363e9d556546eb68" },
    { 63, "724506eb4c328a95", "5150d1772f50834a503e069a973fbd7c" },
};

/* The same with -macopt c-rounds:1 -macopt d-rounds:3. */
static const struct {
    size_t octets;
    const char *hash64;
} table_vectors[] = {
    { 0, "dcc40f055801acab" },  { 1, "93ca577df39bf4c9" },  { 7, "4011b19b987d92d3" },
    { 8, "8e9a298d11959036" },  { 15, "5699512a6dd820d3" }, { 16, "668b907d1add4fcc" },
    { 31, "bcd1218c1fdd7023" }, { 63, "a8b3bbb76290199d" },
};

static struct hash_key
counting_key(void)
{
    struct hash_key key;

    for (unsigned i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)i;
    return key;
}

static struct slice
counting_input(size_t octets)
{
    char bytes[64];

    for (size_t i = 0; i < octets; i++)
        bytes[i] = (char)i;
    return exact(slice_of(bytes, octets));
}

static void
expect_hex(const uint8_t *bytes, size_t count, const char *hex)
{
    char text[33] = "";

    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, hex);
}

static void
expect_hash64(uint64_t hash, const char *hex)
{
    uint8_t bytes[8];

    for (unsigned b = 0; b < 8; b++)
        bytes[b] = (uint8_t)(hash >> (8 * b));
    expect_hex(bytes, 8, hex);
}

/* The one of 15 octets is worked through in Aumasson and Bernstein, 2012, appendix A. */
static void
another_implementation_gives_the_same_hashes(void **state)
{
    struct hash_key key = counting_key();

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct slice input = counting_input(vectors[i].octets);
        struct hash128 wide = siphash128(&key, input);

        expect_hash64(siphash64(&key, input), vectors[i].hash64);
        expect_hex(wide.bytes, 16, vectors[i].hash128);
        exact_free(input);
    }
}

static void
hashes_of_tables_are_those_of_the_shorter_variant(void **state)
{
    struct hash_key key = counting_key();

    (void)state;
    for (size_t i = 0; i < sizeof table_vectors / sizeof table_vectors[0]; i++) {
        struct slice input = counting_input(table_vectors[i].octets);

        expect_hash64(tablehash64(&key, input), table_vectors[i].hash64);
        exact_free(input);
    }
}

static void
where_parts_are_cut_makes_a_difference(void **state)
{
    struct hash_key key = counting_key();
    const struct slice a[] = { SLICE("a"), SLICE("bc") };
    const struct slice b[] = { SLICE("ab"), SLICE("c") };
    struct hash128 x = siphash128_parts(&key, a, 2), y = siphash128_parts(&key, b, 2);

    (void)state;
    assert_true(siphash64_parts(&key, a, 2) != siphash64_parts(&key, b, 2));
    assert_memory_not_equal(x.bytes, y.bytes, sizeof x.bytes);
}

/* The result may be stored, so the layout of parts is fixed: length as eight octets, least
 * first, then the octets. */
static void
parts_are_hashed_as_lengths_and_octets(void **state)
{
    static const char flat[] = "\2\0\0\0\0\0\0\0hi\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0x";
    struct hash_key key = counting_key();
    const struct slice parts[] = { SLICE("hi"), slice_absent(), SLICE("x") };
    struct slice whole = slice_of(flat, sizeof flat - 1);
    struct hash128 x = siphash128_parts(&key, parts, 3), y = siphash128(&key, whole);

    (void)state;
    assert_true(siphash64_parts(&key, parts, 3) == siphash64(&key, whole));
    assert_memory_equal(x.bytes, y.bytes, sizeof x.bytes);
    assert_true(tablehash64_parts(&key, parts, 3) == tablehash64(&key, whole));
    expect_hex(tablehash128_parts(&key, parts, 3).bytes, 16,
               "365c60b180a63b89e6eeab7523abd3a0"); /* of `whole`, by OpenSSL */
}

static void
another_key_gives_another_hash(void **state)
{
    struct hash_key key = counting_key(), other = key;

    (void)state;
    other.bytes[15] ^= 1;
    assert_true(siphash64(&key, SLICE("x")) != siphash64(&other, SLICE("x")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_implementation_gives_the_same_hashes),
        cmocka_unit_test(hashes_of_tables_are_those_of_the_shorter_variant),
        cmocka_unit_test(where_parts_are_cut_makes_a_difference),
        cmocka_unit_test(parts_are_hashed_as_lengths_and_octets),
        cmocka_unit_test(another_key_gives_another_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
