#include "bench/micro/stored.h"

#include <stdio.h>

enum {
    BODY_BYTES = 128,
    HEADER_BYTES = 60,
    LIFE_S = 259200,
    SCHEME_BYTES = 4,
    STRIDE = 7919, /* prime: neighbours in time are no neighbours by name */
};

void
stored_make(struct stored *stored, uint64_t number, uint64_t users)
{
    static char body[BODY_BYTES], headers[HEADER_BYTES];
    struct record *record = &stored->record;
    unsigned user = (unsigned)(number * STRIDE % users);
    struct slice uri;

    memset(body, 'x', sizeof body);
    memset(headers, 'h', sizeof headers);
    snprintf(stored->uri, sizeof stored->uri, "sip:user%07u@silo.example.org", user);
    uri = slice_of(stored->uri, strlen(stored->uri));
    *record = (struct record){
        .inc_time_s = STORED_NOW_S,
        .exp_time_s = STORED_NOW_S + LIFE_S,
        .aor = slice_of(uri.at + SCHEME_BYTES, uri.len - SCHEME_BYTES),
        .r_uri = uri,
        .dst_addr = uri,
        .src_addr = SLICE("sip:alice.liddell@silo.example.org"),
        .ctype = SLICE("text/plain"),
        .call_id = SLICE("f81d4fae-7dec-11d0-a765-00a0c91e6bf6@192.0.2.1"),
        .headers = slice_of(headers, sizeof headers),
        .body = slice_of(body, sizeof body),
    };
    memcpy(record->origin.bytes, &number, sizeof number);
}
