/* A stream, read whole, octet by octet and cut at other places: the same frames; and
 * where the framer sees the end of a message, the parser sees it, too. */
#include "parser/framing.h"

#include "fuzz/fuzz.h"
#include "parser/message.h"

enum {
    FRAMES_MAX = 4096,  /* more are not compared */
    SMALL_BYTES = 256,  /* the bound of one of the runs: much is too long */
    CUTS = 2,           /* so often a long stream is cut, in pieces of its own choice */
    EVERY_CUT = 64,     /* in replays, streams up to so many octets are cut at each */
    EVERY_OCTET = 1024, /* and those up to so many are read octet by octet */
    OCTETS_ONE_IN = 64, /* under a fuzzer, one in so many is, up to EVERY_CUT */
};

struct frame {
    enum frame_kind kind;
    size_t used;
};

struct frames {
    struct frame at[FRAMES_MAX];
    size_t count, taken;
    bool has_ended; /* by FRAME_BAD or FRAME_TOO_LONG */
};

static struct message m;

/* What a server does with the frame. */
static void
check_frame(enum frame_kind kind, struct slice frame)
{
    struct slice copy = fuzz_copy(frame, MESSAGE_SLACK);
    bool is_message = kind == FRAME_MESSAGE;
    enum parse_status status =
        message_parse(&m, copy, is_message ? MESSAGE_STREAM : MESSAGE_DATAGRAM);

    expect(status != PARSE_PARTIAL, "a frame is whole");
    expect(!is_message || m.why != NULL || m.size == frame.len,
           "framer and parser see one end");
    expect(!is_message || m.lines == MESSAGE_LINES_MAX ||
               (m.first[HEADER_CONTENT_LENGTH] >= 0 && m.last[HEADER_CONTENT_LENGTH] < 0),
           "a message in a stream has one Content-Length");
    fuzz_free(copy);
}

/* A message that the parser finds at the front is the framer's next. */
static void
check_message_ahead(struct slice unread, const struct frame *frame, size_t max_bytes)
{
    struct slice copy = fuzz_copy(unread, MESSAGE_SLACK);
    bool is_blank = unread.at[0] == '\r' || unread.at[0] == '\n';

    if (!is_blank && message_parse(&m, copy, MESSAGE_STREAM) == PARSE_OK &&
        m.size <= max_bytes)
        expect(frame->kind == FRAME_MESSAGE && frame->used == m.size,
               "parser and framer see one message");
    fuzz_free(copy);
}

static void
look_at(struct slice unread, const struct frame *frame, size_t max_bytes)
{
    if (frame->kind != FRAME_BLANK && frame->kind != FRAME_PING)
        check_frame(frame->kind, slice_head(unread, frame->used));
    check_message_ahead(unread, frame, max_bytes);
}

/* False: the stream has to go on, or is over. */
static bool
read_frame(struct framer *framer, struct slice unread, struct frames *frames)
{
    struct frame frame = { .used = SIZE_MAX };

    frame.kind = framer_next(framer, unread, &frame.used);
    expect(frame.used <= unread.len, "a frame lies within the stream");
    expect((frame.kind == FRAME_PARTIAL) == (frame.used == 0),
           "PARTIAL alone uses nothing");
    if (frame.kind == FRAME_PARTIAL || frames->count == FRAMES_MAX)
        return false;
    frames->has_ended = frame.kind == FRAME_BAD || frame.kind == FRAME_TOO_LONG;
    frames->at[frames->count++] = frame;
    frames->taken += frame.used;
    return !frames->has_ended;
}

/* The octets that were received so far. The frames are added to those before. */
static void
read_more(struct framer *framer, struct slice received, struct frames *frames)
{
    size_t before = frames->taken;
    struct slice copy = fuzz_copy(slice_skip(received, before), 0);

    while (read_frame(framer, slice_skip(copy, frames->taken - before), frames))
        continue;
    fuzz_free(copy);
}

/* The whole stream at once. In replays each frame is looked at, else the first and one that
 * is chosen. */
static void
read_whole(struct slice stream, size_t max_bytes, struct frames *frames,
           struct choices *choices)
{
    struct framer framer;
    size_t at = 0, chosen;

    framer_init(&framer, max_bytes);
    frames->count = frames->taken = 0;
    frames->has_ended = false;
    read_more(&framer, stream, frames);
    chosen = choose(choices, frames->count + 1);
    for (size_t i = 0; i < frames->count; i++) {
        const struct frame *frame = &frames->at[i];

        if (fuzz_is_thorough || i == 0 || i == chosen)
            look_at(slice_skip(stream, at), frame, max_bytes);
        at += frame->used;
    }
}

/* Where a stream ends badly the octets seen until then depend on the cut; all else does
 * not. */
static void
expect_same_frames(const struct frames *a, const struct frames *b)
{
    expect(a->count == b->count, "a cut makes another number of frames");
    for (size_t i = 0; i < a->count; i++) {
        expect(a->at[i].kind == b->at[i].kind, "a cut makes another kind of frame");
        expect(a->at[i].used == b->at[i].used || (a->has_ended && i + 1 == a->count),
               "a cut makes another end");
    }
}

/* In pieces: the first `cut` octets, then `step` at a time; 0: as many as `choices` say.
 * */
static void
check_cut(struct slice stream, size_t max_bytes, const struct frames *whole, size_t cut,
          size_t step, struct choices *choices)
{
    static struct frames frames;
    struct framer framer;
    size_t here = cut;

    framer_init(&framer, max_bytes);
    frames.count = frames.taken = 0;
    frames.has_ended = false;
    for (;;) {
        read_more(&framer, slice_head(stream, here), &frames);
        if (frames.has_ended || frames.count == FRAMES_MAX || here >= stream.len)
            break;
        here += step > 0 ? step : 1 + choose(choices, stream.len - here);
    }
    expect_same_frames(whole, &frames);
}

/* Once, in a few pieces or octet by octet. */
static void
check_one_way(struct slice stream, size_t max_bytes, const struct frames *whole,
              struct choices *choices)
{
    if (stream.len <= EVERY_CUT && choose(choices, OCTETS_ONE_IN) == 0)
        check_cut(stream, max_bytes, whole, 0, 1, choices);
    else
        check_cut(stream, max_bytes, whole, choose(choices, stream.len + 1), 0, choices);
}

static void
check_all_ways(struct slice stream, size_t max_bytes, const struct frames *whole,
               struct choices *choices)
{
    if (stream.len <= EVERY_OCTET)
        check_cut(stream, max_bytes, whole, 0, 1, choices);
    if (stream.len <= EVERY_CUT)
        for (size_t cut = 1; cut < stream.len; cut++)
            check_cut(stream, max_bytes, whole, cut, stream.len, choices);
    for (int i = 0; i < CUTS; i++)
        check_cut(stream, max_bytes, whole, choose(choices, stream.len + 1), 0, choices);
}

static void
check(struct slice stream, size_t max_bytes, struct choices *choices)
{
    static struct frames whole;

    read_whole(stream, max_bytes, &whole, choices);
    if (fuzz_is_thorough)
        check_all_ways(stream, max_bytes, &whole, choices);
    else
        check_one_way(stream, max_bytes, &whole, choices);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice stream = fuzz_input(data, size);
    struct choices choices = choices_of(stream);
    unsigned bounds = choose_checks(&choices, 2);

    if ((bounds & 1) != 0)
        check(stream, MESSAGE_BYTES_MAX, &choices);
    if ((bounds & 2) != 0)
        check(stream, SMALL_BYTES, &choices);
    return 0;
}
