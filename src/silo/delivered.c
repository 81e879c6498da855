#include "src/silo/delivered.h"

#include <stdlib.h>

struct delivered_message {
    struct departure departure;
    struct delivered *list;
    struct delivered_message *next, **at; /* of the list */
    size_t call_id_len;
    char call_id[];
};

static void
take_out(struct delivered_message *message)
{
    *message->at = message->next;
    if (message->next != NULL)
        message->next->at = message->at;
    message->list->count--;
}

/* The owner may add to the list, or go. */
static void
departed(struct departure *departure, struct moment now)
{
    struct delivered_message *message =
        CONTAINER_OF(departure, struct delivered_message, departure);
    struct delivered *list = message->list;

    take_out(message);
    list->removed(list, departure->id, slice_of(message->call_id, message->call_id_len),
                  now);
    free(message);
}

static struct delivered_message *
message_new(struct delivered *delivered, struct slice call_id)
{
    struct delivered_message *message = malloc(sizeof *message + call_id.len);

    if (message == NULL)
        return NULL;
    message->list = delivered;
    message->call_id_len = call_id.len;
    if (call_id.len > 0)
        memcpy(message->call_id, call_id.at, call_id.len);
    message->next = delivered->first;
    message->at = &delivered->first;
    if (message->next != NULL)
        message->next->at = &message->next;
    delivered->first = message;
    delivered->count++;
    return message;
}

bool
delivered_add(struct delivered *delivered, uint64_t id, struct slice call_id,
              struct moment now)
{
    struct delivered_message *message = message_new(delivered, call_id);

    if (message == NULL)
        return false;
    departure_start(delivered->silo, &message->departure, id, departed, now);
    return true;
}

bool
delivered_may_grow(const struct delivered *delivered)
{
    if (delivered->count == 0)
        return true;
    return delivered->count < LIMIT_UNREMOVED && !departures_are_failing(delivered->silo);
}

void
delivered_free(struct delivered *delivered)
{
    struct delivered_message *message;

    while ((message = delivered->first) != NULL) {
        departure_cancel(&message->departure);
        take_out(message);
        free(message);
    }
}
