/* The canonical address of record (RFC 3261 10.3 step 5). */
#include "parser/scan.h"
#include "parser/uri.h"

struct text {
    char *at;
    size_t room;
    size_t len; /* what it would take; over room: it does not fit */
};

static void
put(struct text *text, char octet)
{
    if (text->len < text->room)
        text->at[text->len] = octet;
    text->len++;
}

/* RFC 3261 19.1.4 keeps reserved octets and their escapes apart; here %3B and ';' are one,
 * since nothing in a user part is separated by them. */
static void
put_user_octet(struct text *text, unsigned char octet)
{
    static const char hex[] = "0123456789ABCDEF";

    if (scan_is((char)octet, SCAN_USER)) {
        put(text, (char)octet);
        return;
    }
    put(text, '%');
    put(text, hex[octet >> 4]);
    put(text, hex[octet & 15]);
}

static void
put_user(struct text *text, struct slice user)
{
    for (size_t i = 0; i < user.len; i++) {
        char octet = user.at[i];

        if (octet == '%' && user.len - i >= 3) {
            octet = (char)(scan_hex_digit(user.at[i + 1]) << 4 |
                           scan_hex_digit(user.at[i + 2]));
            i += 2;
        }
        put_user_octet(text, (unsigned char)octet);
    }
}

static void
put_host(struct text *text, struct slice host)
{
    if (host.len > 0 && host.at[host.len - 1] == '.')
        host.len--;
    for (size_t i = 0; i < host.len; i++)
        put(text, ascii_lower(host.at[i]));
}

size_t
uri_canonical_aor(const struct uri *uri, char *out, size_t room)
{
    struct text text = { .at = out, .room = room < AOR_MAX ? room : AOR_MAX };

    if ((uri->scheme != URI_SIP && uri->scheme != URI_SIPS) || uri->user.len == 0)
        return 0;
    put_user(&text, uri->user);
    put(&text, '@');
    put_host(&text, uri->host);
    return text.len <= text.room ? text.len : 0;
}
