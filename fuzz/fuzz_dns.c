/* Answers of a name server. */
#include "src/net/dns.h"

#include "fuzz/fuzz.h"

static void
expect_text(const char *text, size_t room)
{
    expect(memchr(text, '\0', room) != NULL, "a text of a record ends");
}

static void
check_naptrs(struct slice answer)
{
    static struct dns_naptrs found;

    dns_read_naptrs(answer, &found);
    expect(found.count <= DNS_RECORDS, "no more records than have room");
    for (size_t i = 0; i < found.count; i++) {
        expect_text(found.at[i].flags, sizeof found.at[i].flags);
        expect_text(found.at[i].service, sizeof found.at[i].service);
        expect_text(found.at[i].replacement, sizeof found.at[i].replacement);
    }
}

static void
check_srvs(struct slice answer)
{
    static struct dns_srvs found;

    dns_read_srvs(answer, &found);
    expect(found.count <= DNS_RECORDS, "no more records than have room");
    for (size_t i = 0; i < found.count; i++)
        expect_text(found.at[i].target, sizeof found.at[i].target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice answer = fuzz_copy(fuzz_input(data, size), 0);

    check_naptrs(answer);
    check_srvs(answer);
    fuzz_free(answer);
    return 0;
}
