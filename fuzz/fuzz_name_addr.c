/* From, To, Contact: the text as one address, then as a list of Contacts. */
#include "fuzz/views.h"

#include "fuzz/fuzz.h"
#include "parser/params.h"

enum {
    EACH = 4,
};

/* What is read does not change by being cut out. */
static void
check_parts(struct slice text, const struct name_addr *address)
{
    struct name_addr again;
    struct uri uri;
    const char *why;

    expect_name_addr_within(address, text);
    expect_whole_params(address->params);
    expect(name_addr_parse(address->text, &again, &why) == PARSE_OK,
           "a trimmed address is one, too");
    expect_same_name_addr(address, &again);
    expect(uri_parse(address->uri.text, &uri, &why) == PARSE_OK, "a URI is one alone");
    expect_same_uri(&address->uri, &uri);
}

static bool
check_name_addr(struct slice text, struct name_addr *out)
{
    const char *why = NULL;

    memset(out, 0xa5, sizeof *out);
    if (name_addr_parse(text, out, &why) == PARSE_OK) {
        check_parts(text, out);
        return true;
    }
    expect(why != NULL, "BAD has a reason");
    expect_zero(out, sizeof *out);
    return false;
}

static void
check_numbers(const struct contact *contact, struct slice text)
{
    expect(contact->q_thousandths >= -1 && contact->q_thousandths <= 1000, "q is 0 to 1");
    expect(contact->expires_s >= -1 && contact->expires_s <= UINT32_MAX,
           "expires saturates");
    expect_within(contact->instance, text, "instance");
    expect_within(contact->methods, text, "methods");
}

/* The first one of a list is what the list's first element is. */
static void
check_contact(struct slice text)
{
    struct contact contact;
    struct name_addr address;
    struct slice rest = text, behind = text, element;
    bool is_address;

    expect(list_cut(&behind, &element), "a list has an element");
    is_address = check_name_addr(element, &address);
    memset(&contact, 0xa5, sizeof contact);
    if (contact_cut(&rest, &contact) == CONTACT_TAKEN) {
        expect(is_address != contact.is_star, "a Contact is an address or a star");
        if (is_address)
            expect_same_name_addr(&address, &contact.address);
        check_numbers(&contact, element);
    } else {
        expect_zero(&contact, sizeof contact);
        expect(!slice_equal(element, SLICE("*")), "a star is a Contact");
        expect(!is_address || !slice_is_absent(params_find(address.params, SLICE("q"))),
               "only its q makes an address none");
    }
    expect(rest.at == behind.at && rest.len == behind.len, "it is taken whole");
}

/* The whole list is walked; one in EACH of its elements is looked into, and the first. */
static void
check_elements(struct slice text, struct choices *choices)
{
    struct slice rest = text, each;
    bool is_first = true;

    for (; list_next(&rest, &each); is_first = false) {
        expect_within(each, text, "element");
        if (is_first || fuzz_is_thorough || choose(choices, EACH) == 0)
            check_contact(each);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_copy(fuzz_input(data, size), 0);
    struct choices choices = choices_of(text);
    unsigned checks = choose_checks(&choices, 2);

    if ((checks & 1) != 0)
        check_contact(text);
    if ((checks & 2) != 0)
        check_elements(text, &choices);
    fuzz_free(text);
    return 0;
}
